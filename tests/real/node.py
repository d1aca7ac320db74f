"""Node, and the packages of a sample, fetched once into a folder outside the tree."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_NODE = (22, 22)
_OWN_NODE = "node@24.21.0"  # the runtime as npm packs it, where the one on the path is older
_FETCH_LIMIT_S = 300
_CURE = "apt install nodejs npm"


@dataclass(frozen=True)
class NodeTools:
    """A runtime, and a folder that holds a copy of the sample beside its packages."""

    node: str
    sample: Path


def node_tools(sample: Path) -> NodeTools:
    """Return what runs *sample*, with the packages that the lock file beside it names.

    Fails the test that asks, with the cure, where node or npm is missing.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    assert npm, f"no npm on the path; install it: {_CURE}"
    assert node, f"no node on the path; install it: {_CURE}"
    if _version(node) < OLDEST_NODE:
        folder = _cache() / _OWN_NODE.replace("@", "-")
        if not folder.is_dir():
            _install(folder, [npm, "install", "--prefix", ".", _OWN_NODE])
        node = str(folder / "node_modules" / ".bin" / "node")
    lists = [sample.with_name(name) for name in ("package.json", "package-lock.json")]
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in lists)).hexdigest()[:12]
    folder = _cache() / f"sample-{digest}"
    if not folder.is_dir():
        _install(folder, [npm, "ci", "--ignore-scripts", "--omit=optional"], lists)
    return NodeTools(node, Path(shutil.copy(sample, folder)))


def _version(node: str) -> tuple[int, ...]:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else (0,)


def _install(folder: Path, command: list[str], files: list[Path] | None = None) -> None:
    """Run npm in a folder of its own; only a whole one gets the name *folder*."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for each in files or []:
        shutil.copy(each, partial)
    quiet = ["--loglevel=error", "--no-audit", "--no-fund"]
    done = subprocess.run(
        [*command, *quiet], cwd=partial, capture_output=True, text=True,
        timeout=_FETCH_LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"npm could not fetch {folder.name}: {done.stderr[-500:]}"
    partial.rename(folder)


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "credit-trigger" / "node"
