"""A town that lives a random history twice: by the trigger's folds, and by the law told plainly.

Events, list changes of this city and its neighbours, reviews and days, with Redis emptied and
workers killed in between. After each fold every verdict is compared, and of every action state,
effect and dates.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from schemas.ids import action_id, decision_id
from streams.trigger import batch, fold_sweeps, sweeps
from tests.model.catalogue import neighbour_of, town_catalogue
from tests.model.law import CONSEQUENCES, LIVE, ONE, STAGES, Law, Matter, Reviewers
from tests.model.listings import AGREEMENTS, Entry
from tests.model.written import day_of, newest
from tests.replay.desk import Desk, Trouble
from tests.trigger.messages import (
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

if TYPE_CHECKING:
    import redis

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
BEGINS = st.sampled_from((-1092, -160, 0, 2))  # days from today; a little less than three years
REVISIONS = ("suspended", "resumed", "amended")
REASONS = ("repaired", "annulled", "corrected", "early")
# Which list, from when, for how long, of another city or not.
ENTRY = st.tuples(st.integers(0, 3), BEGINS, LASTS, st.booleans())
Drawn = tuple[int, int, int | None, bool]
OUTCOMES = ("confirm", "dismiss", "object", "uphold", "overturn")
# Who confirms: one alone, one who signs twice, two.
REVIEWERS = ("staff-07", None), ("staff-07", " Staff-07 "), ("staff-07", "staff-08")
SIZES = ((batch, "MOST_OF_ONE"), (fold_sweeps, "MOST_OF_ONE"), (sweeps, "MOST_MATTERS"))
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
Which = tuple[str, int, tuple[str, str]]  # application, number of its event, entry and measure
Waiting = tuple[str, str, *tuple[Any, ...]]  # kind, application, what there is to say of it


class Town(RuleBasedStateMachine):
    """What is sent waits until `fold`; the trigger and the law then take it in the same order."""

    server: "redis.Redis"  # whoever runs it sets this: a state machine takes no arguments

    @initialize(
        overlaps=st.booleans(),
        few=st.sampled_from((0, 1, 50)),
        most=st.integers(1, 3),
        listed=st.tuples(*(ENTRY for _ in SUBJECTS)),
    )
    def open(self, *, overlaps: bool, few: int, most: int, listed: tuple[Drawn, ...]) -> None:
        """Begin with an entry and an application of each subject.

        *few* matters of a subject are decided at once, *most* of the rest in a slice.
        """
        batch.MOST_OF_ONE = fold_sweeps.MOST_OF_ONE = few
        sweeps.MOST_MATTERS = most if few < 50 else 300  # as the trigger has them
        self.desk = Desk(self.server, town_catalogue())
        self.desk.overlaps = overlaps
        self.law, self.book = Law(TODAY), Watermarks()
        self.told: dict[str, Json] = {}  # newest change by entry id
        self.changed: set[str] = set()
        self.waiting: list[Waiting] = []
        self.events: dict[tuple[str, int], str] = {}  # application, number -> event id
        self.sent: dict[str, list[Json]] = {}
        self._publish(town_catalogue().lists)
        self.desk.settle()
        for whose, drawn in zip(SUBJECTS, listed, strict=True):
            self._enter(whose, drawn)
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

    @rule(whose=WHOSE, drawn=ENTRY, now=st.booleans())
    def enter(self, whose: str, drawn: Drawn, *, now: bool) -> None:
        self._enter(whose, drawn)
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
    @rule(
        pick=st.integers(0, 99),
        outcome=st.sampled_from(OUTCOMES),
        by=st.sampled_from(REVIEWERS),
        now=st.booleans(),
    )
    def look_at(self, pick: int, outcome: str, by: Reviewers, *, now: bool) -> None:
        actions = self._actions()
        self._review(actions[pick % len(actions)], outcome, by, now=now)

    @precondition(lambda self: self._awaiting())
    @rule(pick=st.integers(0, 99), by=st.sampled_from(REVIEWERS), now=st.booleans())
    def confirm(self, pick: int, by: Reviewers, *, now: bool) -> None:
        awaiting = self._awaiting()
        self._review(awaiting[pick % len(awaiting)], "confirm", by, now=now)

    def _review(self, which: Which, outcome: str, by: Reviewers, *, now: bool) -> None:
        application, number, key = which
        matter = self.law.matters[application]
        name = self._action_id(matter, application, number, key)
        first, second = by
        told = review(
            matter.subject, name, outcome, at=self.desk.at, reviewer=first, second_reviewer=second
        )
        self.desk.send(on_reviews(told, at=self.desk.at))
        self.waiting.append(("review", application, key, outcome, by))
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
                self.law.review(self.law.matters[application], *rest)
        for kind, application, *rest in self.waiting:
            if kind == "event":
                self.law.decide(rest[0], application, rest[1])
        self.waiting.clear()
        self._compare()

    @rule(days=st.integers(1, 9))
    def pass_days(self, days: int) -> None:
        self.fold()
        self.desk.at += days * ONE
        self._publish(CONSEQUENCES)  # the other lists are promised for good
        self.desk.at -= days * ONE
        self.desk.settle()
        self.desk.at += days * ONE
        self.desk.settle()
        self.law.pass_to(self.law.day + days * ONE)
        self._compare()

    @rule()
    def restart(self) -> None:
        self.desk.restart(town_catalogue())

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

    def _enter(self, whose: str, drawn: Drawn) -> None:
        which, begins, lasts, elsewhere = drawn
        code, day = LISTS[whose][which], self.law.day
        abroad = elsewhere and code in AGREEMENTS
        if any(self._is_there(whose, each) for each in self._of(whose, code)):
            return
        since = day + begins * ONE
        ends = None if lasts is None else max(since, day) + lasts * ONE
        data = {} if ends is None else {"effective_until": ends.isoformat()}
        by = neighbour_of(code) if abroad else None
        told = change(whose, code, since=since, time=self.desk.at, source=by, data=data)
        entry_id = told["data"]["entry_id"]
        self.law.entries.setdefault(whose, {})[entry_id] = Entry(code, since, ends, abroad)
        self._tell(told)

    def _event(self, whose: str, application: str, stage: str) -> None:
        told = event(whose, f"credit.approval.{stage}", application=application, time=self.desk.at)
        self.sent.setdefault(application, []).append(told)
        self.events[application, len(self.sent[application]) - 1] = told["id"]
        self.desk.send(on_events(told, at=self.desk.at))
        self.waiting.append(("event", application, whose, stage))

    def _tell(self, told: Json) -> None:
        entry_id = told["data"]["entry_id"]
        if not self.law.entries[told["subject"]][entry_id].abroad:
            self.book.note(told)  # a list is counted by its keeper, without what others entered
        self.told[entry_id] = told
        self.changed.add(told["subject"])
        self.desk.send(on_lists(told, at=self.desk.at))

    def _publish(self, codes: Iterable[str]) -> None:
        for code in codes:
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

    def _awaiting(self) -> list[Which]:
        matters = getattr(self, "law", Law(TODAY)).matters
        return [
            (application, number, key)
            for application, number, key in self._actions()
            if matters[application].events[number].actions[key].state == "awaiting_review"
        ]

    def _actions(self) -> list[Which]:
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
                    lasts = action.since, action.until
                    assert (day_of(told["from"]), day_of(told["until"])) == lasts, (where, key)
                    if action.state not in LIVE:
                        assert told["reason"] == action.reason, (where, key)
        assert actions == {}, "actions that the law knows nothing of"
