"""Random histories, lived by the trigger's folds and by the law told plainly, side by side.

Events, list changes, reviews and days, with Redis emptied and workers killed in between. After each
fold every verdict and every action state is compared.

`CREDIT_FAULTS_MODEL_EXAMPLES` makes it as long as one likes.
"""

import ast
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import redis
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from schemas import topics
from schemas.ids import action_id, decision_id
from streams.trigger import batch, fold_sweeps, sweeps
from tests.faults.imported import imported
from tests.model import law
from tests.model.law import CONSEQUENCES, LIVE, ONE, STAGES, Entry, Law, Matter
from tests.replay.desk import Desk, Trouble
from tests.rules.given import real_catalogue
from tests.trigger.messages import (
    EMERGENCY,
    TODAY,
    Json,
    Watermarks,
    change,
    event,
    firm,
    on_events,
    on_lists,
    on_reviews,
    removal,
    review,
    revised,
)

EXAMPLES = int(os.environ.get("CREDIT_FAULTS_MODEL_EXAMPLES") or 120)
SUBJECTS = (firm(), firm(), firm("92210500"))
# A waiting reward that a barred company earns comes with the next day of interest, whichever that
# is: who may be barred is on no red list here.
LISTS = {
    SUBJECTS[0]: ("licence-bar", "court-defaulter", "safety-serious", "city-focus"),
    SUBJECTS[1]: ("court-defaulter", "safety-serious", "city-focus", "city-red"),
    SUBJECTS[2]: ("licence-bar", "court-defaulter", "safety-serious", "city-focus"),
}
WHOSE = st.sampled_from(SUBJECTS)
LASTS = st.none() | st.integers(1, 6)  # days
BEGINS = st.sampled_from((-160, 0, 2))  # days from today
REVISIONS = ("suspended", "resumed", "amended")
REASONS = ("repaired", "annulled", "corrected", "early")
OUTCOMES = ("confirm", "dismiss", "object", "uphold", "overturn")
SIZES = ((batch, "MOST_OF_ONE"), (fold_sweeps, "MOST_OF_ONE"), (sweeps, "MOST_MATTERS"))
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
_server: Any = None


