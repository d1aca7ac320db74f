"""What of ours somebody leans on, told by an interpreter that does nothing but import it."""

import json
import subprocess
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]
_OURS = ("cli", "sources", "streams", "consumers", "infra", "schemas", "bench", "tests")


def imported(module: str) -> set[str]:
    """Return which of our top-level packages *module* imports, through others too."""
    words = f"import {module}, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=_CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = {name.partition(".")[0] for name in json.loads(done.stdout)}
    return found & set(_OURS)
