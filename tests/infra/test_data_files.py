import tomllib
from pathlib import Path
from typing import get_args

import pytest

from infra import data_files
from infra.data_files import Kind, data_dir
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


def test_everything_that_is_looked_for_travels_in_the_wheel_from_where_a_checkout_has_it() -> None:
    root = Path(__file__).parents[2]
    wheel = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    included = wheel["targets"]["wheel"]["force-include"]
    told = {data_dir(kind).relative_to(root).as_posix(): kind for kind in get_args(Kind)}
    assert included == {place: f"infra/_data/{kind}" for place, kind in told.items()}
    for place in told:
        assert (root / place).is_dir()
