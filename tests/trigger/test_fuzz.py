"""Hostile bytes stop nothing: each message is decided, folded or set aside, and the counts add up.

No server is needed: batches run over a cache in memory. In CI the fuzzer is bounded in time; a
million inputs are tried by

    FUZZ_INPUTS=1000000 python -m pytest -s tests/trigger/test_fuzz.py -k fuzzed

and another series by FUZZ_SEED.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.kafka import murmur2
from schemas import topics
from schemas.action import Action
from schemas.alert import Alert
from schemas.decision import Decision
from schemas.department_event import MemberEvent
from schemas.errors import Reason
from schemas.lean import PartitionState
from schemas.tally import Tally
from schemas.uscc import ALPHABET, holds_resident_number, uscc_fault
from streams.trigger.backlog import Beside
from streams.trigger.batch import Batches
from streams.trigger.codes import KnownCodes
from streams.trigger.folded import Folded, Owned
from streams.trigger.intake import Intake
from streams.trigger.items import RejectedIn
from streams.trigger.moves import CachePosition, Changes
from streams.trigger.working import Recent
from tests.budget import examples
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

WANTED = int(os.environ.get("FUZZ_INPUTS", "0"))
INPUTS = WANTED or examples(10_000)
SECONDS = None if WANTED else 12.0
SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
BATCH, FORGET_AFTER = 200, 5_000  # a batch is large enough to be laid out in columns
RESIDENT = b"210502199001010017"  # synthetic

TOKENS = (
    *(b"", b"null", b"true", b"0", b"-1", b"1e9", b"9007199254740992", b"1" * 400, b"NaN", b"{}"),
    *(b'"', b"\\", b"\\u0000", b"\\ud800", b"\\u0031", b"\x00", b"\xff", b"\xc0\x80"),
    *(b"[" * 3000, b'{"a":' * 3000, b'"x":1,', b",", b":", b"/*", b"1.0", b"2.0", b"\n"),
    *(b"x" * 130, b"x" * 520, b"x" * 20_000, "中".encode() * 600, "　".encode(), "１".encode()),
    *(RESIDENT, RESIDENT[:17], b"210502 19900101 0017"),
    RESIDENT.decode().translate({digit: digit + 0xFEE0 for digit in b"0123456789"}).encode(),
    *(b"credit.list.published", b"credit.list.removed", b"credit.approval.decided", b"credit."),
    *(b"credit.bidding.registered", b"credit.subsidy.applied", b"applied", b"pass", b"early"),
    *(b"9999-12-31T23:59:59-08:00", b"0001-01-01T00:00:00Z", b"2026-06-10T10:00:00+08:00"),
    *(b"2026-06-10", b"9999-12-31", b"2026-02-30", b"licence-bar", b"court-defaulter", b"00"),
    *(b'"members":[{"uscc":"91210500MA0BX0015F","name":"x"}],', b'"scope":[],', b'"removed_on":'),
)


class Written(NamedTuple):
    """One record of a batch."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, str | bytes | None]] | None


class Lying:
    """A message as confluent-kafka hands it over, with anything in it."""

    def __init__(self, sent: Sent, offset: int) -> None:
        self.sent, self.place = sent, offset
        self.stamp: tuple[int, int] = (1, int(sent.at.timestamp() * 1000))

    def topic(self) -> str:
        return self.sent.topic

    def partition(self) -> int:
        return self.sent.partition

    def offset(self) -> int:
        return self.place

    def key(self) -> bytes | None:
        return self.sent.key

    def value(self) -> bytes | None:
        return self.sent.value

    def headers(self) -> list[tuple[str, bytes]]:
        return self.sent.headers

    def timestamp(self) -> tuple[int, int]:
        return self.stamp


