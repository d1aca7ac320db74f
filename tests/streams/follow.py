"""The Faust worker with follow-up alone, in a process of its own, on the day that a file names."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from infra.settings import Settings
from schemas.errors import StopServiceError
from schemas.times import parse_instant
from streams.service import serve


class FileClock:
    """Tells the instant that stands in a file, so that a test moves the day of running workers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> datetime:
        """Return what stands there now."""
        return parse_instant(self._path.read_text())


if __name__ == "__main__":
    _settings = Settings(kafka=sys.argv[1], state_dir=Path(sys.argv[2]), metrics_port=0)
    try:
        asyncio.run(serve(_settings, ["streams.followup"], FileClock(Path(sys.argv[3]))))
    except StopServiceError as _err:
        sys.stderr.write(f"{_err}\n")
        sys.exit(3)
