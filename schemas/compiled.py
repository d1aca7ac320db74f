"""Loops over bytes that are compiled before they run: a thousandth of what Python takes for them.

What is decorated here must also run as plain Python (`function.py_func`): so tests can look at each
index. Indexes are never negative, and nothing is read behind the end that the caller names.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return *function* compiled for the types that it is first called with, kept on disk.

    Kept by the content of all that may be compiled into it, as numba looks at its own file alone;
    and by its folder, as numba looks at that file's time, and two checkouts would never agree.
    """
    folder = _kept_in(Path(sys.modules[function.__module__].__file__ or "").parent)
    numba.config.CACHE_DIR = str(folder or "")  # type: ignore[attr-defined]
    made: Callable[P, R] = numba.njit(cache=folder is not None, nogil=True)(function)
    return made


@lru_cache
def _kept_in(folder: Path) -> Path | None:
    """Return where what is compiled from *folder* is kept; None where nothing can be."""
    here = Path(__file__).parent
    sources = {*folder.glob("*.py"), *here.glob("compiled.py"), *here.glob("plain_*.py")}
    content = hashlib.sha256(str(folder.resolve()).encode())
    for source in sorted(sources):
        content.update(source.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = base / "credit-trigger" / "compiled" / content.hexdigest()[:16]
    try:
        kept.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return kept if os.access(kept, os.W_OK) else None


@compiled
def byte_at(row: Bytes, at: int) -> int:
    """Return one byte; without a sign on the index, which costs more than the look itself."""
    return np.int64(row[np.uint64(at)])  # type: ignore[return-value]  # compiled: the same


@compiled
def same_bytes(one: Bytes, begin: int, other: Bytes, other_begin: int, length: int) -> bool:
    """Tell whether *length* bytes are the same in both."""
    first, second = np.uint64(begin), np.uint64(other_begin)
    for place in range(np.uint64(length)):
        if one[first + place] != other[second + place]:
            return False
    return True


@compiled
def copy_bytes(source: Bytes, begin: int, end: int, target: Bytes, at: int) -> int:
    """Copy a part of *source* to *at* in *target*; return where the next goes."""
    taken, given = np.uint64(begin), np.uint64(at)
    for place in range(np.uint64(end - begin)):
        target[given + place] = source[taken + place]
    return at + end - begin


@compiled
def write_number(number: int, target: Bytes, at: int) -> int:
    """Write *number*, not negative, in decimal digits; return where the next goes."""
    length = 1
    rest = number // 10
    while rest > 0:
        length += 1
        rest //= 10
    for place in range(length - 1, -1, -1):
        target[np.uint64(at + place)] = 48 + number % 10
        number //= 10
    return at + length