class Memory:
    """The cache without Redis: what `StateCache` promises, in dictionaries."""

    def __init__(self) -> None:
        self.matters: dict[tuple[str, str], bytes] = {}
        self.identities: dict[tuple[str, str], bytes] = {}
        self.names: set[bytes] = set()  # by which the matters of a subject are found
        self.entries: dict[str, bytes] = {}
        self.lists: dict[tuple[int, str], dict[str, str]] = {}

    def look(self, _: Mapping[int, CachePosition]) -> None:
        self.answers: list[Any] = []

    def ask_matters(self, items: Sequence[tuple[int, str, str, str]]) -> None:
        self.answers.append(
            [
                (
                    self.entries.get(uscc),
                    self.matters.get((uscc, matter)),
                    self.identities.get((uscc, identity)),
                )
                for _, uscc, matter, identity in items
            ]
        )

    def ask_plain(self, fields: Mapping[int, tuple[int, bytes]]) -> None:
        """Answer for fields as they would go over the wire."""
        self.answers.append(
            [[self._field(name) for name in told(*each)] for each in fields.values()]
        )

    def _field(self, name: bytes) -> bytes | None:
        kind, uscc, rest = name[:1], name[2:20].decode(), name[21:].decode()
        if kind == b"e":
            return self.entries.get(uscc)
        return (self.matters if kind == b"m" else self.identities).get((uscc, rest))

    def ask_entries(self, items: Sequence[tuple[int, str]]) -> None:
        self.answers.append([self.entries.get(uscc) for _, uscc in items])

    def ask_records(self, items: Sequence[tuple[int, str]]) -> None:
        where = [(uscc, matter) for uscc, _, matter in (n.partition("/") for _, n in items)]
        self.answers.append([self.matters.get(each) for each in where])

    def ask_matters_of_actions(self, items: Sequence[tuple[int, str, str]]) -> None:
        self.answers.append([None for _ in items])

    def namespace(self, _: int) -> str:
        return ""

    def ask_each(self, *commands: Sequence[str]) -> None:
        """Answer which matters a subject has; nobody is due or pending here."""
        self.answers.append([self._names(c) if c[0] == "ZRANGEBYLEX" else [] for c in commands])

    def _names(self, command: Sequence[str]) -> list[bytes]:
        begin = command[2][1:].encode()
        return sorted(name for name in self.names if name.startswith(begin))[:1]

    def hear(self) -> list[Any]:
        return self.answers

    def answer(self) -> list[Any]:
        return self.answers

    def clear(self) -> None:
        for held in (self.matters, self.identities, self.names, self.entries, self.lists):
            held.clear()

    def members(
        self, partition: int, _: CachePosition, list_code: str, *, published: bool
    ) -> list[tuple[str, str]]:
        assert isinstance(published, bool)
        return [*self.lists.get((partition, list_code), {}).items()]

    def write(self, partition: int, changes: Changes) -> None:
        for uscc, matter, record, identity in changes.matters:
            self.matters[uscc, matter] = record
            self.names.add(f"{uscc}/{matter}".encode())
            self.identities[uscc, identity] = matter.encode()
        for plain in changes.plain:
            values = told(plain.fields, plain.values)
            for name, value in zip(values[::2], values[1::2], strict=True):
                uscc, rest = name[2:20].decode(), name[21:].decode()
                (self.matters if name[:1] == b"m" else self.identities)[uscc, rest] = value
            scored = told(plain.names, plain.named)
            assert {*scored[::2]} == {b"0"}
            self.names |= {*scored[1::2]}
        self.entries |= changes.entries
        for list_code, entry, revision in changes.members:
            held = self.lists.setdefault((partition, list_code), {})
            if revision:
                held[entry] = revision
            else:
                held.pop(entry, None)


def told(count: int, packed: bytes) -> list[bytes]:
    """Return the *count* arguments of a command from their RESP."""
    reader = hiredis.Reader()
    reader.feed(b"*%d\r\n" % count + packed)
    found: list[bytes] = reader.gets()
    return found


def corpus() -> list[Sent]:
    """Return valid messages of every kind; organisations repeat, so that matters and lists meet."""
    firms = [firm() for _ in range(12)] + [firm("92210502")]
    sent = []
    for subject in firms:
        entered = change(subject)
        sent += [on_lists(entered), on_lists(revised(entered, revision=2, facts="另述"))]
        sent += [on_lists(removal(revised(entered, revision=2)))]
        sent += [on_lists(change(subject, code)) for code in ("city-red", "court-defaulter")]
        applied = event(subject)
        sent += [on_events(applied), on_events(event(subject)), on_events(bid(subject))]
        decided = event(subject, "credit.approval.decided")
        decided["data"]["application_no"] = applied["data"]["application_no"]
        members = [{"uscc": each, "name": "合成"} for each in (subject, *firms[:3])]
        sent += [on_events(decided), on_events(bid(subject, data={"members": members}))]
        sent += [on_events(bid(subject), headers=_binary(bid(subject)))]
    for code in ("licence-bar", "court-defaulter"):
        sent += Watermarks().published(code)
    return sent


