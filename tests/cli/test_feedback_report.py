"""`feedback report`: from Kafka as from a file, the same again, and its refusals."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from schemas.topics import FEEDBACK
from tests.cli.conftest import Run
from tests.cli.recorded import write
from tests.feedback.closed import half_year, lines

HALF = ("--half", "2026-H1")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    file = tmp_path / "closed.jsonl"
    file.write_bytes(lines(half_year()))
    return file


def test_kafka_and_a_file_give_the_same_bytes_again_and_again(
    run: Run, broker: str, closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, print_ = tmp_path / "h.html", tmp_path / "h.pdf"
    outs = ("--out", str(page), "--out", str(print_))
    ran = run("feedback", "report", *HALF, *outs, "--reports", str(closed), "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    first = page.read_bytes(), print_.read_bytes()
    assert told["files"] == {
        "h.html": hashlib.sha256(first[0]).hexdigest(),
        "h.pdf": hashlib.sha256(first[1]).hexdigest(),
    }
    assert (told["reports"], told["unreadable"]) == (5, 0)
    assert "本溪市财政局" in first[0].decode()
    write(broker, FEEDBACK, [(m["subject"], json.dumps(m).encode()) for m in half_year()])
    monkeypatch.setenv("CREDIT_KAFKA", broker)
    again = run("feedback", "report", *HALF, *outs, "--yes")
    assert (again.code, again.err) == (0, "")
    assert (page.read_bytes(), print_.read_bytes()) == first
    assert told["files"]["h.pdf"] in again.out


def test_what_cannot_be_read_is_placed_and_the_rest_is_written(
    run: Run, closed: Path, tmp_path: Path
) -> None:
    made = closed.read_bytes().splitlines(keepends=True)
    closed.write_bytes(b"".join([*made[:3], b'{"secret": "91210500MA0BX0015F"}\n', *made[3:]]))
    out = tmp_path / "h.html"
    ran = run("feedback", "report", *HALF, "--out", str(out), "--reports", str(closed))
    assert ran.code == 1
    assert "closed.jsonl:4" in ran.err
    assert "91210500MA0BX0015F" not in ran.err
    assert out.exists()


def test_a_half_year_that_is_not_closed_is_a_finding(
    run: Run, closed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "h.pdf"
    ran = run(
        "feedback", "report", "--half", "2026-H2", "--out", str(out), "--reports", str(closed)
    )
    assert (ran.code, ran.out, len(ran.err.splitlines()), out.exists()) == (1, "", 1, False)
    assert "2026-01-01" in ran.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--half", "2026", "--out", "x.pdf"), "2026-H1"),
        ((*HALF, "--out", "x.docx"), ".pdf"),
        ((*HALF, "--out", "no/x.pdf"), "folder"),
        ((*HALF, "--out", "there.pdf"), "--yes"),
        ((*HALF, "--out", "x.pdf", "--reports", "none.jsonl"), "none.jsonl"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.pdf").write_bytes(b"kept")
    ran = run("feedback", "report", *more)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert words in ran.err
    assert Path("there.pdf").read_bytes() == b"kept"


def test_without_services_it_stops(run: Run, tmp_path: Path) -> None:
    ran = run("feedback", "report", *HALF, "--out", str(tmp_path / "x.pdf"))
    assert (ran.code, ran.out) == (3, "")


def test_without_the_extra_pdf_names_the_cure_and_html_needs_none(
    run: Run, closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "consumers.feedback.assessment.pdf_page", raising=False)
    monkeypatch.setitem(sys.modules, "fpdf", None)
    page, print_ = tmp_path / "h.html", tmp_path / "h.pdf"
    say = ("feedback", "report", *HALF, "--reports", str(closed), "--out", str(page))
    ran = run(*say, "--out", str(print_))
    assert (ran.code, len(ran.err.splitlines()), page.exists()) == (3, 1, False)
    assert "credit-trigger[report]" in ran.err
    assert run(*say).code == 0
