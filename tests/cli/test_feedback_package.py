"""`feedback package`: whole, repeatable, every file as its digest says."""

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from consumers.feedback.assessment.newest_reports import read_report
from schemas.topics import FEEDBACK
from streams.rules.feedback_report import Facts, reports
from tests.cli.conftest import Run
from tests.cli.recorded import write
from tests.feedback.closed import DEPARTMENTS, message
from tests.feedback.told import month
from tests.rules.terms import KNOWN, law_of

GOLDEN = Path(__file__).parents[1] / "feedback" / "golden" / "exported" / "union.csv"
MARCH = (date(2025, 3, 1), date(2025, 4, 1))
FILES = ["cases.csv", "cases.xlsx", "report.html", "reports.jsonl"]


@pytest.fixture(scope="module")
def told(broker: str) -> str:
    """Return the address of the broker on which cases and reports of a month lie."""
    by_topic = defaultdict(list)
    for each in month():
        by_topic[each.topic].append((each.key, each.value))
    found = reports(Facts(), *MARCH, DEPARTMENTS, law_of(KNOWN))
    for department, report in found.items():
        made = message(department, "month", *MARCH, report)
        by_topic[FEEDBACK].append((department, json.dumps(made).encode()))
    for topic, messages in by_topic.items():
        write(broker, topic, messages)
    return broker


@pytest.fixture
def beside(run: Run, told: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", told)
    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def test_a_folder_and_a_zip_hold_the_same_and_the_manifest_says_what(
    beside: Run, tmp_path: Path
) -> None:
    folder, packed = tmp_path / "march", tmp_path / "march.zip"
    ran = beside("feedback", "package", "--month", "2025-03", "--out", str(folder), "--json")
    assert ran.code == 1  # receipts that stand in no case, as the export says
    assert "feedback export" in ran.err
    files = contents(folder)
    manifest = json.loads(files.pop("manifest.json"))
    assert [each["name"] for each in manifest["files"]] == sorted(files) == FILES
    for each in manifest["files"]:
        assert hashlib.sha256(files[each["name"]]).hexdigest() == each["sha256"]
        assert len(files[each["name"]]) == each["bytes"]

    def rows(raw: bytes) -> list[list[str]]:
        return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))

    assert rows(files["cases.csv"]) == rows(GOLDEN.read_bytes())
    assert manifest["cases"] == 4
    assert manifest["by_handle_type"] == {"executed": 1, "not_executed": 1, "unanswered": 2}
    assert manifest["nil_departments"] == sorted(DEPARTMENTS)
    assert manifest["reports"] == dict.fromkeys(["city", *DEPARTMENTS], 0)
    assert len(files["reports.jsonl"].splitlines()) == 5
    said = json.loads(ran.out)
    whole = (folder / "manifest.json").read_bytes()
    assert said["manifest_sha256"] == hashlib.sha256(whole).hexdigest()
    beside("feedback", "package", "--month", "2025-03", "--out", str(packed))
    with zipfile.ZipFile(packed) as opened:
        zipped = {name: opened.read(name) for name in opened.namelist()}
        assert {each.date_time[0] for each in opened.infolist()} == {1980}  # no clock's time
    assert zipped == {f"2025-03/{name}": content for name, content in contents(folder).items()}
    assert {each.name for each in tmp_path.iterdir() if "march" in each.name} == {
        "march", "march.zip",
    }  # fmt: skip


def test_the_same_month_gives_the_same_bytes_again(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "march"
    say = ("feedback", "package", "--month", "2025-03", "--out")
    beside(*say, str(out))
    before = contents(out)
    (out / "of-earlier.txt").write_bytes(b"x")
    assert beside(*say, str(out)).code == 2
    assert beside(*say, str(out), "--yes").code == 1
    assert contents(out) == before
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    beside(*say, str(one))
    beside(*say, str(two))
    assert one.read_bytes() == two.read_bytes()


def test_its_reports_can_be_read_again(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "march"
    beside("feedback", "package", "--month", "2025-03", "--out", str(out))
    for line in (out / "reports.jsonl").read_bytes().splitlines():
        assert read_report(line).data.period == "month"


def test_a_month_that_is_not_closed_gives_nothing(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "april.zip"
    ran = beside("feedback", "package", "--month", "2025-04", "--out", str(out))
    assert (ran.code, ran.out, len(ran.err.splitlines()), out.exists()) == (1, "", 1, False)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--month", "2026-13", "--out", "x"), "2026-06"),
        (("--month", "2026-06", "--out", "no/x"), "folder"),
        (("--month", "2026-06", "--out", "kept", "--yes"), "something else"),
        (("--month", "2026-06", "--out", "kept.zip"), "--yes"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kept").mkdir()
    Path("kept/thesis.txt").write_bytes(b"kept")
    Path("kept.zip").write_bytes(b"kept")
    ran = run("feedback", "package", *more)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert words in ran.err
    assert Path("kept/thesis.txt").read_bytes() == b"kept"
