"""What is kept of an error that nobody expected."""

import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from infra.settings import Settings
from schemas.errors import CreditTriggerError


def write_crash_report(err: BaseException) -> Path:
    """Append where *err* came from to `crash.log` in the state folder; return that file.

    Types and lines of code alone, through all causes: an error's text may hold what somebody
    sent us. Falls back to the temporary folder where the state folder cannot be written.
    """
    lines = [f"{datetime.now(UTC).isoformat()} {type(err).__name__}\n"]
    cause: BaseException | None = err
    while cause is not None:
        lines += traceback.format_tb(cause.__traceback__)
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}\n")
        cause = cause.__cause__ or cause.__context__
    for folder in (_state_dir(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "crash.log"
            with path.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        except OSError:
            continue  # the next place may do
        return path
    return Path("-")


def _state_dir() -> Path:
    try:
        return Settings().state_dir
    except (CreditTriggerError, ValueError):
        return Path(tempfile.gettempdir())
