"""What a column means is data: formats load, new ones need no code, broken ones are told."""

import shutil
from pathlib import Path

import pytest

from infra.data_files import data_dir
from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.format_folder import FormatFaultsError, read_formats
from sources.import_events import ImportOptions, import_events
from streams.rules.catalogue import Catalogue
from tests.sources.conftest import COMPANY, DEPARTMENT, now

NEW_FORMAT = """\
format: water-permits
title: {zh: 取水许可申请表, en: Applications to draw water}
describes: events
family: approval
stage: applied
natural_key: [department, application_no, subject]
columns:
  - {names: [受理号], to: application_no, required: true}
  - {names: [取水单位], to: subject_name, required: true}
  - {names: [单位代码], to: subject, type: identifier, required: true}
  - {names: [收件日期], to: time, type: date, required: true}
  - {names: [年取水量], to: attributes.volume, type: integer}
fixed: {item_code: bx-sw-900, item_name: 取水许可}
"""


def stages(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    return {n: frozenset(s.stage for s in f.stages) for n, f in catalogue.families.items()}


def test_shipped_formats_name_only_families_stages_and_lists_that_the_catalogue_knows(
    catalogue: Catalogue,
) -> None:
    formats = read_formats(data_dir("formats"), stages(catalogue))
    assert {"approval-cases", "permits", "permits-2016", "court-defaulters"} <= set(formats)
    assert {code for f in formats.values() for code in f.lists} == set(catalogue.lists)


def test_a_new_departments_file_needs_a_format_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "formats"
    shutil.copytree(data_dir("formats"), folder)
    (folder / "water-permits.yaml").write_text(NEW_FORMAT, encoding="utf-8")
    table = tmp_path / "water.csv"
    table.write_text(
        f"受理号,取水单位,单位代码,收件日期,年取水量\nQS1,本溪示例公司,{COMPANY},2026年6月1日,12000\n",
        encoding="gb18030",
    )
    options = ImportOptions(read_formats(folder), department=DEPARTMENT)
    report = import_events([table], bootstrap=None, options=options, clock=now)
    (example,) = report.files[0].examples
    assert example["type"] == "credit.approval.applied"
    assert example["time"] == "2026-06-01T00:00:00.000+08:00"
    assert example["data"]["attributes"] == {"volume": 12000}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("required: true}\n", "requird: true}\n", "did you mean required"),
        ("type: integer", "type: whole", "allowed"),
        ("to: time", "to: moment", "unknown field moment"),
        ("family: approval\n", "", "events have `family`"),
        ("stage: applied", "stage: sealed", "applied"),
        ("names: [受理号], to", "names: [取水单位], to", "stands twice"),
        ("type: identifier", "type: money", "money column"),
        ("format: water-permits", "format: water", "water-permits"),
        ("fixed: {item_code: bx-sw-900, item_name: 取水许可}\n", "", "item_code"),
        ("stage: applied\n", "stage: applied\nstage: closed\n", "duplicate key"),
    ],
)
def test_a_broken_format_is_refused_with_file_key_and_cure(
    tmp_path: Path, catalogue: Catalogue, old: str, new: str, words: str
) -> None:
    assert old in NEW_FORMAT
    path = tmp_path / "water-permits.yaml"
    path.write_text(NEW_FORMAT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FormatFaultsError) as refused:
        read_formats(tmp_path, stages(catalogue))
    told = str(refused.value)
    assert told.startswith("water-permits.yaml: ")
    assert words in told


def test_a_header_that_fits_two_formats_is_ambiguous_and_names_them(
    tmp_path: Path, formats: dict[str, FileFormat]
) -> None:
    twin = NEW_FORMAT.replace("format: water-permits", "format: water-twin")
    for name, text in (("water-permits", NEW_FORMAT), ("water-twin", twin)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    table = tmp_path / "water.csv"
    table.write_text(f"受理号,取水单位,单位代码,收件日期\nQS1,示例,{COMPANY},20260601\n", "utf-8")
    known = read_formats(tmp_path)
    with pytest.raises(UnusableFileError, match=r"water-permits, water-twin.*--format"):
        import_events(
            [table], bootstrap=None, options=ImportOptions(known, department=DEPARTMENT), clock=now
        )
    chosen = ImportOptions(known, format_name="water-twin", department=DEPARTMENT)
    report = import_events([table], bootstrap=None, options=chosen, clock=now)
    assert report.files[0].format == "water-twin"
    wrong = ImportOptions(formats, format_name="nothing")
    with pytest.raises(UnusableFileError, match="no such format"):
        import_events([table], bootstrap=None, options=wrong, clock=now)


def test_a_missing_column_is_named_with_the_nearest_format(
    tmp_path: Path, formats: dict[str, FileFormat]
) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("办件编号,事项编码,事项名称,申请人名称\nBJ1,x,y,z\n", encoding="utf-8")
    with pytest.raises(UnusableFileError, match=r"approval-cases.*统一社会信用代码"):
        import_events([table], bootstrap=None, options=ImportOptions(formats), clock=now)
