"""Messages of a small city, made up from a seed without end, and entered into the ledger.

Its law is small on purpose, so that a clerk can say by heart what must come out: a licence bar
denies an application for that licence, a judgment defaulter's application waits for a human, and
who is on the procurement list is denied in a procurement.
"""

import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from schemas.times import SHANGHAI, legal_day
from tests.faults.ledger import Ledger, Put, Reviewed
from tests.real.scenario import firm
from tests.trigger.messages import (
    PROVIDERS,
    Json,
    Sent,
    Watermarks,
    bid,
    change,
    event,
    on_events,
    on_lists,
    on_reviews,
    removal,
    review,
    revised,
)

# The lists, each with the measure that its entries call for.
_MEASURES = {
    "licence-bar": "p02-same-licence-barred",
    "court-defaulter": "p10-court-defaulter-restricted",
    "procurement-serious": "p07-procurement-banned",
}
LISTS = tuple(_MEASURES)
_STRANGERS = 1_000_000  # organisations with lower numbers may be listed, those above never are
_REMOVALS = ("repaired", "expired", "annulled", "corrected", "early")
_OUTCOMES: tuple[Literal["confirm", "dismiss", "overturn"], ...] = (
    "confirm",
    "dismiss",
    "overturn",
)
_MOST_EARLIER, _MOST_REVIEWABLE = 20_000, 50
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")
# Shares of all steps, each up to the sum of those before it.
_CHANGES, _PUBLISHED, _REVIEWS, _AGAIN, _LATER, _CONSORTIA = 0.04, 0.0405, 0.05, 0.09, 0.13, 0.16
_ON_LISTED = 0.3


class Step(NamedTuple):
    """One message to send; after one that `waits` nothing is sent until it is acknowledged."""

    sent: Sent
    event_id: str | None = None
    waits: bool = False


