import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.main import main


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `credit-trigger ARGS` here, in a state folder where nothing runs."""
    monkeypatch.setenv("CREDIT_STATE_DIR", str(tmp_path / "state"))

    def command(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["credit-trigger", *args])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return Ran(int(left.value.code or 0), told.out, told.err)

    return command
