"""Where the bench keeps what is fetched once: jars, compiled classes, the peers' environment."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return `$XDG_CACHE_HOME/credit-trigger/bench`, made if missing; never inside the tree."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(root) / "credit-trigger" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
