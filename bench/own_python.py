"""How the bench starts a module of this project as a process."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def own_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs *module* with this interpreter, wherever it is called from."""
    return [sys.executable, "-P", "-m", module, *arguments]


def own_environment() -> dict[str, str]:
    """Return what the command needs where the project is not installed: its root on the path."""
    return {"PYTHONPATH": str(_ROOT)}
