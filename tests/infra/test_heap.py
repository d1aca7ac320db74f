"""What a process keeps of memory that its threads gave back."""

import os
import subprocess
import sys

import pytest

from infra.heap import bound_heap

# Eight threads, one after the other, take 16 MB and give back all but a last small block.
_BATCHES = """
import ctypes, threading
from pathlib import Path
from infra.heap import bound_heap
print(bound_heap())
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
turn, ended = threading.Lock(), threading.Barrier(8)

def batch():
    with turn:
        blocks = [libc.malloc(100_000) for _ in range(160)]
        kept = libc.malloc(1_000)
        for block in blocks:
            libc.memset(block, 1, 100_000)
        for block in blocks:
            libc.free(block)
    ended.wait()

before = int(Path("/proc/self/statm").read_text().split()[1])
threads = [threading.Thread(target=batch) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
after = int(Path("/proc/self/statm").read_text().split()[1])
print((after - before) * 4 // 1024)
"""


def ran(**environment: str) -> tuple[bool, int]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    said = subprocess.run(
        [sys.executable, "-c", _BATCHES],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return said[0] == "True", int(said[1])


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_memory_that_a_thread_gave_back_is_there_for_the_next() -> None:
    done, kept_mb = ran()
    assert done
    assert kept_mb < 40
    not_done, as_it_was_mb = ran(MALLOC_CHECK_="0")
    assert not not_done
    assert as_it_was_mb > 2 * kept_mb


def test_what_the_operator_set_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert not bound_heap()