class Town(RuleBasedStateMachine):
    """What is sent waits until `fold`; the trigger and the law then take it in the same order."""

    @initialize(overlaps=st.booleans(), few=st.sampled_from((0, 1, 50)), most=st.integers(1, 3))
    def open(self, *, overlaps: bool, few: int, most: int) -> None:
        """Begin; *few* matters of a subject are decided at once, *most* of the rest in a slice."""
        batch.MOST_OF_ONE = fold_sweeps.MOST_OF_ONE = few
        sweeps.MOST_MATTERS = most if few < 50 else 120  # as the trigger has them
        self.desk = Desk(_server, real_catalogue())
        self.desk.overlaps = overlaps
        self.law, self.book = Law(TODAY), Watermarks()
        self.told: dict[str, Json] = {}  # newest change by entry id
        self.changed: set[str] = set()
        self.waiting: list[tuple[str, ...]] = []
        self.events: dict[tuple[str, int], str] = {}  # application, number -> event id
        self.sent: dict[str, list[Json]] = {}
        self._publish()
        self.desk.settle()
        for whose in SUBJECTS:
            self._event(whose, f"BX-{len(self.sent)}", STAGES[0])
        self.fold()

    # What departments, list keepers and officers send

    @rule(whose=WHOSE, now=st.booleans())
    def apply(self, whose: str, *, now: bool) -> None:
        self._event(whose, f"BX-{len(self.sent)}", STAGES[0])
        if now:
            self.fold()

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 99), stage=st.sampled_from(STAGES), now=st.booleans())
    def go_on(self, pick: int, stage: str, *, now: bool) -> None:
        application = list(self.sent)[pick % len(self.sent)]
        self._event(self.sent[application][0]["subject"], application, stage)
        if now:
            self.fold()

    @precondition(lambda self: self.sent)
    @rule(pick=st.integers(0, 99))
    def say_again(self, pick: int) -> None:
        application = list(self.sent)[pick % len(self.sent)]
        self.desk.send(on_events(self.sent[application][-1], at=self.desk.at))

    @rule(whose=WHOSE, which=st.integers(0, 3), begins=BEGINS, lasts=LASTS, now=st.booleans())
    def enter(self, whose: str, which: int, begins: int, lasts: int | None, *, now: bool) -> None:
        code, day = LISTS[whose][which], self.law.day
        if any(self._is_there(whose, each) for each in self._of(whose, code)):
            return
        since = day + begins * ONE
        ends = None if lasts is None else max(since, day) + lasts * ONE
        data = {} if ends is None else {"effective_until": ends.isoformat()}
        told = change(whose, code, since=since, time=self.desk.at, data=data)
        self._tell(told)
        entry_id = told["data"]["entry_id"]
        self.law.entries.setdefault(whose, {})[entry_id] = Entry(code, since, ends)
        if now:
            self.fold()

    @precondition(lambda self: self.told)
    @rule(pick=st.integers(0, 99), what=st.sampled_from(REVISIONS), lasts=LASTS, now=st.booleans())
    def revise(self, pick: int, what: str, lasts: int | None, *, now: bool) -> None:
        whose, entry_id, entry = self._pick(pick)
        if entry.removed is not None:
            return
        until = None
        if what == "amended":
            until = None if lasts is None else max(entry.begins, self.law.day) + lasts * ONE
            entry.ends = until
        else:
            entry.suspended = what == "suspended"
            until = entry.ends
        data = {"effective_until": None if until is None else until.isoformat()}
        number = self.told[entry_id]["data"]["revision"] + 1
        self._tell(revised(self.told[entry_id], what=what, revision=number, **data))
        self.changed.add(whose)
        if now:
            self.fold()

    @precondition(lambda self: self.told)
    @rule(pick=st.integers(0, 99), reason=st.sampled_from(REASONS), now=st.booleans())
    def remove(self, pick: int, reason: str, *, now: bool) -> None:
        _, entry_id, entry = self._pick(pick)
        if entry.removed is not None or self.law.day <= entry.begins:
            return
        self._tell(removal(self.told[entry_id], reason=reason, on=self.law.day))
        entry.removed, entry.removed_on, entry.suspended = reason, self.law.day, False
        if now:
            self.fold()

    @precondition(lambda self: self._actions())
    @rule(pick=st.integers(0, 99), outcome=st.sampled_from(OUTCOMES), now=st.booleans())
    def look_at(self, pick: int, outcome: str, *, now: bool) -> None:
        actions = self._actions()
        application, number, key = actions[pick % len(actions)]
        matter = self.law.matters[application]
        name = self._action_id(matter, application, number, key)
        told = review(matter.subject, name, outcome, at=self.desk.at, second_reviewer="staff-08")
        self.desk.send(on_reviews(told, at=self.desk.at))
        self.waiting.append(("review", application, *key, outcome))
        if now:
            self.fold()

    # What becomes of it

    @rule()
    def fold(self) -> None:
        self.desk.settle()
        for whose in sorted(self.changed):
            self.law.lists_changed(whose)
        self.changed.clear()
        for kind, application, *rest in self.waiting:
            if kind == "review":
                entry_id, measure, outcome = rest
                self.law.review(self.law.matters[application], (entry_id, measure), outcome)
        for kind, application, *rest in self.waiting:
            if kind == "event":
                self.law.decide(rest[0], application, rest[1])
        self.waiting.clear()
        self._compare()

    @rule(days=st.integers(1, 9))
    def pass_days(self, days: int) -> None:
        self.fold()
        self.desk.at += days * ONE
        self._publish()
        self.desk.at -= days * ONE
        self.desk.settle()
        self.desk.at += days * ONE
        self.desk.settle()
        self.law.pass_to(self.law.day + days * ONE)
        self._compare()

    @rule()
    def restart(self) -> None:
        self.desk.restart(real_catalogue())

    @rule(troubles=st.lists(st.sampled_from(TROUBLES), min_size=1, max_size=4))
    def be_in_for(self, troubles: list[Trouble]) -> None:
        """Whatever the next turns are about, each of these befalls one of them."""
        self.desk.troubles += troubles

    @invariant()
    def nobody_is_stopped_without_an_entry(self) -> None:
        for matter in getattr(self, "law", Law(TODAY)).matters.values():
            for each in matter.events:
                assert each.verdict == "pass" or each.actions

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            try:
                self.fold()
            finally:
                self.desk.close()

    def _event(self, whose: str, application: str, stage: str) -> None:
        told = event(whose, f"credit.approval.{stage}", application=application, time=self.desk.at)
        self.sent.setdefault(application, []).append(told)
        self.events[application, len(self.sent[application]) - 1] = told["id"]
        self.desk.send(on_events(told, at=self.desk.at))
        self.waiting.append(("event", application, whose, stage))

    def _tell(self, told: Json) -> None:
        self.book.note(told)
        self.told[told["data"]["entry_id"]] = told
        self.changed.add(told["subject"])
        self.desk.send(on_lists(told, at=self.desk.at))

    def _publish(self) -> None:
        for code in real_catalogue().lists:
            self.desk.send(*self.book.published(code, at=self.desk.at))

    def _of(self, whose: str, code: str) -> list[str]:
        entries = self.law.entries.get(whose, {})
        return [name for name, entry in entries.items() if entry.list_code == code]

    def _is_there(self, whose: str, entry_id: str) -> bool:
        return self.law.entries[whose][entry_id].removed is None

    def _pick(self, pick: int) -> tuple[str, str, Entry]:
        entry_id = list(self.told)[pick % len(self.told)]
        whose = self.told[entry_id]["subject"]
        return whose, entry_id, self.law.entries[whose][entry_id]

    def _actions(self) -> list[tuple[str, int, tuple[str, str]]]:
        matters = getattr(self, "law", Law(TODAY)).matters
        return [
            (application, number, key)
            for application, matter in matters.items()
            for number, each in enumerate(matter.events)
            for key in each.actions
            if not any(key in later.actions for later in matter.events[:number])
        ]

    def _action_id(
        self, matter: Matter, application: str, number: int, key: tuple[str, str]
    ) -> str:
        entry_id, measure = key
        code = self.law.entries[matter.subject][entry_id].list_code
        name = self.events[application, number]
        return action_id("/business/benxi", name, code, entry_id, measure)

    def _compare(self) -> None:
        verdicts, actions = newest(self.desk)
        for application, matter in self.law.matters.items():
            for number, each in enumerate(matter.events):
                name = decision_id("/business/benxi", self.events[application, number])
                where = f"{application} {number} {each.stage} of {matter.subject}"
                note(where)
                assert verdicts[name] == each.verdict, where
                for key, action in each.actions.items():
                    told = actions.pop(self._action_id(matter, application, number, key))
                    ours = (action.state, action.effect, action.resumes_to)
                    assert (told["state"], told["effect"], told["resumes_to"]) == ours, (where, key)
                    if action.state not in LIVE:
                        assert told["reason"] == action.reason, (where, key)
        assert actions == {}, "actions that the law knows nothing of"