class Traffic:
    """Makes steps from *seed*; organisations numbered below *listable* come and go on lists."""

    def __init__(self, seed: int, ledger: Ledger, *, listable: int = 600) -> None:
        self.ledger, self.listable = ledger, listable
        self.stale_allowed = False
        self._seed, self._chance = seed, random.Random(seed)
        self._watermarks = Watermarks()
        self._entries: dict[int, Json] = {}  # the newest entry of each organisation, as last told
        self._entry_count = self._event_count = 0
        self._earlier: list[Json] = []
        self._reviewable: list[tuple[str, str]] = []  # subject, action id

    def opening(self) -> Iterator[Step]:
        """Yield the entries that there are when the day begins, and every list as published."""
        for number in range(self.listable):
            if number % 5 < 2:
                yield self.enter(number)
        yield from self.published(PROVIDERS)

    def steps(self) -> Iterator[Step]:
        """Yield steps without end."""
        chance = self._chance
        while True:
            roll = chance.random()
            if roll < _CHANGES:
                yield from self._change_a_list()
            elif roll < _PUBLISHED:
                yield from self.published(LISTS)
            elif roll < _REVIEWS and self._reviewable:
                yield self._review()
            elif roll < _AGAIN and self._earlier:
                told = chance.choice(self._earlier)
                yield Step(on_events(told), told["id"])
            elif roll < _LATER and self._earlier:
                yield self._next_stage(chance.choice(self._earlier))
            elif roll < _CONSORTIA:
                yield self._consortium()
            elif chance.random() < _ON_LISTED:
                yield self.on(chance.randrange(self.listable))
            else:
                yield self.on(self._stranger())

    def on(self, number: int, *, at: datetime | None = None) -> Step:
        """Return a new event of organisation *number*, in the place that its list is about."""
        make = bid if list_of(number) == "procurement-serious" else event
        name = self._new_id()
        told = make(firm(number), event_id=name, application=f"BX-{name}", time=at or _now())
        if make is event and len(self._earlier) < _MOST_EARLIER:
            self._earlier.append(told)
        self._note_reviewable(number, told)
        return self._put(told)

    def enter(self, number: int, *, until: date | None = None) -> Step:
        """Put organisation *number* on its list anew."""
        self._entry_count += 1
        code, now = list_of(number), _now()
        told = change(
            firm(number),
            code,
            entry_id=f"{code}-{self._seed}-{self._entry_count:06d}",
            since=legal_day(now) - timedelta(days=60),
            time=now,
            data={"effective_until": until.isoformat()} if until else None,
        )
        return self._tell(number, told)

    def remove(self, number: int, reason: str) -> Step:
        """Take organisation *number* off its list, as of today."""
        gone = removal(self._entries[number], reason=reason, on=legal_day(_now()))
        return self._tell(number, gone)

    def published(self, codes: Iterable[str]) -> Iterator[Step]:
        """Yield watermarks of the lists *codes* as they are now."""
        now = _now()
        for code in codes:
            for sent in self._watermarks.published(code, at=now):
                yield Step(sent)

    def _tell(self, number: int, told: Json) -> Step:
        self._entries[number] = told
        self._watermarks.note(told)
        self.ledger.list_changes += 1
        return Step(on_lists(told))

    def _change_a_list(self) -> Iterator[Step]:
        """Change something about somebody; half the time he comes along the moment it is known."""
        number, pressing = self._chance.randrange(self.listable), self._chance.random() < 0.5
        told = self._entries.get(number)
        if told is None or told["type"] == "credit.list.removed":
            step = self.enter(number)
        else:
            step = self._changed(number, told)
        yield step._replace(waits=pressing)
        if pressing:
            yield self.on(number)

    def _changed(self, number: int, told: Json) -> Step:
        chance = self._chance
        what = chance.choice(("removed", "removed", "suspended", "resumed", "amended"))
        if what == "removed":
            return self.remove(number, chance.choice(_REMOVALS))
        until = legal_day(_now()) + timedelta(days=chance.randrange(30, 900))
        more = {"effective_until": until.isoformat()} if what == "amended" else {}
        revision = told["data"]["revision"] + 1
        return self._tell(number, revised(told, what=what, revision=revision, **more))

    def _note_reviewable(self, number: int, told: Json) -> None:
        """Note the action that *told* brings if the entry is in force: the clerk cannot know."""
        entry = self._entries.get(number)
        if entry is None:
            return
        code, entry_id = list_of(number), entry["data"]["entry_id"]
        parts = (told["source"], told["id"], f"{code}/{entry_id}", _MEASURES[code])
        self._reviewable.append((told["subject"], str(uuid.uuid5(_IDS, "\n".join(parts)))))
        del self._reviewable[:-_MOST_REVIEWABLE]

    def _review(self) -> Step:
        """Let an officer say something about one of the latest actions, decided yet or not."""
        place = self._chance.randrange(len(self._reviewable))
        subject, action_id = self._reviewable.pop(place)
        outcome = self._chance.choice(_OUTCOMES)
        name = f"review-{self._seed}-{len(self.ledger.reviews)}"
        self.ledger.reviews[name] = Reviewed(action_id, outcome)
        return Step(on_reviews(review(subject, action_id, outcome, at=_now(), review_id=name)))

    def _next_stage(self, told: Json) -> Step:
        return self._put({**told, "id": self._new_id(), "type": "credit.approval.accepted"})

    def _consortium(self) -> Step:
        name = self._new_id()
        bidding = LISTS.index("procurement-serious")
        listed = self._chance.randrange(bidding, self.listable, len(LISTS))
        members = [firm(listed), firm(self._stranger())]
        told = {"members": [{"uscc": m, "name": "合成联合体成员"} for m in members]}
        leader = firm(self._stranger())
        return self._put(
            bid(leader, event_id=name, application=f"BX-{name}", time=_now(), data=told)
        )

    def _put(self, told: Json) -> Step:
        ledger, name = self.ledger, told["id"]
        place = "procurement" if ".bidding." in told["type"] else "application"
        ledger.events[name] = Put(told["subject"], place, self.stale_allowed)
        for member in told["data"].get("members", ()):
            share = f"{name}/{member['uscc']}"
            ledger.events[share] = Put(member["uscc"], place, self.stale_allowed)
            ledger.shares.setdefault(name, []).append(share)
        return Step(on_events(told), name)

    def _stranger(self) -> int:
        return _STRANGERS + self._chance.randrange(10**8)

    def _new_id(self) -> str:
        self._event_count += 1
        return f"fault-{self._seed}-{self._event_count}"


def list_of(number: int) -> str:
    """Return the list on which organisation *number* may be; for a stranger, where he applies."""
    return LISTS[number % len(LISTS)]


def _now() -> datetime:
    return datetime.now(SHANGHAI)