def _binary(message: dict[str, Any]) -> list[tuple[str, bytes]]:
    return [(f"ce_{k}", str(v).encode()) for k, v in message.items() if k != "data"]


def damage(rng: random.Random, base: Sent, others: list[Sent]) -> Sent:
    """Return *base* with bytes of its value changed, sometimes with another key, place or time."""
    value = bytearray(base.value or b"")
    if rng.random() < 0.7:  # another event, mostly of another matter
        number = rng.randrange(10**9)
        value = value.replace(b'"event-', b'"event-%d-' % number)
        if rng.random() < 0.9:
            value = value.replace(b'"BX-2026-', b'"BX-2026-%d-' % number)
    if base.headers and base.headers[0][0].startswith("ce_") and rng.random() < 0.5:
        value = bytearray(json.dumps(json.loads(value)["data"]).encode())
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 8))):
        value = _damaged(rng, value, others)
    whole = None if rng.random() < 0.002 else bytes(value)
    sent = Sent(base.topic, whole, base.key, base.partition, base.headers, base.at)
    match rng.randrange(20):
        case 0:
            key = rng.choice((None, b"", RESIDENT, b"\xff", rng.choice(others).key))
            return replace(sent, key=key)
        case 1:
            return replace(sent, partition=rng.randrange(PARTITIONS))
        case 2:
            name = rng.choice(("ce_id", "ce_specversion", "note"))
            return replace(sent, headers=[(name, rng.choice(TOKENS))])
        case 3:
            return replace(sent, at=rng.choice((AT.replace(year=1971), AT.replace(year=2099))))
        case _:
            return sent


def _damaged(rng: random.Random, value: bytearray, others: list[Sent]) -> bytearray:
    start = rng.randrange(len(value) + 1)
    end = min(len(value), start + rng.choice((0, 1, 1, 2, 8, 40)))
    match rng.randrange(8):
        case 0:
            value[start:end] = rng.choice(TOKENS)
        case 1:
            value[start:end] = rng.randbytes(end - start)
        case 2:
            value[start:end] = b""
        case 3:
            other = rng.choice(others).value or b""
            value[start:end] = other[start : start + rng.choice((5, 30, 200))]
        case _:
            return _token_replaced(rng, value)
    return value


def _token_replaced(rng: random.Random, value: bytearray) -> bytearray:
    """Put a token in the place of a whole JSON string or number."""
    places = [i for i, byte in enumerate(value) if byte == 0x22]
    if len(places) < 2:
        return value
    at = rng.randrange(len(places) - 1)
    head, tail = value[: places[at] + 1], value[places[at + 1] :]
    return head + rng.choice(TOKENS) + tail


