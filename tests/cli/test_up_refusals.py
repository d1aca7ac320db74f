"""`up` where it cannot run: refused in one line, before it has started anything."""

import socket
from pathlib import Path

import pytest

from infra.services import sole
from tests.cli.conftest import Run


def test_a_second_up_in_a_state_folder_is_refused(run: Run, tmp_path: Path) -> None:
    with sole(tmp_path / "state"):
        told = run("up")
    assert (told.code, "already runs" in told.err) == (3, True)
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["up.lock"]


def test_a_taken_port_is_refused_and_its_owner_not_taken_for_our_trigger(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("CREDIT_METRICS_PORT", str(other.getsockname()[1]))
        told = run("up")
    assert (told.code, told.out) == (3, "")
    assert "CREDIT_METRICS_PORT" in told.err
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["up.lock"]
