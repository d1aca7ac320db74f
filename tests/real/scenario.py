"""The same long day for every run: who is listed, what happens, and what must come of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from schemas.times import legal_day
from schemas.uscc import ALPHABET, make_uscc
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
)

LISTED = {"licence-bar": 600, "court-defaulter": 600, "procurement-serious": 300}
STRANGERS = 5_000  # numbers below are listed, those above are on no list


class Expected(NamedTuple):
    """What must come of a day: decisions by event id, and how many dead letters."""

    verdicts: dict[str, str]
    dead_letters: int


@cache
def firm(number: int) -> str:
    """Return synthetic organisation *number*."""
    text = ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return make_uscc("91210500", "MB" + text)


def listed(list_code: str, number: int) -> str:
    """Return an organisation of *list_code*; no organisation is on two lists."""
    codes = list(LISTED)
    place = codes.index(list_code)
    return firm(sum(LISTED[code] for code in codes[:place]) + number % LISTED[list_code])


class Day:
    """*events* messages of departments that begin at *now*; deterministic but for that instant."""

    def __init__(self, events: int, now: datetime) -> None:
        self._events = events
        self.now = now

    def lists(self, watermarks: Watermarks) -> Iterator[Sent]:
        """Yield every entry, then the watermarks of every list."""
        since = legal_day(self.now) - timedelta(days=60)
        for code, count in LISTED.items():
            for number in range(count):
                entry_id = f"{code}-{number:05d}"
                subject = listed(code, number)
                told = change(subject, code, entry_id=entry_id, since=since, time=self.now)
                watermarks.note(told)
                yield on_lists(told)
        for code in PROVIDERS:
            yield from watermarks.published(code, at=self.now)

    def messages(self) -> list[Sent]:
        """Return all events in order: hits, later stages, repetitions, consortia, faults."""
        sent: list[Sent] = []
        for number in range(self._events):
            kind = number % 20
            if kind == 3:
                sent.append(sent[-3])  # the very same message again
            else:
                sent.append(on_events(self._message(number, kind)))
        return sent

    def expected(self) -> Expected:
        """Return what an independent clerk expects of this day."""
        verdicts, dead_letters = {}, 0
        for number in range(self._events):
            kind = number % 20
            if kind == 3:
                continue
            if kind == 11:
                dead_letters += 1
                continue
            verdicts[f"day-{number}"] = {0: "deny", 5: "deny", 7: "hold"}.get(kind, "pass")
            if kind == 13:
                verdicts[f"day-{number}/{listed('procurement-serious', number)}"] = "deny"
                verdicts[f"day-{number}/{firm(STRANGERS + 2 * number)}"] = "pass"
        return Expected(verdicts, dead_letters)

    def _message(self, number: int, kind: int) -> Json:
        event_id, matter = f"day-{number}", f"BX-{number}"
        stranger = firm(STRANGERS + 2 * number + 1)
        if kind == 13:
            members = [listed("procurement-serious", number), firm(STRANGERS + 2 * number)]
            named = {"members": [{"uscc": m, "name": "合成联合体成员"} for m in members]}
            return bid(stranger, event_id=event_id, application=matter, time=self.now, data=named)
        subject, stage, extra = stranger, "applied", {}
        if kind == 0:
            subject = listed("licence-bar", number // 20)
        elif kind == 5:  # the next stage of what was denied five messages before
            subject, stage = listed("licence-bar", number // 20), "accepted"
            matter = f"BX-{number - 5}"
        elif kind == 7:
            subject = listed("court-defaulter", number // 20)
        elif kind == 11:
            extra = {"colour": "red"}
        return event(
            subject,
            f"credit.approval.{stage}",
            event_id=event_id,
            application=matter,
            time=self.now,
            data=extra,
        )
