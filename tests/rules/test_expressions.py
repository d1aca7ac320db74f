"""CEL without what else its package has."""

import subprocess
import sys

from streams.rules import expressions


def test_a_catalogue_brings_no_terminal_along() -> None:
    source = "import sys, streams.rules.catalogue; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "cel" in said
    assert not {"prompt_toolkit", "typer", "pygments"} & set(said)


def test_it_is_cel_all_the_same() -> None:
    assert expressions.compile("item.known && 2 > 1").execute({"item": {"known": True}}) is True
