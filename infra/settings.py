"""The settings: one frozen class, read once by the command that was called."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from schemas.errors import StopServiceError

PREFIX = "CREDIT_"
METRICS_PORTS: Mapping[str, int] = {
    "trigger": 9401,
    "streams": 9402,
    "gateway": 9403,
    "console": 9404,
    "ledger": 9405,
    "notifier": 9406,
    "dispatch": 9407,
}
_SERVER = re.compile(r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$")
_REDIS = re.compile(r"^(redis|rediss|unix)://.+$")
_DATABASE = re.compile(r"^(sqlite|postgresql)(\+[a-z0-9_]+)?://")


class ConfigError(StopServiceError):
    """The settings are wrong; the text names every fault, one a line."""


def _check_servers(value: str) -> str:
    for server in value.split(","):
        match = _SERVER.match(server.strip())
        if match is None or not 0 < int(match[2]) < 65536:
            raise ValueError("must be host:port, several joined by commas; like kafka-1:9092")
    return value


def _check_redis(value: SecretStr) -> SecretStr:
    if not _REDIS.match(value.get_secret_value()):
        raise ValueError(
            "must start with redis://, rediss:// or unix://; like redis://cache:6379/0"
        )
    return value


def _check_database(value: SecretStr) -> SecretStr:
    if not _DATABASE.match(value.get_secret_value()):
        raise ValueError("must start with sqlite:// or postgresql://")
    return value


def _check_listen(value: str) -> str:
    if not re.match(r"^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$", value):
        raise ValueError("must be host or host:port; like 127.0.0.1 or 0.0.0.0:8081")
    return value


def _check_folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError("must be a folder that exists")
    return value


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "credit-trigger"


Servers = Annotated[str, AfterValidator(_check_servers)]
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis)]


class Settings(BaseSettings):
    """Environment `CREDIT_*` and `.env`; docs/configuration.md is generated from this class."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        case_sensitive=False,
        hide_input_in_errors=True,
    )

    kafka: Servers | None = Field(
        default=None, description="Kafka servers, `host:port` joined by commas. Unset: embedded."
    )
    redis: RedisUrl | None = Field(
        default=None,
        description="Redis address, `redis://host:port/db`. Its `maxmemory-policy` must be "
        "`noeviction`. Unset: embedded.",
    )
    database: Annotated[SecretStr, AfterValidator(_check_database)] | None = Field(
        default=None, description="Database of the ledger. Unset: SQLite in the state folder."
    )
    catalogue: Annotated[Path, AfterValidator(_check_folder)] | None = Field(
        default=None,
        description="Folder of measures, lists and calendars. Unset: the one that came along.",
    )
    state_dir: Path = Field(
        default_factory=_default_state_dir,
        description="Folder for logs and the addresses of embedded services. "
        "Unset: `credit-trigger` under `XDG_STATE_HOME` or `~/.local/state`.",
    )
    partitions: int = Field(
        default=4,
        ge=1,
        le=1000,
        description="Partitions of the topics keyed by organisation. Fixed for a cluster's life.",
    )
    group: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = Field(
        default="credit-trigger",
        description="Consumer group, and the start of every transactional id. "
        "Letters, digits, `.`, `_`, `-`.",
    )
    slot: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = Field(
        default=None,
        description="Name of this worker among its group, fixed over restarts "
        "(like the ordinal of a StatefulSet). Unset: none.",
    )
    http: Annotated[str, AfterValidator(_check_listen)] = Field(
        default="127.0.0.1",
        description="Where web pages, metrics and health listen, `host` or `host:port`; "
        "the port is that of the role's web pages.",
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        default=None,
        description="Port of `/metrics`, `/healthz`, `/readyz`; 0 takes a free one. Unset: "
        + ", ".join(f"{port} {role}" for role, port in METRICS_PORTS.items())
        + ".",
    )
    log: Literal["json", "pretty"] | None = Field(
        default=None, description="Form of log lines. Unset: `pretty` on a terminal, else `json`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged."
    )
    lang: Literal["zh", "en", "both"] = Field(
        default="both", description="Language of what people read."
    )
    bench_kafka: Servers | None = Field(
        default=None, description="Kafka servers for `bench` alone. Unset: it starts its own."
    )
    bench_redis: RedisUrl | None = Field(
        default=None, description="Redis address for `bench` alone. Unset: it starts its own."
    )
    require_signatures: bool = Field(
        default=False, description="Refuse messages that carry no valid signature."
    )
    feedback_grace_minutes: int = Field(
        default=360,
        ge=0,
        le=10_080,
        description="How long after the end of a day, week, month or half-year its reports wait "
        "for late messages, in minutes. What comes later makes a new revision.",
    )

    @classmethod
    def settings_customise_sources(  # noqa: D102 - the contract is pydantic-settings'
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, _Environment(settings_cls)

    @property
    def host(self) -> str:
        """The host part of `CREDIT_HTTP`, where metrics and health listen too."""
        return re.sub(r":\d{1,5}$", "", self.http)

    def metrics_port_of(self, role: str) -> int:
        """Return the port on which *role* serves metrics and health; 0 means any free one."""
        return METRICS_PORTS[role] if self.metrics_port is None else self.metrics_port


class _Environment(EnvSettingsSource):
    """`.env` under the environment: an empty variable hides what `.env` says and means unset."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in given_variables().items() if value}


def given_variables() -> dict[str, str]:
    """Return every `CREDIT_*` variable of `.env` and the environment, the environment first."""
    file = {name: value or "" for name, value in dotenv_values(".env", interpolate=False).items()}
    return {
        name: value
        for name, value in {**file, **os.environ}.items()
        if name.upper().startswith(PREFIX)
    }


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `.env`; *overrides* win over both.

    Raises: ConfigError naming every fault at once, unknown `CREDIT_*` names included.
    """
    faults = [_unknown(name) for name in sorted(given_variables()) if name not in known_names()]
    try:
        settings = Settings(**overrides)
    except ValidationError as err:
        faults += [_fault(error["loc"], error["msg"]) for error in err.errors()]
    if faults:
        raise ConfigError("\n".join(faults))
    return settings


def known_names() -> tuple[str, ...]:
    """Return the names of all variables, in the order in which they are documented."""
    return tuple(PREFIX + field.upper() for field in Settings.model_fields)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return an environment in which a child process reads exactly *settings*.

    Nothing of the parent's `CREDIT_*` and of any `.env` shows through: unset is passed as empty.
    """
    kept = {k: v for k, v in os.environ.items() if not k.upper().startswith(PREFIX)}
    for field, value in settings:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        plain = plain.absolute() if isinstance(plain, Path) else plain  # it may stand elsewhere
        kept[PREFIX + field.upper()] = "" if plain is None else str(plain)
    return kept


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), known_names(), n=1, cutoff=0.6)
    cure = f"did you mean {near[0]}?" if near else "see docs/configuration.md for the names"
    return f"{name}: 没有这个设置 / no such setting; {cure} 或删除它 / or remove it"


def _fault(location: tuple[int | str, ...], message: str) -> str:
    name = PREFIX + str(location[0]).upper()
    problem = message.removeprefix("Value error, ")
    return f"{name}: {problem}; 请改正或删除该变量 / correct it or unset it (docs/configuration.md)"
