"""The law of a small town, told plainly: what must stand after each fold of the trigger.

Written from the design and the contracts for whoever can read them; nothing of the trigger's is
used but the words of its messages. A rule a function.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from chinese_calendar import is_workday

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
MASKING = frozenset({"court-defaulter", "safety-serious", "city-focus"})  # serious, or focus
STAGES = ("applied", "accepted", "decided")
TERMINAL = "decided"
OPEN_FOR = timedelta(days=180)
REVIEW_WITHIN = 3  # working days
LIVE = ("in_force", "awaiting_review", "suspended")
ONE = timedelta(days=1)


@dataclass
class Entry:
    """One entry as last told."""

    list_code: str
    begins: date
    ends: date | None
    suspended: bool = False
    removed: str | None = None  # why, from `removed_on` on
    removed_on: date | None = None

    def is_active(self, day: date) -> bool:
        """From its first day until its end or removal; suspended or annulled on no day."""
        over = any(end is not None and end <= day for end in (self.ends, self.removed_on))
        return not (self.suspended or over or self.removed == "annulled" or day < self.begins)


@dataclass
class Action:
    """One action; `resumes_to` while it is suspended."""

    effect: str
    state: str
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

    def review(self, matter: Matter, key: tuple[str, str], outcome: str) -> None:
        """An officer's word moves one action, if its state allows it."""
        event = next(each for each in matter.events if key in each.actions)
        action = event.actions[key]
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
            for (entry_id, _), action in event.actions.items():
                self._follow(action, matter.subject, entry_id)
                if lapses:
                    _lapse(action, self.day)
            if event is speaks:
                self._issue(matter, event, at_once=False)
            moved = before != [(a.state, a.effect) for a in event.actions.values()]
            if moved or event is speaks:
                event.verdict = verdict_of(event)
            assert live or not moved or event is speaks

    def _follow(self, action: Action, subject: str, entry_id: str) -> None:
        """An action ends, waits and comes back with its entry."""
        if action.state not in LIVE:
            return None
        entry = self.entries[subject][entry_id]
        if entry.removed == "annulled":
            return _end(action, "withdrawn", "annulled")
        if entry.removed_on is not None and entry.removed_on <= self.day:
            return _end(action, "withdrawn", entry.removed)
        if entry.ends is not None and entry.ends <= self.day:
            return _end(action, "withdrawn", "expired")
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
        for entry_id, entry in sorted(self.entries.get(matter.subject, {}).items()):
            if not entry.is_active(self.day):
                continue
            for measure, effect in CONSEQUENCES[entry.list_code]:
                if (entry_id, measure) not in event.actions and effect not in REWARDS:
                    blocks = effect == "block" and at_once and not matter.subject.startswith("92")
                    made = self._burden(effect, blocks=blocks)
                    event.actions[entry_id, measure] = made
        self._reward(matter, event)

    def _burden(self, effect: str, *, blocks: bool) -> Action:
        """A block takes effect by itself at the first decision of a company alone."""
        if effect in ("block", "refer") and not blocks:
            due = working_days_after(self.day, REVIEW_WITHIN)
            return Action("refer", "awaiting_review", due, mandatory=effect == "block")
        return Action(effect, "in_force")

    def _reward(self, matter: Matter, event: Event) -> None:
        """Rewards come with a pass, and to nobody on a serious or focus list."""
        if verdict_of(event) != "pass" or self._is_masked(matter.subject):
            return
        for entry_id, entry in self.entries.get(matter.subject, {}).items():
            if entry.is_active(self.day):
                for measure, effect in CONSEQUENCES[entry.list_code]:
                    if effect in REWARDS:
                        event.actions.setdefault((entry_id, measure), Action(effect, "in_force"))

    def _is_masked(self, subject: str) -> bool:
        entries = self.entries.get(subject, {}).values()
        return any(e.list_code in MASKING and e.is_active(self.day) for e in entries)


def verdict_of(event: Event) -> str:
    """Deny while a block is in force, else hold while a punishment awaits review."""
    states = [(action.effect, action.state) for action in event.actions.values()]
    if ("block", "in_force") in states:
        return "deny"
    return "hold" if ("refer", "awaiting_review") in states and event.stage != TERMINAL else "pass"


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
