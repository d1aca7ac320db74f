"""`explain FILE`: decided by the trigger's own rules, from what is known, written nowhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

FIRM, PARTNER = "91210502MAXX1058XK", "91210500MAXX02731W"
FINANCE = "1121050010500055XW"


def event(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": "bid-1",
        "source": "/departments/example",
        "type": "credit.bidding.registered",
        "subject": FIRM,
        "time": "2026-06-16T09:00:00+08:00",
        "data": {
            "department": FINANCE,
            "item_code": "bx-cz-001",
            "item_name": "示例采购",
            "application_no": "A-1",
            "subject_name": "示例有限公司",
            "attributes": {"tender_kind": "procurement"},
        },
    }
    told["data"] |= changes.pop("data", {})
    return told | changes


def ban(subject: str = FIRM, **changes: Any) -> dict[str, Any]:
    data = {
        "entry_id": "ban-1",
        "revision": 1,
        "list_code": "procurement-serious",
        "subject_name": "示例有限公司",
        "doc_no": "示例〔2026〕1号",
        "recognised_by": "示例认定单位",
        "effective_from": "2026-06-01",
        "effective_until": "2026-06-20",
        "facts": "提供虚假材料谋取中标",
        "severity": "serious",
    }
    return {
        "specversion": "1.0",
        "id": "list-1",
        "source": "/example",
        "type": "credit.list.entered",
        "subject": subject,
        "time": "2026-06-01T09:00:00+08:00",
        "data": data | changes,
    }


def write(path: Path, *told: dict[str, Any]) -> str:
    path.write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in told))
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return tmp_path


def explained(run: Run, *args: str) -> dict[str, Any]:
    ran = run("explain", *args, "--json")
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)
    return told


def test_without_services_and_entries_nobody_is_listed_and_it_says_so(
    run: Run, files: Path
) -> None:
    told = explained(run, write(files / "e.json", event()), "--as-of", "2026-06-16")
    assert told["verdict"] == "pass"
    assert told["lists_from"].startswith("no services run")


@pytest.mark.parametrize(("day", "verdict"), [("2026-06-19", "deny"), ("2026-06-20", "pass")])
def test_a_listing_stops_until_the_day_on_which_it_ends(
    run: Run, files: Path, day: str, verdict: str
) -> None:
    entries = write(files / "entries.jsonl", ban())
    told = explained(
        run, write(files / "e.json", event()), "--entries", entries, "--as-of", day
    )  # fmt: skip
    assert told["verdict"] == verdict


def test_people_read_entry_measure_article_term_and_every_remedy(run: Run, files: Path) -> None:
    entries = write(files / "entries.jsonl", ban())
    ran = run(
        "explain", write(files / "e.json", event()), "--entries", entries, "--as-of", "2026-06-16"
    )  # fmt: skip
    assert ran.code == 0
    for words in (
        "ban-1@1",
        "p07-procurement-banned",
        "《中华人民共和国政府采购法》 77",
        "2026-06-16 → 2026-06-20",
        *("异议 / objection", "信用修复 / repair", "行政复议 / reconsider", "行政诉讼 / lawsuit"),
        "60日内",
        "6 months",
    ):
        assert words in ran.out, words


def test_a_bid_stands_as_its_worst_member(run: Run, files: Path) -> None:
    bid = event(data={"members": [{"uscc": PARTNER, "name": "示例成员有限公司"}]})
    entries = write(files / "entries.jsonl", ban(PARTNER))
    told = explained(
        run, write(files / "e.json", bid), "--entries", entries, "--as-of", "2026-06-16"
    )  # fmt: skip
    assert (told["verdict"], told["bid_verdict"]) == ("pass", "deny")
    assert [(m["uscc"], m["verdict"]) for m in told["members"]] == [(PARTNER, "deny")]


def test_of_two_revisions_in_a_file_the_higher_counts_in_either_order(
    run: Run, files: Path
) -> None:
    older, newer = ban(), ban(revision=2, effective_until="2026-06-10")
    for entries in ((older, newer), (newer, older)):
        path = write(files / "entries.jsonl", *entries)
        told = explained(
            run, write(files / "e.json", event()), "--entries", path, "--as-of", "2026-06-16"
        )  # fmt: skip
        assert told["verdict"] == "pass"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subject": "11010519491231002X"}, "natural-person"),
        ({"subject": "91210502MAXX1058XO"}, "suspect-typo"),
        ({"type": "credit.bidding.unheard"}, "unknown-type"),
        ({"data": {"department": "91210502MAXX1058XK"}}, "unknown-department"),
        ({"data": {"surplus": 1}}, "unknown-field"),
        ({"time": "2026-06-18T00:00:00+08:00"}, "time-in-future"),
    ],
)
def test_what_the_trigger_would_refuse_is_told_in_one_line_without_its_content(
    run: Run, files: Path, changes: dict[str, Any], reason: str
) -> None:
    ran = run("explain", write(files / "e.json", event(**changes)), "--as-of", "2026-06-16")
    assert ran.code == 1
    assert reason in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert "11010519491231002X" not in ran.out + ran.err


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe\x00", b"null", b'{"type":3}'])
def test_a_file_that_is_no_event_is_a_finding(run: Run, files: Path, raw: bytes) -> None:
    (files / "e.json").write_bytes(raw)
    ran = run("explain", str(files / "e.json"))
    assert ran.code == 1
    assert "not-cloudevents" in ran.err


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ("[{]", "not JSON"),
        ('[{"specversion": "1.0"}]', "no. 1"),
        (json.dumps(ban(list_code="no-such-list")), "no such list"),
    ],
)
def test_a_faulty_entries_file_is_a_wrong_use(
    run: Run, files: Path, entries: str, words: str
) -> None:
    (files / "entries.jsonl").write_text(entries)
    ran = run(
        "explain", write(files / "e.json", event()), "--entries", str(files / "entries.jsonl")
    )  # fmt: skip
    assert ran.code == 2
    assert words in ran.err


def test_text_of_a_sender_cannot_steer_the_terminal(run: Run, files: Path) -> None:
    hostile = event(data={"application_no": "A\x1b]0;owned\x07"})
    ran = run("explain", write(files / "e.json", hostile), "--as-of", "2026-06-16")
    assert "\x1b]0" not in ran.out
    assert r"\x1b]0;owned\x07" in ran.out


def test_an_id_needs_services_and_a_missing_file_is_no_id(run: Run) -> None:
    assert run("explain", "00000000-0000-5000-8000-000000000000").code == 3
    assert run("explain", "missing.json").code == 2


def test_a_subject_goes_with_an_id_alone(run: Run, files: Path) -> None:
    ran = run("explain", write(files / "e.json", event()), "--subject", FIRM)
    assert (ran.code, "--subject" in ran.err, len(ran.err.strip().splitlines())) == (2, True, 1)
