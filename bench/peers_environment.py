"""The peers' own Python environment and their sources, made on first use."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.cache_folder import cache_folder
from bench.errors import LeftOutError

PEERS = Path(__file__).parent / "peers"
_INSTALL_LIMIT_S = 900


@dataclass(frozen=True)
class PeersEnvironment:
    """An interpreter that has the peers' libraries, and the folder to import `bench.peers` from."""

    python: Path
    sources: Path


def peers_environment(work: Path, say: Callable[[str], None]) -> PeersEnvironment:
    """Return the environment, installed if it is not yet.

    Raises: LeftOutError if an install fails.
    """
    return PeersEnvironment(python=_python(say), sources=stage_sources(work))


def stage_sources(work: Path) -> Path:
    """Copy `bench.peers` alone below *work* and return the folder to put on the import path.

    The checkout or site-packages on that path would let the project's libraries in with it.
    """
    sources = work / "peers-src"
    package = sources / "bench"
    shutil.copytree(PEERS, package / "peers", dirs_exist_ok=True)
    shutil.copy(Path(__file__).parent / "__init__.py", package)
    return sources


def _python(say: Callable[[str], None]) -> Path:
    requirements = PEERS / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache_folder() / f"peers-{digest}"
    python, done = folder / "bin" / "python", folder / "installed"
    if done.exists():
        return python
    say("installing the peers' libraries into an environment of their own (once)")
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(python), "-m", "pip", "install", "-q", "-r", str(requirements)])
    done.touch()
    return python


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_LIMIT_S
        )
    except subprocess.TimeoutExpired as err:
        msg = f"installing took longer than {_INSTALL_LIMIT_S} s"
        raise LeftOutError(msg) from err
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no output"]
        msg = f"installing failed: {said[-1][:200]}"
        raise LeftOutError(msg)
