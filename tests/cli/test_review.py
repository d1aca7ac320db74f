"""`review`: what cannot be said is refused at once, what can lies on `credit.reviews` as agreed."""

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message
from kafka.partitioner import murmur2

from cli import review
from infra.settings import Settings
from infra.topic_log import find_log
from schemas.ids import identity
from schemas.lean import Objection
from schemas.review import Review, ReviewData
from schemas.topics import REVIEWS
from schemas.uscc import make_uscc
from sources.topic_reader import read_to_end
from streams.catalogue_in_force import load_catalogue
from streams.rules.catalogue import Catalogue
from tests.cli.conftest import Run
from tests.cli.recorded import AT, FINANCE, FIRM, SHOP, action, record

PERSON = "11010519491231002X"
OFFICE = "11210500105000111B"
REASON = ("--reason", "材料属实", "--reviewer", "bx-0123")
SAY = (*REASON, "--yes", "--json")
OUTCOMES = ("confirm", "dismiss", "object", "uphold", "overturn")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Settings())


@pytest.fixture
def beside(run: Run, broker: str, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands beside *broker*, with the shipped catalogue read once."""
    monkeypatch.setenv("CREDIT_KAFKA", broker)
    monkeypatch.setattr(review, "load_catalogue", lambda _settings: catalogue)
    return run


def partition_of(code: str) -> int:
    """Return where Kafka's default partitioner puts *code*, told by kafka-python, not by us."""
    return int((murmur2(code.encode()) & 0x7FFFFFFF) % 4)


def written(broker: str) -> int:
    return sum(find_log(broker, REVIEWS).ends.values())


def reviews_of(broker: str, action_id: str) -> list[Message]:
    messages = read_to_end(broker, REVIEWS, range(4))
    return [message for message in messages if action_id.encode() in (message.value() or b"")]


def refused(beside: Run, broker: str, code: int, *args: str) -> str:
    """Run a review that must write nothing; return the one line that says why."""
    before = written(broker)
    ran = beside("review", *args)
    assert (ran.code, ran.out) == (code, ""), ran
    assert len(ran.err.strip().splitlines()) == 1
    assert written(broker) == before
    return ran.err


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_review_lies_under_its_subject_where_kafkas_partitioner_puts_it(
    beside: Run, broker: str, outcome: str
) -> None:
    marked = Objection(AT) if outcome == "uphold" else None
    told = action(objection=marked)
    record(broker, told)
    ran = beside("review", told.action_id.upper(), f"--{outcome}", *SAY)
    assert ran.code == 0, ran.err
    (message,) = reviews_of(broker, told.action_id)
    told_on = Review.model_validate_json(message.value() or b"")
    assert message.key() == FIRM.encode()
    assert message.partition() == partition_of(FIRM)
    assert (message.headers() or []) == [("content-type", b"application/cloudevents+json")]
    assert (told_on.type, told_on.subject) == ("credit.review.recorded", FIRM)
    data = told_on.data
    assert set(json.loads(message.value() or b"")["data"]) == set(ReviewData.model_fields)
    assert (data.outcome, data.action_id, data.reason) == (outcome, told.action_id, "材料属实")
    assert (data.reviewer, data.second_reviewer, data.basis) == ("bx-0123", None, None)
    assert (data.reviewer_department, data.at) == (FINANCE, told_on.time)
    assert told_on.id == data.review_id == json.loads(ran.out)["review_id"]


def test_basis_second_reviewer_and_department_travel_with_it(beside: Run, broker: str) -> None:
    told = action()
    record(broker, told)
    more = ("--basis", "第十条", "--second-reviewer", "bx-9", "--department", OFFICE)
    assert beside("review", told.action_id, "--overturn", *SAY, *more).code == 0
    (message,) = reviews_of(broker, told.action_id)
    data = json.loads(message.value() or b"")["data"]
    assert (data["basis"], data["second_reviewer"]) == ("第十条", "bx-9")
    assert data["reviewer_department"] == OFFICE


@pytest.mark.parametrize("state", ["withdrawn", "dismissed"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_has_ended_is_not_reviewed_any_more(
    beside: Run, broker: str, outcome: str, state: str
) -> None:
    told = action(state=state, objection=Objection(AT))
    record(broker, told, change=state)
    line = refused(beside, broker, 1, told.action_id, f"--{outcome}", *SAY)
    assert f"explain {told.decision_id}" in line


@pytest.mark.parametrize(
    ("outcome", "changes", "cure"),
    [
        ("confirm", {"state": "in_force"}, "--overturn"),
        ("dismiss", {"state": "in_force"}, "--overturn"),
        ("confirm", {"state": "suspended", "resumes_to": "awaiting_review"}, "--overturn"),
        ("uphold", {}, "--object"),
        ("uphold", {"objection": Objection(AT, "upheld")}, "--object"),
        ("object", {"objection": Objection(AT)}, "--uphold"),
    ],
)
def test_what_cannot_be_said_of_a_live_action_is_refused_with_its_cure(
    beside: Run, broker: str, outcome: str, changes: dict[str, Any], cure: str
) -> None:
    told = action(**changes)
    record(broker, told)
    assert cure in refused(beside, broker, 1, told.action_id, f"--{outcome}", *SAY)


def test_an_automatic_block_can_be_overturned(beside: Run, broker: str) -> None:
    told = action(state="in_force", effect="block", proposed_effect=None)
    record(broker, told)
    assert beside("review", told.action_id, "--overturn", *SAY).code == 0


def test_the_newest_state_of_an_action_counts(beside: Run, broker: str) -> None:
    told = action()
    record(broker, told)
    ended = action(action_id=told.action_id, revision=1, state="withdrawn")
    record(broker, ended, change="withdrawn")
    refused(beside, broker, 1, told.action_id, "--confirm", *SAY)


def test_four_eyes_are_two_different_people(beside: Run, broker: str) -> None:
    told = action("p16-fraud-clawback", effect="clawback", proposed_effect=None)
    record(broker, told)
    say = (told.action_id, "--confirm", *SAY)
    assert "--second-reviewer" in refused(beside, broker, 2, *say)
    refused(beside, broker, 2, *say, "--second-reviewer", "bx-0123")
    assert beside("review", *say, "--second-reviewer", "bx-0124").code == 0


def test_what_relieves_the_organisation_needs_two_eyes_only(beside: Run, broker: str) -> None:
    told = action("p16-fraud-clawback", effect="clawback", proposed_effect=None)
    record(broker, told)
    assert beside("review", told.action_id, "--dismiss", *SAY).code == 0


def test_a_measure_that_the_catalogue_lacks_is_not_confirmed_but_can_be_dropped(
    beside: Run, broker: str
) -> None:
    told = action("p99-gone")
    record(broker, told)
    assert "CREDIT_CATALOGUE" in refused(beside, broker, 1, told.action_id, "--confirm", *SAY)
    assert beside("review", told.action_id, "--dismiss", *SAY).code == 0


def test_an_unknown_action_is_a_finding_and_a_decisions_id_leads_to_its_actions(
    beside: Run, broker: str
) -> None:
    told = action()
    record(broker, told)
    assert "explain" in refused(beside, broker, 1, identity("no", "such"), "--confirm", *SAY)
    assert told.action_id in refused(beside, broker, 1, told.decision_id, "--confirm", *SAY)


def test_with_a_subject_only_that_organisations_action_is_found(beside: Run, broker: str) -> None:
    told = action()
    record(broker, told, subject=SHOP)
    say = (told.action_id, "--confirm", *SAY)
    codes = (make_uscc("91210500", f"MAXX{number:04d}") for number in range(100))
    neighbour = next(code for code in codes if partition_of(code) == partition_of(SHOP))
    for other in (FIRM, neighbour):
        assert "--subject" in refused(beside, broker, 1, *say, "--subject", other)
    assert beside("review", *say, "--subject", SHOP.lower()).code == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--reason", "r", "--reviewer", "张三"), "张三"),
        (("--reason", "r", "--reviewer", "Some One"), "Some One"),
        (("--reason", "r", "--reviewer", PERSON), PERSON),
        (("--reason", "r", "--reviewer", "a", "--second-reviewer", PERSON), PERSON),
        (("--reason", f"见 {PERSON}", "--reviewer", "a"), PERSON),
        (("--reason", "r", "--reviewer", "a", "--basis", PERSON), PERSON),
        (("--reason", " ", "--reviewer", "a"), "Traceback"),
        (("--reason", "r" * 20_000, "--reviewer", "a"), "rrrr"),
        (("--reason", "r"), "Traceback"),
        (("--reason", "r", "--reviewer", "a", "--subject", PERSON), PERSON),
        (("--reason", "r", "--reviewer", "a", "--department", SHOP), SHOP),
    ],
)
def test_names_persons_and_empty_words_are_refused_and_never_repeated(
    beside: Run, broker: str, args: tuple[str, ...], told: str
) -> None:
    known = action()
    record(broker, known)
    line = refused(beside, broker, 2, known.action_id, "--confirm", "--yes", *args)
    assert told not in line


@pytest.mark.parametrize("flags", [(), ("--confirm", "--dismiss"), ("--object", "--uphold")])
def test_exactly_one_outcome_is_said(beside: Run, broker: str, flags: tuple[str, ...]) -> None:
    assert "--overturn" in refused(beside, broker, 2, identity("x"), *flags, *SAY)


def test_what_is_no_id_is_not_searched_for(beside: Run, broker: str) -> None:
    assert "36" in refused(beside, broker, 2, "A-1", "--confirm", *SAY)


def test_nothing_is_recorded_where_nobody_can_be_asked(beside: Run, broker: str) -> None:
    told = action()
    record(broker, told)
    ran = beside("review", told.action_id, "--confirm", *REASON)
    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert reviews_of(broker, told.action_id) == []


def test_what_it_will_do_is_shown_first_and_an_individual_business_is_masked(
    beside: Run, broker: str
) -> None:
    told = action()
    record(broker, told, subject=SHOP)
    ran = beside("review", told.action_id, "--confirm", *REASON, "--yes")
    assert ran.code == 0
    for shown in ("p07-procurement-banned", "政府采购法", "不予通过", "awaiting review"):
        assert shown in ran.out
    assert f"explain {told.decision_id}" in ran.out
    assert SHOP not in ran.out + ran.err
    ran = beside("review", told.action_id, "--dismiss", *SAY)
    assert SHOP not in ran.out + ran.err
    assert json.loads(ran.out)["subject"] == "92210502MA0B******"


def test_the_language_is_the_one_that_is_set(
    beside: Run, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = action()
    record(broker, told)
    monkeypatch.setenv("CREDIT_LANG", "en")
    assert "推翻" not in beside("review", told.action_id, "--overturn", *REASON, "--yes").out
    monkeypatch.setenv("CREDIT_LANG", "zh")
    assert "withdrawn" not in beside("review", told.action_id, "--overturn", *REASON, "--yes").out


@pytest.mark.parametrize("option", ["--reason", "--basis", "--reviewer", "--second-reviewer"])
def test_a_person_is_refused_before_anybody_is_asked_anything(run: Run, option: str) -> None:
    ran = run("review", identity("x"), "--confirm", *SAY, option, PERSON)
    assert (ran.code, PERSON in ran.err) == (2, False)


def test_without_services_it_stops_in_one_line(run: Run, tmp_path: Path) -> None:
    ran = run("review", identity("x"), "--confirm", *SAY)
    assert (ran.code, ran.out, len(ran.err.strip().splitlines())) == (3, "", 1)
    assert not list(tmp_path.rglob("alerts"))