def newest(desk: Desk) -> tuple[dict[str, str], dict[str, Json]]:
    """Return the newest verdict of each decision and the newest word on each action."""
    verdicts: dict[str, str] = {}
    actions: dict[str, Json] = {}
    sequences: dict[str, int] = {}
    for (topic, _), lying in desk.log.topics.items():
        if topic not in (topics.DECISIONS, topics.ACTIONS):
            continue
        for message in lying:
            data = json.loads(message.value() or b"")["data"]
            decides = topic == topics.DECISIONS
            name = data["decision_id"] if decides else data["action_id"]
            number = data["sequence"] if decides else data["revision"]
            assert number == sequences.get(name, -1) + 1, f"{name}: {number}"
            sequences[name] = number
            if decides:
                verdicts[name] = data["verdict"]
            else:
                actions[name] = data
    return verdicts, actions


@pytest.mark.timeout(60 + EXAMPLES * 2)
def test_the_trigger_lives_by_the_law(
    cache_server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in SIZES:  # every example sets them; others have them as they were
        monkeypatch.setattr(module, name, getattr(module, name))
    global _server  # noqa: PLW0603  # a state machine takes no arguments
    _server = cache_server
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Town,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_model_knows_every_consequence() -> None:
    """Its table names measures of the catalogue and nothing else."""
    known = {measure.id for measure in real_catalogue().measures}
    assert {m for found in CONSEQUENCES.values() for m, _ in found} <= known
    assert EMERGENCY in real_catalogue().departments
    assert date.fromisoformat("2026-06-10") + timedelta(0) == TODAY


def test_a_rule_of_the_model_is_read_at_a_glance() -> None:
    """Twenty lines at most, so that a lawyer can hold them against the law."""
    tree = ast.parse(Path(law.__file__).read_text())
    rules = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert len(rules) > 10
    assert {r.name: n for r in rules if (n := (r.end_lineno or 0) - r.lineno + 1) > 20} == {}


def test_the_model_knows_nothing_of_the_trigger() -> None:
    assert imported("tests.model.law") <= {"tests"}
