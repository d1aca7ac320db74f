"""Lists change under running matters on real servers: at once, in slices, through a kill."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.action import Action
from tests.real.city import City, producer_settings
from tests.trigger.messages import (
    PARTITIONS,
    Json,
    Sent,
    Watermarks,
    change,
    event,
    firm,
    on_events,
    on_lists,
    removal,
)

pytestmark = pytest.mark.connected
PATIENCE_S = 90.0
CHANGES, EVERY_S = 200, 0.05
OTHERS, OTHERS_EVERY_S = (
    100,
    0.02,
)  # while ten thousand matters of one are decided again: two seconds
BUSY_S = 3.0  # where others share the processors; the budgets of the issue are printed beside
TYPE = re.compile(rb'"type":"credit\.action\.(\w+)"')
PASSED = 'credit_decisions_total{family="approval",verdict="pass"}'


class Actions:
    """What a read_committed reader of `credit.actions` sees, and when (seconds, monotonic).

    It shares the processors with what it measures: nothing is parsed before it is asked for.
    """

    def __init__(self, kafka: str) -> None:
        self._came: list[tuple[float, bytes]] = []
        self._parsed: list[tuple[float, Action]] = []
        self._counts: Counter[str] = Counter()
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": "watch",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 5,
            }
        )
        self._consumer.assign([TopicPartition("credit.actions", p, 0) for p in range(PARTITIONS)])

    @property
    def seen(self) -> list[tuple[float, Action]]:
        """Return all that came since `forget`."""
        for at, value in self._came[len(self._parsed) :]:
            self._parsed.append((at, Action.model_validate_json(value)))
        return self._parsed

    def forget(self) -> None:
        """Count from nothing."""
        self._came, self._parsed, self._counts = [], [], Counter()

    def wait_for(self, n: int, what: str) -> None:
        """Read on until *n* actions were told to be *what*."""
        deadline = time.monotonic() + PATIENCE_S
        while self._counts[what] < n:
            assert time.monotonic() < deadline, self._counts
            first = self._consumer.poll(0.01)  # `consume` would wait for a thousand
            more = [] if first is None else self._consumer.consume(1000, 0)
            now_s = time.monotonic()
            for message in () if first is None else (first, *more):
                value = message.value()
                if message.error() is None and value is not None:
                    self._came.append((now_s, value))
                    told = TYPE.search(value)
                    assert told is not None
                    self._counts[told[1].decode()] += 1

    def of(self, subject: str, what: str) -> list[float]:
        """Return when each action of *subject* was told to be *what*."""
        return [at for at, a in self.seen if a.subject == subject and a.type.endswith(what)]

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def actions(city: City) -> Iterator[Actions]:
    watch = Actions(city.kafka)
    yield watch
    watch.close()


def now() -> datetime:
    return datetime.now(UTC)


def listed(city: City, *subjects: str) -> list[Json]:
    """Bar *subjects* from a licence, all lists published; return their entries."""
    lists = Watermarks()
    entries = [change(subject, time=now()) for subject in subjects]
    for entry in entries:
        lists.note(entry)
    marks: list[Sent] = []
    for code in ("licence-bar", "court-defaulter", "safety-serious", "city-focus"):
        marks += lists.published(code, at=now() - timedelta(minutes=1))
    city.send([*(on_lists(entry) for entry in entries), *marks])
    return entries


def applications(subject: str, n: int) -> list[Sent]:
    return [on_events(event(subject, time=now())) for _ in range(n)]


class Paced:
    """Sends list changes evenly from a thread, and knows when each was sent."""

    def __init__(self, city: City, changes: list[Json], every_s: float = EVERY_S) -> None:
        self._producer = Producer({**producer_settings(city.kafka), "linger.ms": 0})
        # Half a second of connecting is the sender's, not the trigger's: to a topic nobody reads.
        self._producer.produce("credit.receipts", b"{}", partition=0)
        assert self._producer.flush(60) == 0
        self._changes, self._every_s = changes, every_s
        self.sent: dict[str, float] = {}
        self._thread = threading.Thread(target=self._send, name="paced")
        self._thread.start()

    def wait(self) -> None:
        self._thread.join()

    def waits(self, actions: Actions, what: str) -> list[float]:
        """Return how long each subject waited for its action, shortest first (s)."""
        self.wait()
        return sorted(actions.of(s, what)[0] - at for s, at in self.sent.items())

    def _send(self) -> None:
        for told in self._changes:
            message = on_lists(told)
            self.sent[told["subject"]] = time.monotonic()
            self._producer.produce(message.topic, message.value, message.key, message.partition)
            self._producer.poll(0)
            time.sleep(self._every_s)
        assert self._producer.flush(60) == 0


def p99(waits: list[float]) -> float:
    return waits[(len(waits) * 99 - 1) // 100]


def test_a_list_change_reaches_its_actions_at_once(
    city: City, actions: Actions, capsys: pytest.CaptureFixture[str]
) -> None:
    """The issue wants 100 ms (p99) on a quiet machine; this one may be anything."""
    barred, free = [[firm() for _ in range(CHANGES)] for _ in range(2)]
    entries = listed(city, *barred)
    trigger = city.trigger()
    city.send(message for subject in (*barred, *free) for message in applications(subject, 1))
    actions.wait_for(CHANGES, "issued")
    deadline = time.monotonic() + PATIENCE_S
    while trigger.metric(PASSED) != CHANGES:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    actions.forget()

    entered = Paced(city, [change(subject, time=now()) for subject in free])
    actions.wait_for(CHANGES, "issued")
    removed = Paced(city, [removal(entry, on=now().date()) for entry in entries])
    actions.wait_for(CHANGES, "withdrawn")

    told = {"issued": entered, "withdrawn": removed}
    waits = {what: paced.waits(actions, what) for what, paced in told.items()}
    figures = "; ".join(
        f"list change to {what}: {w[len(w) // 2] * 1000:.0f} ms median, {p99(w) * 1000:.0f} ms p99"
        for what, w in waits.items()
    )
    with capsys.disabled():
        print(f"\n{figures} ({CHANGES} of each)")  # noqa: T201  # the issue asks for the figure
    states = {a.data.state for _, a in actions.seen if a.subject in set(free)}
    assert states == {"awaiting_review"}  # never a retroactive block
    assert max(p99(w) for w in waits.values()) < BUSY_S, figures


def test_ten_thousand_matters_of_one_subject_hold_up_nobody(
    city: City, actions: Actions, capsys: pytest.CaptureFixture[str]
) -> None:
    """The issue wants 2 s for all, and others' p99 less than doubled meanwhile."""
    many, before, beside, n = (
        firm(),
        [firm() for _ in range(OTHERS)],
        [firm() for _ in range(OTHERS)],
        10_000,
    )
    large, *small = listed(city, many, *before, *beside)
    gone = [removal(entry, on=now().date()) for entry in small]
    city.trigger()
    city.send(
        [*applications(many, n), *(e for o in (*before, *beside) for e in applications(o, 1))]
    )
    actions.wait_for(n + len(small), "issued")

    alone = Paced(city, gone[: len(before)], OTHERS_EVERY_S)
    actions.wait_for(len(before), "withdrawn")
    told = [removal(large, on=now().date()), *gone[len(before) :]]
    together = Paced(city, told, OTHERS_EVERY_S)
    actions.wait_for(n + len(small), "withdrawn")

    together.wait()
    whole = max(actions.of(many, "withdrawn")) - together.sent.pop(many)
    usual, meanwhile = (paced.waits(actions, "withdrawn") for paced in (alone, together))
    figures = (
        f"{n:,} matters in {whole:.2f} s; others {p99(usual) * 1000:.0f} ms (p99) before,"
        f" {p99(meanwhile) * 1000:.0f} ms meanwhile"
    )
    with capsys.disabled():
        print(f"\n{figures}")  # noqa: T201  # the figure is what the issue asks for

    ended = Counter(a.data.action_id for _, a in actions.seen if a.type.endswith("withdrawn"))
    assert set(ended.values()) == {1}
    assert whole < 10 * BUSY_S, figures
    # Others come between the slices, not behind them all.
    assert meanwhile[len(meanwhile) // 2] < max(whole / 2, 2 * p99(usual)), figures


def test_a_sweep_goes_on_while_there_is_always_another_event(city: City, actions: Actions) -> None:
    many, last, n = firm(), firm(), 1_500
    large, _ = listed(city, many, last)
    first = city.trigger()
    city.send(applications(many, n))
    actions.wait_for(n, "issued")
    first.kill()
    waiting = [on_events(event(firm(), time=now())) for _ in range(80_000)]
    city.send([on_lists(removal(large, on=now().date())), *waiting])
    city.send(applications(last, 1))
    city.trigger()
    actions.wait_for(n, "withdrawn")
    actions.wait_for(n + 1, "issued")
    assert max(actions.of(many, "withdrawn")) < actions.of(last, "issued")[0]


def test_a_worker_killed_in_a_sweep_leaves_none_out_and_tells_none_twice(
    city: City, actions: Actions
) -> None:
    subject, n = firm(), 3_000
    (entry,) = listed(city, subject)
    first = city.trigger()
    city.send(applications(subject, n))
    actions.wait_for(n, "issued")
    city.send([on_lists(removal(entry, on=now().date()))])
    actions.wait_for(200, "withdrawn")
    first.kill()
    at_kill = sum(a.type.endswith("withdrawn") for _, a in actions.seen)
    assert at_kill < n, "the sweep was over before the kill: the test proved nothing"
    city.trigger()
    actions.wait_for(n, "withdrawn")
    told = Counter((a.data.action_id, a.data.revision) for _, a in actions.seen)
    assert set(told.values()) == {1}
    assert Counter(a.data.state for _, a in actions.seen) == {"in_force": n, "withdrawn": n}
