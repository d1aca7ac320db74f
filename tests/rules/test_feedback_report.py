"""Reports equal those of an independent batch job, for any history, order and repetition."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.action import Action
from schemas.followed import Duty
from schemas.lean import DecisionData, Envelope
from schemas.receipt import Receipt
from schemas.tally import Tally
from streams.rules.duty import joined, task_of, term_of
from streams.rules.feedback_facts import (
    NEVER,
    NO_OBJECTION,
    Answer,
    Change,
    answer_of,
    change_of,
    decided_of,
    tallied_of,
)
from streams.rules.feedback_line import with_terms
from streams.rules.feedback_report import Facts, PeriodReport, reports
from streams.rules.nearest_rank import nearest_rank
from tests.rules.feedback_oracle import expected
from tests.rules.terms import KNOWN, UNKNOWN, law_of

COMPANY = "91210500MA0BX0015F"
DEPARTMENTS = ["11210500001234562F", "12210500MB0BX0043K", "51210500MJ0BX0050Q"]
START = datetime(2026, 6, 18, 0, 0, tzinfo=timezone(timedelta(hours=8)))
FIRST, END = date(2026, 6, 20), date(2026, 6, 24)
LAW = law_of(KNOWN)
MINUTES = st.integers(0, 7 * 24 * 60)
DAYS = st.dates(date(2026, 6, 18), date(2026, 6, 25))
REMEDY = {
    "object": {"to": "to", "within": "5"},
    "reconsider": {"body": "b", "within": "60"},
    "sue": {"court": "c", "within": "6"},
}
NOTICE = dict.fromkeys(("lang", "facts", "basis", "measure", "term", "remove", "repair"), "x")


def at(minute: int, *, utc: bool = False) -> str:
    instant = START + timedelta(minutes=minute)
    return (instant.astimezone(timezone.utc) if utc else instant).isoformat()  # noqa: UP017


def message(type_: str, id_: str, time: str, subject: str, data: dict[str, Any]) -> bytes:
    envelope = {"specversion": "1.0", "id": id_, "source": "/credit-trigger/trigger"}
    return json.dumps(
        envelope | {"type": type_, "subject": subject, "time": time, "data": data}
    ).encode()


@st.composite
def lives(draw: st.DrawFn, of: str) -> list[bytes]:
    """Draw the revisions of one action, in the order of their times."""
    department = draw(st.sampled_from(DEPARTMENTS[:2]))
    measure = draw(st.sampled_from(["p01", "p07"]))
    effect = draw(st.sampled_from(["block", "refer"]))
    times = sorted(draw(st.lists(MINUTES, min_size=1, max_size=4)))
    made = []
    marked = due = None
    for revision, minute in enumerate(times):
        kinds = ["amended", "confirmed", "dismissed", "suspended", "amended", "withdrawn"]
        change = "issued" if not revision else draw(st.sampled_from(kinds))
        ended = {"dismissed": "dismissed", "suspended": "suspended", "withdrawn": "withdrawn"}
        state = ended.get(change) or draw(
            st.sampled_from(["in_force", "in_force", "awaiting_review"])
        )
        marked = marked or draw(st.sampled_from([None, None, at(minute)]))
        if state == "in_force":  # a new term, none, or the one that was told before
            due = draw(st.one_of(DAYS, st.just(due), DAYS, st.none()))
        data = {
            "action_id": of,
            "revision": revision,
            "decision_id": "d",
            "event": {"source": "/b", "id": "e", "type": "credit.bidding.registered"}
            | {"time": at(0)},
            "entry": {"list_code": "tax-a", "entry_id": "n", "revision": 1},
            "measure": {"id": measure, "version": "v", "title": "t"},
            "polarity": "punish",
            "effect": "block" if change == "confirmed" else effect,
            "proposed_effect": None,
            "force": "mandatory",
            "verified": True,
            "state": state,
            "resumes_to": None,
            "legal_basis": [{"act": "a", "article": "1", "level": "law", "url": "u"}],
            "department": department,
            "item_code": "i",
            "application_no": "n",
            "from": "2026-06-18",
            "until": None,
            "notice": NOTICE | REMEDY,
            "due_on": due.isoformat() if due else None,
            "due_provisional": draw(st.sampled_from([True, False, True])),
            "review_due_on": None,
            "objection": {"marked_at": marked, "outcome": None} if marked else None,
            "reason": draw(st.sampled_from([None, "repaired", "expired", "free text"])),
        }
        time = at(minute, utc=draw(st.booleans()))
        made.append(message(f"credit.action.{change}", f"{of}/{revision}", time, COMPANY, data))
    return made


@st.composite
def receipts(draw: st.DrawFn, n: int) -> bytes:
    data = {
        "receipt_id": f"r{n}",
        "action_id": draw(st.sampled_from(["a0", "a1", "a2", "a3", "unknown"])),
        "department": draw(st.sampled_from([*DEPARTMENTS[:2] * 3, DEPARTMENTS[2]])),
        "outcome": draw(st.sampled_from(["executed", "executed", "not_executed", "other"])),
        "reason_code": draw(st.sampled_from([None, "legal_obstacle", "already_decided"])),
        "at": at(draw(MINUTES), utc=draw(st.booleans())),
    }
    return message("credit.receipt.recorded", f"r{n}", at(0), COMPANY, data)


@st.composite
def tallies(draw: st.DrawFn, n: int) -> bytes:
    department = draw(st.sampled_from(DEPARTMENTS))
    counts = [
        {
            "day": draw(DAYS).isoformat(),
            "department": department,
            "family": draw(st.sampled_from(["bidding", "approval"])),
            "stage": draw(st.sampled_from(["applied", "registered"])),
            "verdict": draw(st.sampled_from(["pass", "hold", "deny"])),
            "n": draw(st.integers(1, 9)),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]
    data = {"batch_id": f"credit.events.bidding/0/{n}", "counts": counts}
    return message("credit.tally.counted", f"t{n}", at(0), department, data)


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[bytes]]:
    """Draw what lies on the topics, each in any order and with repetitions."""
    actions = [m for n in range(draw(st.integers(0, 4))) for m in draw(lives(f"a{n}"))]
    whole = {
        "actions": actions,
        "receipts": [draw(receipts(n)) for n in range(draw(st.integers(0, 10)))],
        "tallies": [draw(tallies(n)) for n in range(draw(st.integers(0, 3)))],
    }
    again = {name: [m for m in ms if draw(st.booleans())] for name, ms in whole.items()}
    return {name: draw(st.permutations(ms + again[name])) for name, ms in whole.items()}


def facts(raw: Mapping[str, list[bytes]]) -> Facts:
    return Facts(
        tallies=[tallied_of(Tally.model_validate_json(m)) for m in raw["tallies"]],
        changes=[change_of(Action.model_validate_json(m)) for m in raw["actions"]],
        answers=[answer_of(Receipt.model_validate_json(m)) for m in raw["receipts"]],
    )


def plain(told: Mapping[str, PeriodReport]) -> dict[str, Any]:
    return {
        name: {
            "counts": report.counts.model_dump(),
            "measures": [line.model_dump() for line in report.measures],
        }
        for name, report in told.items()
    }


@settings(max_examples=120, deadline=None)
@given(histories(), st.sampled_from([KNOWN, UNKNOWN]))
def test_reports_equal_those_of_the_batch_job(
    raw: dict[str, list[bytes]], law: Mapping[str, Any]
) -> None:
    told = plain(reports(facts(raw), FIRST, END, DEPARTMENTS, law_of(law)))
    assert told == expected(raw, FIRST, END, DEPARTMENTS, law)


@settings(max_examples=80, deadline=None)
@given(lives("a0"), st.lists(receipts(0), max_size=1))
def test_the_term_of_one_action_is_that_of_the_batch_job_on_every_day(
    revisions: list[bytes], answers: list[bytes]
) -> None:
    """In one report for all days an action that is overdue on another one would not show."""
    raw = {"actions": revisions, "receipts": answers, "tallies": []}
    known = facts(raw)
    for n in range(9):
        first, end = FIRST + timedelta(days=n - 1), FIRST + timedelta(days=n)
        told = plain(reports(known, first, end, DEPARTMENTS, LAW))
        assert told == expected(raw, first, end, DEPARTMENTS, KNOWN)


@settings(max_examples=30, deadline=None)
@given(histories(), st.data())
def test_order_and_repetition_change_nothing(raw: dict[str, list[bytes]], data: Any) -> None:
    shuffled = {name: data.draw(st.permutations(ms + ms[:2])) for name, ms in raw.items()}
    one, other = (reports(facts(each), FIRST, END, DEPARTMENTS, LAW) for each in (raw, shuffled))
    assert one == other


def test_the_median_and_ninth_decile_are_values_that_were_seen() -> None:
    assert nearest_rank([], 50) is None
    assert nearest_rank([3, 1, 2], 50) == 2
    assert nearest_rank([4, 1, 3, 2], 50) == 2
    assert nearest_rank(range(1, 11), 90) == 9
    assert nearest_rank([7], 90) == 7


def decided(sequence: int) -> bytes:
    data = {
        "decision_id": "d",
        "sequence": sequence,
        "event": {"source": "/b", "id": "e", "type": "credit.bidding.registered", "time": at(4000)},
        "department": DEPARTMENTS[0],
        "item_code": "i",
        "application_no": "n",
        "verdict": "pass",
        "actions": [],
        "reasons": [],
        "entries": [],
        "decided_at": at(4001),
        "cause": "event",
        "catalogue_version": "v",
        "event_position": {"topic": "credit.events.bidding", "partition": 0, "offset": 0},
        "list_position": {"partition": 0, "offset": 0},
        "review_position": {"partition": 0, "offset": 0},
        "day": "2026-06-20",
    }
    return message("credit.decision.made", f"d/{sequence}", at(4001), COMPANY, data)


def test_a_tally_that_is_missing_shows_in_the_sums_and_a_decision_made_again_does_not() -> None:
    made = [
        decided_of(msgspec.json.decode(decided(n), type=Envelope[DecisionData])) for n in (0, 1)
    ]
    firsts = [one for one in made if one is not None]
    told = reports(Facts(decisions=firsts), FIRST, END, DEPARTMENTS, LAW)
    of_pass = told["city"].reconciled.sums[0]
    assert (of_pass.left, of_pass.right, told["city"].reconciled.agrees) == (0, 1, False)
    assert told[DEPARTMENTS[1]].reconciled.agrees


def life(
    *revisions: tuple[str, str, int], due_on: date = date(2026, 6, 20), provisional: bool = False
) -> list[Change]:
    """Return the revisions of one action due on *due_on*: (change, state, minute)."""
    return [
        Change(
            identity=("s", f"a/{n}"),
            action_id="a",
            revision=n,
            change=change,
            at=START + timedelta(minutes=minute),
            department=DEPARTMENTS[0],
            measure_id="p07",
            measure_version="v",
            effect="block",
            state=state,
            due_on=due_on,
            due_provisional=provisional,
            reason="other",
            objection_at=NO_OBJECTION,
        )
        for n, (change, state, minute) in enumerate(revisions)
    ]


ISSUED = ("issued", "in_force", 0)
MIDNIGHT_AFTER_THE_TERM = 3 * 24 * 60


@pytest.mark.parametrize(
    ("minute", "in_time", "late", "overdue"),
    [(MIDNIGHT_AFTER_THE_TERM - 1, 1, 0, 0), (MIDNIGHT_AFTER_THE_TERM, 0, 1, 1)],
)
def test_an_answer_is_in_time_to_the_last_minute_of_its_last_day(
    minute: int, in_time: int, late: int, overdue: int
) -> None:
    moment = START + timedelta(minutes=minute)
    answer = Answer(("s", "r"), "a", DEPARTMENTS[0], moment, "r", "executed", "other")
    told = reports(Facts(changes=life(ISSUED), answers=[answer]), FIRST, END, DEPARTMENTS, LAW)
    counts = told[DEPARTMENTS[0]].counts
    assert (counts.timeliness.in_time, counts.timeliness.late) == (in_time, late)
    assert (counts.executed, counts.overdue) == (1, overdue)


@pytest.mark.parametrize(
    ("minute", "overdue"), [(MIDNIGHT_AFTER_THE_TERM - 1, 0), (MIDNIGHT_AFTER_THE_TERM, 1)]
)
def test_an_action_withdrawn_in_its_term_is_not_overdue(minute: int, overdue: int) -> None:
    changes = life(ISSUED, ("withdrawn", "withdrawn", minute))
    told = reports(Facts(changes=changes), FIRST, END, DEPARTMENTS, LAW)
    assert told["city"].counts.overdue == overdue


@pytest.mark.parametrize(
    ("law", "day", "overdue"),
    [(UNKNOWN, 23, 0), (UNKNOWN, 24, 1), (KNOWN, 24, 0), (KNOWN, 25, 1)],
)
def test_a_term_past_the_published_calendar_is_counted_again_once_there_is_one(
    law: Mapping[str, Any], day: int, overdue: int
) -> None:
    """Three working days from Thursday 18 June: 23 June as told, 24 June with the days off."""
    changes = life(ISSUED, due_on=date(2026, 6, 23), provisional=True)
    first, end = date(2026, 6, day), date(2026, 6, day + 1)
    told = reports(Facts(changes=changes), first, end, DEPARTMENTS, law_of(law))
    assert told["city"].counts.overdue == overdue


@pytest.mark.parametrize(("minute", "in_time"), [(7 * 24 * 60 - 1, 1), (7 * 24 * 60, 0)])
def test_an_answer_is_in_time_by_the_term_that_is_counted_again(minute: int, in_time: int) -> None:
    moment = START + timedelta(minutes=minute)
    answer = Answer(("s", "r"), "a", DEPARTMENTS[0], moment, "r", "executed", "other")
    changes = life(ISSUED, due_on=date(2026, 6, 23), provisional=True)
    end = date(2026, 6, 26)
    told = reports(Facts(changes=changes, answers=[answer]), FIRST, end, DEPARTMENTS, LAW)
    counted = told["city"].counts.timeliness
    assert (counted.in_time, counted.late) == (in_time, 1 - in_time)


def test_a_term_is_counted_from_the_day_on_which_it_was_told_first() -> None:
    """An amendment tells it again; a clock that was restarted tells another term, from then."""
    amended = "amended", "in_force", 4 * 24 * 60
    same = life(ISSUED, amended, due_on=date(2026, 6, 23), provisional=True)
    restarted = [same[0], replace(same[1], due_on=date(2026, 6, 24))]
    terms = [[c.due_on for c in with_terms(history, LAW)] for history in (same, restarted)]
    early, late = date(2026, 6, 24), date(2026, 6, 25)
    assert terms == [[early, early], [early, late]]


@given(histories())
def test_a_report_has_the_term_that_follow_up_has(raw: dict[str, list[bytes]]) -> None:
    ours = {message.data.action_id: message for message in _in_order(raw["actions"])}
    tasks: dict[str, Duty] = {}
    for message in _in_order(raw["actions"]):
        one = Duty(task=task_of(message.data, message.time))
        tasks[message.data.action_id] = joined(tasks.get(message.data.action_id, Duty()), one)
    for of, newest in ours.items():
        task = tasks[of].task
        assert task is not None
        history = [change_of(m) for m in _in_order(raw["actions"]) if m.data.action_id == of]
        due_on = with_terms(history, LAW)[-1].due_on
        assert (None if due_on == NEVER else due_on) == term_of(task, LAW), newest.data.revision


def _in_order(raw: list[bytes]) -> list[Action]:
    read = {m: Action.model_validate_json(m) for m in raw}
    return sorted(read.values(), key=lambda message: message.data.revision)
