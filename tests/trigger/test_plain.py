"""A batch laid out in columns comes to what its events come to one by one, byte for byte."""

import json
import random
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas import topics
from schemas.lean import PartitionState
from schemas.plain_codes import check_codes
from streams.trigger import batch as batches
from streams.trigger import intake
from streams.trigger.backlog import Beside
from streams.trigger.batch import Batches
from streams.trigger.folded import Folded, Owned
from streams.trigger.moves import CachePosition
from streams.trigger.plain import ready
from streams.trigger.plain.filling import write_decisions, write_keys, write_records
from streams.trigger.plain.layout import lay_out
from streams.trigger.plain.resp import write_asked, write_named, write_told
from streams.trigger.transaction import Record
from streams.trigger.working import Recent
from tests.rules.given import real_catalogue
from tests.trigger.messages import (
    AT,
    CREDIT_OFFICE,
    PARTITIONS,
    TODAY,
    Sent,
    Watermarks,
    bid,
    change,
    event,
    firm,
    on_events,
    on_lists,
    removal,
    revised,
)
from tests.trigger.test_fuzz import Lying, Memory, damage

BATCH = 400


class Desk:
    """Batches one after the other, in columns or not; the cache is a batch behind, as Redis is."""

    def __init__(self, *, columns: bool) -> None:
        self.memory = Memory()
        self.batches = Batches(real_catalogue(), self.memory, PARTITIONS, CREDIT_OFFICE)  # type: ignore[arg-type]
        self.states = {p: PartitionState({}, date(2026, 6, 9), {}) for p in range(PARTITIONS)}
        self.recent, self.owed = Recent(), dict[int, Any]()
        self.columns, self.offset, self.plain = columns, 0, 0

    def run(self, sent: list[Sent], monkeypatch: pytest.MonkeyPatch) -> Folded:
        monkeypatch.setattr(intake, "_MANY", 32 if self.columns else 10**9)
        monkeypatch.setattr(batches, "_ASKED_AT_ONCE", 150 if self.columns else 1_000)
        lying = [Lying(each, self.offset + place) for place, each in enumerate(sent)]
        self.offset += len(sent)
        events: list[Any] = [m for m in lying if m.topic() != topics.LISTS]
        lists: list[Any] = [m for m in lying if m.topic() == topics.LISTS]
        position = CachePosition("birth", 0, 0.0, "space")
        owned = {p: Owned(position, state) for p, state in self.states.items()}
        parsed = self.batches.parse(events, Beside(lists, [], [], {}), owned)
        for partition, changes in self.owed.items():  # written after this batch asked
            self.memory.write(partition, changes)
        folded = self.batches.fold(parsed, owned, self.recent, at=AT, today=TODAY)
        self.plain += sum(len(told.rows) for told in folded.recent.plain)
        self.owed, self.recent = folded.changes, folded.recent
        self.states |= folded.states
        return folded


def days_work(rng: random.Random) -> list[list[Sent]]:
    """Return batches in which the same organisations, matters and messages come again."""
    firms = [firm() for _ in range(300)] + [firm("92210502") for _ in range(5)]
    listed = rng.sample(firms, 30)
    book = Watermarks()
    told = [change(each) for each in listed[:20]] + [change(e, "city-red") for e in listed[15:]]
    first = [on_lists(each) for each in told]
    for each in told:
        book.note(each)
    for code in real_catalogue().lists:
        first += book.published(code)
    batches, known = [first], [on_events(event(each)) for each in firms[:50]]
    for _ in range(6):
        batch: list[Sent] = []
        for _ in range(BATCH):
            batch.append(one(rng, firms, known))
            if rng.random() < 0.02:
                entered = change(rng.choice(firms))
                batch += [on_lists(entered), on_lists(removal(revised(entered, revision=2)))]
        known += rng.sample([each for each in batch if each.topic != topics.LISTS], 60)
        batches.append(batch)
    return batches


def one(  # noqa: PLR0911  # a case each
    rng: random.Random, firms: list[str], known: list[Sent]
) -> Sent:
    """Return a new event, mostly; else one of *known* again, as it was or as it should not be."""
    subject = rng.choice(firms)
    match rng.randrange(20):
        case 0:
            return rng.choice(known)
        case 1:
            return damage(rng, rng.choice(known[:50]), known[:50])  # those were never damaged
        case 2:
            return on_events(bid(subject))
        case 3:  # the same matter goes on
            before = rng.choice(known)
            told = re.search(rb'"application_no": ?"([^"\\]+)"', before.value or b"")
            number = told[1].decode(errors="replace") if told else "x"
            owner = (before.key or b"").decode(errors="replace")
            return on_events(event(owner, "credit.approval.decided", application=number))
        case 4:
            members = [{"uscc": each, "name": "合成"} for each in rng.sample(firms, 2)]
            return on_events(bid(subject, data={"members": members}))
        case 5:
            return on_events(event(subject, traceparent="00-1-2-01", item="no-such-item"))
        case 6:
            return on_events(event(subject, data={"attributes": {"z": 1, "a": "%b%%"}}))
        case _:
            new = event(firm() if rng.random() < 0.7 else subject, data={"amount_fen": 100})
            sent = on_events(new)
            # Half of the departments escape their Chinese.
            plain = json.dumps(new, ensure_ascii=rng.random() < 0.5).encode()
            return replace(sent, value=plain)


def in_order(folded: Folded) -> list[Record]:
    return [record for record in folded.outbox.records if record[0] != topics.TALLIES]


def tallies(folded: Folded) -> list[Record]:
    """Return the tallies, which come after all else in no order that matters."""
    return sorted(record for record in folded.outbox.records if record[0] == topics.TALLIES)


@pytest.mark.parametrize("seed", range(4))
def test_columns_come_to_what_one_by_one_comes_to(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one, in_columns = Desk(columns=False), Desk(columns=True)
    for batch in days_work(random.Random(seed)):
        expected, found = (desk.run(batch, monkeypatch) for desk in (one_by_one, in_columns))
        assert in_order(found) == in_order(expected)
        assert tallies(found) == tallies(expected)
        assert found.states == expected.states
        assert found.duplicates == expected.duplicates
        assert found.outbox.verdicts == expected.outbox.verdicts
        assert found.outbox.rejected == expected.outbox.rejected
        memory, other = in_columns.memory, one_by_one.memory
        assert memory.matters == other.matters
        assert memory.identities == other.identities
        assert memory.names == other.names
        assert memory.entries == other.entries
    assert in_columns.plain > BATCH  # else nothing was compared
    assert one_by_one.plain == 0


def test_a_batch_needs_nothing_that_is_not_compiled_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that compiled in the middle of its work would miss its heartbeats."""
    ready.make_ready()
    loops = [check_codes, lay_out, write_asked, write_told, write_named]
    loops += [write_decisions, write_records, write_keys]
    before = [loop.signatures for loop in loops]  # type: ignore[attr-defined]  # numba's
    assert all(len(signatures) == 1 for signatures in before)
    desk = Desk(columns=True)
    for batch in days_work(random.Random(7)):
        desk.run(batch, monkeypatch)
    assert [loop.signatures for loop in loops] == before  # type: ignore[attr-defined]
