"""The law of a small town, told plainly: what must stand after each fold of the trigger.

Written from the design and the contracts for whoever can read them; nothing of the trigger's is
used but the words of its messages. A rule a function.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chinese_calendar import is_workday

if TYPE_CHECKING:
    from tests.model.listings import Entry

# What an entry of each list does to an application before it is decided: (measure, effect).
CONSEQUENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "licence-bar": (("p02-same-licence-barred", "block"),),
    "court-defaulter": (("p10-court-defaulter-restricted", "refer"),),
    "safety-serious": (
        ("p11-safety-approval-suspended", "refer"),
        ("p11-safety-inspect-up", "inspect_up"),
    ),
    "city-focus": (("p18-focus-notify", "normal_channel"),),
    "city-red": (("i01-green-channel", "priority"),),
}
REWARDS = frozenset({"priority"})
FOUR_EYES = frozenset({"p10-court-defaulter-restricted", "p11-safety-approval-suspended"})  # here
MASKING = frozenset({"court-defaulter", "safety-serious", "city-focus"})  # serious, or focus
STAGES = ("applied", "accepted", "decided")
TERMINAL = "decided"
OPEN_FOR = timedelta(days=180)
REVIEW_WITHIN = 3  # working days
LIVE = ("in_force", "awaiting_review", "suspended")
ONE = timedelta(days=1)
Reviewers = tuple[str, str | None]  # staff ids


@dataclass
class Action:
    """One action, `since` a day, `until` another (exclusive); `resumes_to` while suspended."""

    effect: str
    state: str
    since: date
    until: date | None
    review_due: date | None = None
    resumes_to: str | None = None
    reason: str | None = None
    objected: bool = False
    mandatory: bool = False


@dataclass
class Event:
    """One decided event, with its actions by (entry id, measure)."""

    stage: str
    day: date
    verdict: str = "pass"
    actions: dict[tuple[str, str], Action] = field(default_factory=dict)


@dataclass
class Matter:
    """The events of one application, in the order in which they were decided."""

    subject: str
    events: list[Event] = field(default_factory=list)
    closed: bool = False

    def is_open(self, day: date) -> bool:
        """Until a terminal stage, else for half a year after its newest event."""
        return not self.closed and day < max(event.day for event in self.events) + OPEN_FOR

    def newest(self) -> Event:
        """The last event of the latest stage speaks for the matter."""
        return max(reversed(self.events), key=lambda event: STAGES.index(event.stage))


class Law:
    """All matters and entries of the town."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.matters: dict[str, Matter] = {}
        self.entries: dict[str, dict[str, Entry]] = {}

    def decide(self, subject: str, application: str, stage: str) -> None:
        """An event comes: it takes the place of what earlier stages, and its own, did."""
        matter = self.matters.setdefault(application, Matter(subject))
        for before in matter.events:
            if STAGES.index(before.stage) <= STAGES.index(stage):
                for action in before.actions.values():
                    _end(action, "withdrawn", "superseded")
        event = Event(stage, self.day)
        matter.events.append(event)
        matter.closed |= stage == TERMINAL
        self._issue(matter, event, at_once=True)
        event.verdict = verdict_of(event)

    def lists_changed(self, subject: str) -> None:
        """Every matter of the subject is decided again."""
        for matter in self.matters.values():
            if matter.subject == subject:
                self._decide_again(matter)

    def pass_to(self, day: date) -> None:
        """Each day is lived through: what begins, ends, lapses on it does."""
        while self.day < day:
            self.day += ONE
            for matter in self.matters.values():
                self._decide_again(matter, lapses=True)

    def review(self, matter: Matter, key: tuple[str, str], outcome: str, by: Reviewers) -> None:
        """An officer's word moves one action, if its state allows it."""
        event = next(each for each in matter.events if key in each.actions)
        action = event.actions[key]
        if outcome == "confirm" and key[1] in FOUR_EYES and not are_two(by):
            return
        if not self._moved(action, outcome):
            return
        event.verdict = verdict_of(event)

    def _moved(self, action: Action, outcome: str) -> bool:
        """What each outcome does (contracts D); tell whether it did anything."""
        if action.state not in LIVE:
            return False
        match outcome:
            case "confirm" if action.state == "awaiting_review":
                action.state, action.effect, action.review_due = "in_force", "block", None
            case "dismiss" if action.state == "awaiting_review":
                _end(action, "dismissed", "review-dismissed")
            case "object" if not action.objected:
                action.objected = True
            case "uphold" if action.objected:
                action.objected = False
            case "overturn":
                _end(action, "withdrawn", "overturned")
            case _:
                return False
        return True

    def _decide_again(self, matter: Matter, *, lapses: bool = False) -> None:
        """Live actions move with their entries; the newest event of an open matter may get more."""
        speaks = matter.newest() if matter.is_open(self.day) else None
        for event in matter.events:
            live = [a for a in event.actions.values() if a.state in LIVE]
            before = [(a.state, a.effect) for a in event.actions.values()]
            for key, action in event.actions.items():
                self._follow(action, matter.subject, key)
                if lapses:
                    _lapse(action, self.day)
            if event is speaks:
                self._issue(matter, event, at_once=False)
            moved = before != [(a.state, a.effect) for a in event.actions.values()]
            if moved or event is speaks:
                event.verdict = verdict_of(event)
            assert live or not moved or event is speaks

    def _follow(self, action: Action, subject: str, key: tuple[str, str]) -> None:
        """An action ends, waits and comes back with its entry, and lasts as long."""
        if action.state not in LIVE:
            return None
        entry = self.entries[subject][key[0]]
        if entry.removed is not None:  # never before its day
            return _end(action, "withdrawn", entry.removed)
        until = entry.until(key[1], self.day)
        if until is not None and until <= self.day:
            return _end(action, "withdrawn", "expired")
        action.until = until
        waits = entry.suspended or (action.effect in REWARDS and self._is_masked(subject))
        if waits and action.state != "suspended":
            action.state, action.resumes_to = "suspended", action.state
        elif not waits and action.state == "suspended":
            action.state, action.resumes_to = str(action.resumes_to), None
            if action.state == "awaiting_review":
                action.review_due = working_days_after(self.day, REVIEW_WITHIN)
        return None

    def _issue(self, matter: Matter, event: Event, *, at_once: bool) -> None:
        """What the entries of today bring that the event did not have; once had is had."""
        if event.stage == TERMINAL:
            return
        for key, effect, until in self._called_for(matter.subject):
            if key not in event.actions and effect not in REWARDS:
                blocks = effect == "block" and at_once and not matter.subject.startswith("92")
                event.actions[key] = self._burden(effect, until, blocks=blocks)
        if verdict_of(event) == "pass" and not self._is_masked(matter.subject):
            for key, effect, until in self._called_for(matter.subject):
                if effect in REWARDS:
                    event.actions.setdefault(key, Action(effect, "in_force", self.day, until))

    def _called_for(self, subject: str) -> Iterator[tuple[tuple[str, str], str, date | None]]:
        """What the subject's entries of today call for, and until when: key, effect, day."""
        for entry_id, entry in sorted(self.entries.get(subject, {}).items()):
            if entry.is_active(self.day):
                for measure, effect in CONSEQUENCES[entry.list_code]:
                    until = entry.until(measure, self.day)
                    if until is None or until > self.day:
                        yield (entry_id, measure), effect, until

    def _burden(self, effect: str, until: date | None, *, blocks: bool) -> Action:
        """A block takes effect by itself at the first decision of a company alone."""
        if effect in ("block", "refer") and not blocks:
            due = working_days_after(self.day, REVIEW_WITHIN)
            mandatory = effect == "block"
            return Action("refer", "awaiting_review", self.day, until, due, mandatory=mandatory)
        return Action(effect, "in_force", self.day, until)

    def _is_masked(self, subject: str) -> bool:
        entries = self.entries.get(subject, {}).values()
        return any(e.list_code in MASKING and e.is_active(self.day) for e in entries)


def verdict_of(event: Event) -> str:
    """Deny while a block is in force, else hold while a punishment awaits review."""
    states = [(action.effect, action.state) for action in event.actions.values()]
    if ("block", "in_force") in states:
        return "deny"
    return "hold" if ("refer", "awaiting_review") in states and event.stage != TERMINAL else "pass"


def are_two(by: Reviewers) -> bool:
    """Nobody is two people, however the own staff id is written."""
    first, second = by
    return second is not None and second.strip().lower() != first.strip().lower()


def working_days_after(day: date, count: int) -> date:
    """Return the *count*-th working day after *day*."""
    while count:
        day += ONE
        count -= is_workday(day)
    return day


def _lapse(action: Action, day: date) -> None:
    """Discretion that nobody used in time is not used; what the law commands waits on."""
    overdue = action.review_due is not None and action.review_due < day
    if action.state == "awaiting_review" and overdue and not action.mandatory:
        _end(action, "dismissed", "review-lapsed")


def _end(action: Action, state: str, reason: str | None) -> None:
    if action.state in LIVE:
        action.state, action.reason, action.resumes_to = state, reason, None