class Fuzzed:
    """Batches over memory, and what they came to."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.batches = Batches(real_catalogue(), self.memory, PARTITIONS, CREDIT_OFFICE)  # type: ignore[arg-type]
        self.states = {p: PartitionState({}, date(2026, 6, 9), {}) for p in range(PARTITIONS)}
        self.rejected: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.offset = 0

    def run(self, sent: list[Sent]) -> Folded:
        """Fold one batch and hold it to what a batch must be."""
        lying = []
        for each in sent:
            lying.append(Lying(each, self.offset))
            self.offset += 1
        events: list[Any] = [m for m in lying if m.topic() != topics.LISTS]
        lists: list[Any] = [m for m in lying if m.topic() == topics.LISTS]
        position = CachePosition("birth", 0, 0.0, "space")
        owned = {p: Owned(position, state) for p, state in self.states.items()}
        parsed = self.batches.parse(events, Beside(lists, [], [], {}), owned)
        folded = self.batches.fold(parsed, owned, Recent(), at=AT, today=TODAY)
        for partition, changes in folded.changes.items():
            self.memory.write(partition, changes)
        self.states |= folded.states
        self._hold(folded, len(sent))
        return folded

    def _hold(self, folded: Folded, inputs: int) -> None:
        records = [Written(*record) for record in folded.outbox.records]
        written = Counter(record.topic for record in records)
        assert sum(folded.outbox.rejected.values()) == written[topics.DEAD_LETTERS]
        assert inputs == (
            written[topics.DECISIONS]
            - folded.again.total()
            + written[topics.DEAD_LETTERS]
            + folded.duplicates.total()
            + folded.list_changes.total()
        )
        self.rejected += folded.outbox.rejected
        self.outcomes += Counter(
            {
                "decided": written[topics.DECISIONS],
                "set aside": written[topics.DEAD_LETTERS],
                "duplicates": folded.duplicates.total(),
                "list changes": folded.list_changes.total(),
            }
        )
        for record in records:
            assert not names_a_person(
                record.key, record.value, *(v for _, v in record.headers or ())
            )


def names_a_person(*parts: bytes | str | None) -> bool:
    """Tell whether something that we write holds a resident number in plain sight."""
    texts = (p.decode(errors="replace") if isinstance(p, bytes) else p or "" for p in parts)
    return any(holds_resident_number(text) for text in texts)


@pytest.mark.timeout(0 if WANTED else 120)
def test_fuzzed_messages_are_decided_or_set_aside_and_the_counts_add_up() -> None:
    rng, valid, fuzzed = random.Random(SEED), corpus(), Fuzzed()
    began, tried = time.monotonic(), 0
    fuzzed.run(valid)
    while tried < INPUTS and (SECONDS is None or time.monotonic() - began < SECONDS):
        fuzzed.run([damage(rng, rng.choice(valid), valid) for _ in range(BATCH)])
        tried += BATCH
        if tried % FORGET_AFTER == 0:  # a dozen organisations would gather entries without end
            fuzzed.memory.clear()
    took_s = time.monotonic() - began
    print(f"\n{tried} inputs in {took_s:.1f} s, seed {SEED}: {dict(fuzzed.outcomes)}")  # noqa: T201
    print(f"reasons: {dict(fuzzed.rejected.most_common())}")  # noqa: T201
    assert fuzzed.outcomes["decided"] > len(valid) // 2  # the fuzzer reaches behind the parser
    assert len(fuzzed.rejected) > 8


CONTRACTS = {
    topics.DECISIONS: Decision,
    topics.ACTIONS: Action,
    topics.ALERTS: Alert,
    topics.TALLIES: Tally,
    topics.MEMBERS: MemberEvent,
}


def test_what_is_written_for_damaged_messages_still_keeps_the_contracts() -> None:
    rng, valid, fuzzed = random.Random(SEED + 1), corpus(), Fuzzed()
    seen = Counter[str]()
    for _ in range(15):
        folded = fuzzed.run([damage(rng, rng.choice(valid), valid) for _ in range(BATCH)])
        for record in (Written(*each) for each in folded.outbox.records):
            model = CONTRACTS.get(record.topic)
            if model is not None:
                model.model_validate_json(record.value or b"")
                seen[record.topic] += 1
    assert seen.keys() == CONTRACTS.keys()


_INTAKE = Intake(real_catalogue(), PARTITIONS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
)
_HEADER = st.tuples(
    st.sampled_from(["ce_specversion", "ce_type", "ce_id", "x"]), st.binary(max_size=20)
)


@given(
    st.sampled_from(["credit.events.approval", topics.MEMBERS, topics.LISTS]),
    st.none() | st.binary(max_size=60) | _JSON.map(lambda thing: json.dumps(thing).encode()),
    st.none() | st.binary(max_size=20),
    st.lists(_HEADER),
)
def test_anything_at_all_is_refused_with_a_reason(
    topic: str, value: bytes | None, key: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    message: Any = Lying(Sent(topic, value, key, 0, headers), 7)
    parsed = _INTAKE.list_message(message) if topic == topics.LISTS else _INTAKE.event(message)
    assert isinstance(parsed, RejectedIn)
    assert isinstance(parsed.fault.reason, Reason)
    assert "\n" not in parsed.fault.detail


def test_a_code_known_from_a_batch_is_one_that_the_exact_check_takes() -> None:
    rng = random.Random(SEED)
    codes = KnownCodes()
    tried = []
    for _ in range(20_000):
        code = list(firm(rng.choice(["91210500", "92210502", "N2210522", "11210500"])))
        for _ in range(rng.choice((0, 0, 1, 2))):
            code[rng.randrange(18)] = rng.choice(ALPHABET + "IOSVZ")
        tried.append("".join(code))
    tried += [RESIDENT.decode(), "123456789012345678", "９" * 18, "00000000000000000X"]
    codes.learn(code.encode() for code in tried)
    for code in tried:
        key = code.encode()
        if key in codes.hashes:
            assert uscc_fault(code) is None
            assert codes.hashes[key] == murmur2(key) & 0x7FFFFFFF
        else:
            assert uscc_fault(code) is not None
