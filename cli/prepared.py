"""What every command does first."""

from infra.logs import configure_logs
from infra.settings import Settings, load_settings


def prepare(verb: str) -> Settings:
    """Return the settings, with logs on stderr in the name of *verb*: stdout is for results alone.

    Raises: ConfigError naming every fault of the settings.
    """
    settings = load_settings()
    configure_logs(settings, verb)
    return settings
