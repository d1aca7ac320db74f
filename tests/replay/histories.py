"""Random histories of a few organisations: events, list changes, reviews, days, repetitions."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from schemas import topics
from streams.rules.catalogue import Catalogue
from tests.replay.desk import Desk
from tests.trigger.messages import (
    Json,
    Watermarks,
    bid,
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

LISTS = ("licence-bar", "procurement-serious", "wage-arrears", "city-focus", "city-red")
STAGES = ("applied", "accepted", "decided")
OUTCOMES = ("confirm", "dismiss", "object", "uphold", "overturn")
STEPS = st.tuples(
    st.sampled_from(
        [
            "event",
            "event",
            "bid",
            "stage",
            "twice",
            "bad",
            "consortium",
            "enter",
            "enter",
            "amend",
            "suspend",
            "resume",
            "remove",
            "publish",
            "review",
            "review",
            "review-twice",
            "day",
            "days",
            "turn",
            "turn",
            "settle",
        ]
    ),
    st.integers(0, 2),
    st.integers(0, 4),
)
HISTORIES = st.lists(STEPS, min_size=4, max_size=28)


class History:
    """Lives a history at a desk; `live` takes one step."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.book = desk, Watermarks()
        self._firms = [firm(), firm(), firm("92210500")]
        self._sent: list[Json] = []
        self._entries: list[Json] = []
        self._reviews: list[Json] = []

    def live(self, steps: list[tuple[str, int, int]]) -> None:
        for what, whose, which in steps:
            getattr(self, "_" + what.replace("-", "_"))(self._firms[whose], which)
        self.desk.settle()

    def publish_all(self, catalogue: Catalogue) -> None:
        for code in catalogue.lists:
            self.desk.send(*self.book.published(code, at=self.desk.at - timedelta(minutes=5)))

    def _send(self, message: Json) -> None:
        self._sent.append(message)
        self.desk.send(on_events(message, at=self.desk.at))

    def _event(self, subject: str, which: int) -> None:
        more: Any = {"traceparent": "00-1-2-03"} if which == 1 else {}
        self._send(event(subject, time=self.desk.at, **more))

    def _bid(self, subject: str, _: int) -> None:
        self._send(bid(subject, time=self.desk.at))

    def _consortium(self, subject: str, _: int) -> None:
        members = [{"uscc": uscc, "name": "合成成员"} for uscc in self._firms]
        self._send(bid(subject, time=self.desk.at, data={"members": members}))

    def _stage(self, _: str, which: int) -> None:
        if not self._sent:
            return
        first = self._sent[which % len(self._sent)]
        if first["type"].startswith("credit.approval"):
            number = first["data"]["application_no"]
            kind = f"credit.approval.{STAGES[which % 3]}"
            self._send(event(first["subject"], kind, application=number, time=self.desk.at))

    def _twice(self, _: str, which: int) -> None:
        if self._sent:
            message = self._sent[which % len(self._sent)]
            self.desk.send(on_events(message, at=self.desk.at))

    def _bad(self, subject: str, _: int) -> None:
        self.desk.send(on_events(event(subject, by="91210500MA0BX0015F"), at=self.desk.at))

    def _tell(self, message: Json) -> None:
        self.book.note(message)
        self.desk.send(on_lists(message, at=self.desk.at))

    def _enter(self, subject: str, which: int) -> None:
        ends = (self.desk.at + timedelta(days=2)).date().isoformat()
        data = {"effective_until": ends} if which % 2 else {}
        entered = change(subject, LISTS[which], time=self.desk.at, data=data)
        self._entries.append(entered)
        self._tell(entered)

    def _turn_entry(self, which: int, what: str, **data: object) -> None:
        if self._entries:
            place = which % len(self._entries)
            last = self._entries[place]
            revision = last["data"]["revision"] + 1
            self._entries[place] = revised(last, what=what, revision=revision, **data)
            self._tell(self._entries[place])

    def _amend(self, _: str, which: int) -> None:
        until = (self.desk.at + timedelta(days=30 + which)).date().isoformat()
        self._turn_entry(which, "amended", effective_until=until)

    def _suspend(self, _: str, which: int) -> None:
        self._turn_entry(which, "suspended")

    def _resume(self, _: str, which: int) -> None:
        self._turn_entry(which, "resumed")

    def _remove(self, _: str, which: int) -> None:
        if self._entries:
            last = self._entries.pop(which % len(self._entries))
            reason = "annulled" if which % 2 else "repaired"
            self._tell(removal(last, reason=reason, on=self.desk.at.date()))

    def _publish(self, _: str, which: int) -> None:
        at = self.desk.at - timedelta(minutes=5)
        self.desk.send(*self.book.published(LISTS[which], at=at))

    def _review(self, _: str, which: int) -> None:
        told = [m for (topic, _), each in self.desk.log.topics.items()
                if topic == topics.ACTIONS for m in each]  # fmt: skip
        if told:
            action = json.loads(told[-1 - which % len(told)].value() or b"")
            message = review(
                action["subject"],
                action["data"]["action_id"],
                OUTCOMES[which],
                at=self.desk.at,
                second_reviewer="staff-08",
            )
            self._reviews.append(message)
            self.desk.send(on_reviews(message, at=self.desk.at))

    def _review_twice(self, _: str, which: int) -> None:
        if self._reviews:
            message = self._reviews[which % len(self._reviews)]
            self.desk.send(on_reviews(message, at=self.desk.at))

    def _day(self, _: str, __: int) -> None:
        self.desk.at += timedelta(days=1)

    def _days(self, _: str, which: int) -> None:
        self.desk.at += timedelta(days=5 + 7 * which)

    def _turn(self, _: str, which: int) -> None:
        self.desk.turn(most=1 + which)

    def _settle(self, _: str, __: int) -> None:
        self.desk.settle()
