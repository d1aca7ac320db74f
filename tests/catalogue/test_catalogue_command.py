import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.catalogue import command
from streams.rules.catalogue import Catalogue

FOLDER = Path(__file__).parents[2] / "catalogue"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    shutil.copytree(FOLDER, folder)
    measure = folder / "measures" / "p09-wage-arrears-financing.yaml"
    measure.write_text(measure.read_text("utf-8").replace("implementer:", "implementor:"), "utf-8")
    (folder / "workdays" / "2026.csv").write_text("day,kind\n", "utf-8")
    return folder


def test_a_sound_catalogue_prints_its_version_and_ends_with_0(catalogue: Catalogue) -> None:
    done = CliRunner().invoke(command, ["check", str(FOLDER)])
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == f"版本 / version {catalogue.version}"


def test_every_fault_is_one_line_and_the_command_ends_with_1(broken: Path) -> None:
    done = CliRunner().invoke(command, ["check", str(broken)])
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    *lines, total = done.output.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["measures/p09-wage-arrears-financing.yaml", "implementer"],
        ["measures/p09-wage-arrears-financing.yaml", "implementor"],
        ["workdays/2026.csv", "line 1"],
    ]
    assert total == "2 个文件 3 处问题 / 3 fault(s) in 2 file(s)"


def test_machines_get_the_same_as_json(broken: Path, catalogue: Catalogue) -> None:
    fine = json.loads(CliRunner().invoke(command, ["check", str(FOLDER), "--json"]).stdout)
    assert (fine["ok"], fine["version"]) == (True, catalogue.version)
    bad = CliRunner().invoke(command, ["check", str(broken), "--json"])
    told = json.loads(bad.stdout)
    assert (bad.exit_code, told["ok"], len(told["faults"])) == (1, False, 3)
    assert {"file", "key", "zh", "en", "cure_zh", "cure_en"} == set(told["faults"][0])


def test_the_folder_that_credit_catalogue_names_is_checked(
    broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDIT_CATALOGUE", str(broken))
    assert CliRunner().invoke(command, ["check"]).exit_code == 1
    monkeypatch.setenv("CREDIT_CATALOGUE", str(FOLDER))
    assert CliRunner().invoke(command, ["check"]).exit_code == 0


def test_an_unpublished_year_ends_with_one_line_and_no_file() -> None:
    done = CliRunner().invoke(command, ["workdays", "2099"])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
