"""How often a property is tried: a third for a developer who waits, all of it in CI."""

import os

THOROUGH = os.environ.get("TEST_PROPERTIES") == "thorough"


def examples(most: int) -> int:
    """Return *most* where `TEST_PROPERTIES=thorough` (`.ci/run`), else a third of it."""
    return most if THOROUGH else max(most // 3, 10)
