from pathlib import Path

import pytest

from infra.configuration_page import configuration_page
from infra.settings import ConfigError, Settings, environment_of, known_names, load_settings

pytestmark = pytest.mark.usefixtures("outside")
CONTRACT = (
    "KAFKA REDIS DATABASE CATALOGUE STATE_DIR PARTITIONS GROUP SLOT HTTP METRICS_PORT LOG "
    "LOG_LEVEL LANG BENCH_KAFKA BENCH_REDIS REQUIRE_SIGNATURES"
)
BESIDE = ("CREDIT_FEEDBACK_GRACE_MINUTES",)


def test_the_settings_are_those_of_the_contract_and_those_added_on_purpose() -> None:
    assert known_names() == (*(f"CREDIT_{name}" for name in CONTRACT.split()), *BESIDE)


def test_unset_means_embedded() -> None:
    settings = load_settings()
    assert settings.kafka is None
    assert settings.redis is None


def test_an_unknown_name_is_refused_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CREDIT_KAFAK", "kafka:9092")
    with pytest.raises(ConfigError, match=r"CREDIT_KAFAK: .*did you mean CREDIT_KAFKA\?"):
        load_settings()


def test_an_unknown_name_in_the_env_file_is_refused(outside: Path) -> None:
    (outside / ".env").write_text("CREDIT_PARTITION=3\nOTHER_TOOL=1\n")
    with pytest.raises(ConfigError, match=r"CREDIT_PARTITION: .*CREDIT_PARTITIONS") as caught:
        load_settings()
    assert "OTHER_TOOL" not in str(caught.value)


def test_every_fault_is_told_at_once_one_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_NOPE", "1")
    monkeypatch.setenv("CREDIT_PARTITIONS", "0")
    monkeypatch.setenv("CREDIT_KAFKA", "kafka")
    monkeypatch.setenv("CREDIT_LOG", "xml")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert {line.split(":")[0] for line in lines} == {
        *("CREDIT_NOPE", "CREDIT_PARTITIONS", "CREDIT_KAFKA", "CREDIT_LOG")
    }


def test_the_environment_wins_over_the_env_file(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDIT_GROUP")
    (outside / ".env").write_text("CREDIT_PARTITIONS=3\nCREDIT_GROUP=file\n")
    monkeypatch.setenv("CREDIT_PARTITIONS", "5")
    settings = load_settings()
    assert (settings.partitions, settings.group) == (5, "file")


def test_an_empty_variable_hides_the_env_file(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outside / ".env").write_text("CREDIT_KAFKA=production:9092\n")
    monkeypatch.setenv("CREDIT_KAFKA", "")
    assert load_settings().kafka is None


def test_a_child_reads_the_same_settings_whatever_its_env_file_says(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = load_settings(kafka="k:1", redis="redis://:secret@r:2/0", partitions=7)
    for name, value in environment_of(given).items():
        monkeypatch.setenv(name, value)
    (outside / ".env").write_text("CREDIT_DATABASE=postgresql://production/db\n")
    assert load_settings() == given


def test_a_password_is_never_shown() -> None:
    settings = load_settings(redis="redis://:secret@cache:6379/0")
    assert "secret" not in repr(settings)


def test_the_value_of_a_wrong_setting_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_REDIS", "http://:secret@cache")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "secret" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().partitions = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("role", "port"), [("trigger", 9401), ("gateway", 9403), ("dispatch", 9407)]
)
def test_each_role_has_its_port_unless_one_is_set(role: str, port: int) -> None:
    assert load_settings().metrics_port_of(role) == port
    assert load_settings(metrics_port=0).metrics_port_of(role) == 0


def test_the_page_on_configuration_is_the_one_that_the_class_gives() -> None:
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    assert page.read_text(encoding="utf-8") == configuration_page()


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())
