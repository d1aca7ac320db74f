"""How the C library keeps memory that was given back, for processes that work in batches.

A batch takes tens of megabytes for some 100 ms, in several threads. glibc's defaults keep such
memory for the thread that had it, up to eight arenas for each processor, and learn from the first
large block never to return one: of a worker's 470 MB, 100 were nobody's. The thresholds are those
that glibc begins with, nearly, and hold on to: setting one ends the learning.
"""

import ctypes
import os
import sys

# From malloc.h of glibc, and what each is set to; mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_BOUNDS = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 128 * 1024, _TRIM_THRESHOLD: 512 * 1024}


def bound_heap() -> bool:
    """Keep one arena, and return what is free; call it before threads are started.

    Returns whether it was done: not where MALLOC_* or GLIBC_TUNABLES say what the operator wants,
    nor where the C library is another than glibc.
    """
    tuned = any(name == "GLIBC_TUNABLES" or name.startswith("MALLOC_") for name in os.environ)
    if tuned or not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    return all(library.mallopt(name, value) == 1 for name, value in _BOUNDS.items())
