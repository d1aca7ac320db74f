"""The demo's day is made by rule, fits the catalogue and holds no real body and no person."""

from pathlib import Path

import pytest

from infra.data_files import data_dir
from schemas.uscc import uscc_fault
from sources.crosswalk import read_crosswalk
from sources.demo_day import matters, people
from sources.demo_day.calendar_day import CROSSWALK_FILE, EVENT_FILES, LIST_FILES, NOW
from sources.demo_day.write import demo_files
from sources.file_format import FileFormat
from sources.import_events import ImportOptions, import_events
from sources.reports import ImportReport
from streams.rules.catalogue import Catalogue


@pytest.fixture(scope="module")
def report(formats: dict[str, FileFormat]) -> ImportReport:
    folder = data_dir("demo")
    options = ImportOptions(formats, crosswalk=read_crosswalk(folder / CROSSWALK_FILE))
    paths = [folder / name for name in EVENT_FILES]
    return import_events(paths, bootstrap=None, options=options, clock=lambda: NOW)


def test_the_generator_makes_the_committed_bytes_again() -> None:
    folder = data_dir("demo")
    made = demo_files()
    assert set(made) == {name for name, _ in LIST_FILES} | set(EVENT_FILES) | {CROSSWALK_FILE}
    differing = [name for name, content in made.items() if (folder / name).read_bytes() != content]
    assert differing == []


def test_every_department_item_and_list_of_the_demo_is_registered(catalogue: Catalogue) -> None:
    for matter in (*matters.LICENCES, *matters.FUNDS, matters.STATUTORY, matters.PROCUREMENT):
        assert matter.item_code in catalogue.items
        assert catalogue.departments[matter.department].name == matter.office
    assert matters.UNKNOWN_ITEM.item_code not in catalogue.items
    assert matters.UNREGISTERED_DEPARTMENT not in catalogue.departments
    assert {code for _, code in LIST_FILES} <= set(catalogue.lists)


def test_every_list_that_a_pass_or_a_reward_waits_for_is_published(catalogue: Catalogue) -> None:
    places = [("approval", "applied", m) for m in matters.LICENCES]
    places += [("subsidy", "applied", m) for m in matters.FUNDS]
    places += [("bidding", "registered", m) for m in (matters.STATUTORY, matters.PROCUREMENT)]
    needed = {
        code
        for family, stage, matter in places
        for code in catalogue.required_lists_at(family, stage, matter.item_code, matter.department)
    }
    masking = {c for c, s in catalogue.lists.items() if s.kind.value in ("serious", "focus")}
    assert needed | masking <= {code for _, code in LIST_FILES}


def test_companies_of_the_demo_are_synthetic_and_stand_in_one_pool() -> None:
    pools = [getattr(people.POOLS, name) for name in people.POOLS.__dataclass_fields__]
    everyone = [company for pool in pools for company in pool]
    assert len({company.uscc for company in everyone}) == len(everyone)
    for company in everyone:
        assert uscc_fault(company.uscc) is None
        assert company.uscc[2:6] == "2105"
        assert company.uscc[8:12] in {"MAXX", "MAXY", "MAXW"}
        assert company.name.startswith("本溪示例")


def test_about_five_thousand_events_of_three_families_and_every_trap_is_met(
    report: ImportReport,
) -> None:
    by_type = {kind: n for file in report.files for kind, n in file.by_type.items()}
    assert {kind.split(".")[1] for kind in by_type} == {"approval", "bidding", "subsidy"}
    events = sum(sum(file.by_type.values()) for file in report.files)
    assert 4_900 <= events <= 5_100
    faults = {reason for file in report.files for reason in file.faults}
    assert faults == {"suspect-typo", "bad-uscc", "time-in-future"}
    assert sum(len(file.natural_persons) for file in report.files) == 7
    assert sum(file.repeated for file in report.files) >= 5
    assert [file.unused_columns for file in report.files] == [[]] * len(report.files)


def test_each_file_is_recognised_as_what_it_is(report: ImportReport) -> None:
    assert [file.format for file in report.files] == [
        "approval-cases", "approval-cases", "approval-cases", "permits", "permits-2016",
        "bid-registrations", "award-notices", "subsidy-applications", "subsidy-disbursements",
    ]  # fmt: skip


def test_no_file_beside_the_demo_is_written_by_a_check(report: ImportReport) -> None:
    assert report.checked_only
    assert list(Path(data_dir("demo")).rglob("*.rejects*")) == []
