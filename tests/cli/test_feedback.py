"""`feedback export` beside a broker: the month against its file made by hand, and its refusals."""

import csv
import hashlib
import io
import json
from collections import defaultdict
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Run
from tests.cli.recorded import write
from tests.feedback.told import month

GOLDEN = Path(__file__).parents[1] / "feedback" / "golden" / "exported"
MARCH = ("--from", "2025-03-01", "--until", "2025-04-01")


@pytest.fixture(scope="module")
def told(broker: str) -> str:
    """Return the address of the broker on which the month lies."""
    by_topic = defaultdict(list)
    for each in month():
        by_topic[each.topic].append((each.key, each.value))
    for topic, messages in by_topic.items():
        write(broker, topic, messages)
    return broker


@pytest.fixture
def beside(run: Run, told: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", told)
    return run


def rows(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_the_month_is_the_file_made_by_hand_and_the_same_again(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    say = ("feedback", "export", "--shape", "union", *MARCH, "--out", str(out))
    ran = beside(*say, "--json")
    written = out.read_bytes()
    assert rows(written) == rows((GOLDEN / "union.csv").read_bytes())
    summary = json.loads(ran.out)
    assert summary["sha256"] == hashlib.sha256(written).hexdigest()
    assert (summary["rows"], summary["cases"], summary["left_out"]) == (4, 4, 0)
    assert summary["by_handle_type"] == {"executed": 1, "not_executed": 1, "unanswered": 2}
    assert ran.code == 1  # receipts that stand in no case
    assert "not known" in ran.err
    assert "other departments" in ran.err
    again = beside(*say, "--yes")
    assert summary["sha256"] in again.out
    assert out.read_bytes() == written
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["out.csv"]


def test_what_a_shape_has_no_place_for_is_said(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    ran = beside("feedback", "export", "--shape", "chongqing", *MARCH, "--out", str(out))
    page = load_workbook(out).worksheets[0]
    told = [["" if cell is None else str(cell) for cell in row] for row in page.values]
    assert told == rows((GOLDEN / "chongqing.csv").read_bytes())
    assert "no place in this shape" in ran.err


def test_a_period_without_cases_is_a_nil_return(beside: Run, tmp_path: Path) -> None:
    out = tmp_path / "nil.csv"
    period = ("--from", "2024-03-01", "--until", "2024-04-01")
    ran = beside("feedback", "export", "--shape", "union", *period, "--out", str(out))
    assert (ran.code, ran.err, len(rows(out.read_bytes()))) == (0, "", 1)
    assert "零报告" in ran.out


def test_a_mapping_file_of_ones_own_is_a_shape(beside: Run, tmp_path: Path) -> None:
    own, out = tmp_path / "own.yaml", tmp_path / "own.csv"
    own.write_text("title: t\nsource: s\nfields:\n  - {name: 措施, from: measure_title}\n", "utf-8")
    say = ("feedback", "export", "--shape", str(own), *MARCH, "--out", str(out))
    assert beside(*say).code == 1
    assert rows(out.read_bytes())[0] == ["措施"]
    own.write_text("title: t\nsource: s\nfields:\n  - {name: 措施, form: x}\n", "utf-8")
    ran = beside(*say, "--yes")
    assert (ran.code, len(ran.err.splitlines())) == (3, 1)
    assert "take one of name, from, codes" in ran.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--shape", "nope", *MARCH, "--out", "x.csv"), "transport-25414"),
        (("--shape", "union", *MARCH, "--out", "x.pdf"), ".xlsx"),
        (("--shape", "union", *MARCH, "--out", "no/x.csv"), "folder"),
        (("--shape", "union", *MARCH[2:], *MARCH[:1], "2025-04-01", "--out", "x.csv"), "before"),
        (("--shape", "union", *MARCH[:3], "April", "--out", "x.csv"), "YYYY-MM-DD"),
        (("--shape", "union", *MARCH[:3], "2025-W14-1", "--out", "x.csv"), "YYYY-MM-DD"),
        (("--shape", "union", *MARCH[:3], "2025-04-31", "--out", "x.csv"), "YYYY-MM-DD"),
        (("--shape", "union", *MARCH, "--out", "there.csv"), "--yes"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_bytes(b"kept")
    ran = run("feedback", "export", *more)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert words in ran.err
    assert [each.name for each in tmp_path.glob("*.csv")] == ["there.csv"]
    assert Path("there.csv").read_bytes() == b"kept"


def test_without_services_it_stops_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    ran = run("feedback", "export", "--shape", "union", *MARCH, "--out", str(out))
    assert (ran.code, ran.out, out.exists()) == (3, "", False)
