from pathlib import Path

import pytest

from infra import data_files
from infra.data_files import data_dir
from schemas.errors import StopServiceError


def test_data_is_never_looked_for_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalogue").mkdir()
    monkeypatch.chdir(tmp_path)
    assert data_dir("catalogue") != tmp_path / "catalogue"


def test_what_is_set_wins_over_what_came_along(tmp_path: Path) -> None:
    assert data_dir("catalogue", tmp_path) == tmp_path


def test_what_was_installed_wins_over_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "formats").mkdir()
    monkeypatch.setattr(data_files, "_PACKAGED", tmp_path)
    assert data_dir("formats") == tmp_path / "formats"


def test_a_set_folder_that_is_missing_is_told_and_nothing_else_taken(tmp_path: Path) -> None:
    with pytest.raises(StopServiceError, match="CREDIT_CATALOGUE"):
        data_dir("catalogue", tmp_path / "nope")
