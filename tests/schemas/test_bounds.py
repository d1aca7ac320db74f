"""The compiled loops keep to their arrays: tests run them as Python, which looks at each index.

Numba can look as well (`NUMBA_BOUNDSCHECK`), at the price of compiling all of it once more.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = [
    "tests/schemas/test_plain_scan.py::test_nothing_is_read_or_written_outside_its_array",
    "tests/schemas/test_plain_scan.py::test_what_departments_mostly_send_is_plain",
    "tests/trigger/test_plain.py::test_columns_come_to_what_one_by_one_comes_to[0]",
]


def test_no_index_is_out_of_bounds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *CASES],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout[-3000:]
