"""One long day on which everything goes wrong, as a seed has it.

`CREDIT_FAULTS_SEED` repeats a day: the same messages and the same faults in the same order, though
not at the same millisecond. `CREDIT_FAULTS_EVENTS=500000` makes it an hour with 20,000 list changes
and 200 faults; unset, it is a few minutes of CI. Afterwards the log is replayed: it alone brings
about every decision and action.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.books import Books
from tests.faults.checker import (
    RULES,
    no_action_alive_whose_entry_is_gone,
    no_pass_past_an_entry,
    nothing_lost,
    nothing_twice,
)
from tests.faults.city import FaultyCity
from tests.faults.conftest import SEED, founded
from tests.faults.faults import CACHE_FAULTS, FAULTS, Fault

EVENTS = int(os.environ.get("CREDIT_FAULTS_EVENTS") or 30_000)
FAULTS_WANTED = EVENTS // 2_500
# So that the events last as long as the faults, and none hits a city at rest: 10 s a fault in a
# long day, where there is more to take over.
A_SECOND = 500 if EVENTS < 100_000 else 230
_NAMED = (
    nothing_lost,
    nothing_twice,
    no_pass_past_an_entry,
    no_action_alive_whose_entry_is_gone,
)
TOGETHER = 0.3  # how often a fault of the cache comes on top of another
_LIMIT_S = 900 + EVENTS // 50

pytestmark = [pytest.mark.connected, pytest.mark.timeout(_LIMIT_S)]


@pytest.fixture
def long_day(tmp_path: Path) -> Iterator[FaultyCity]:
    """A city with as many on its lists as a long day needs."""
    city = founded(tmp_path, SEED, listable=max(600, EVENTS // 50))
    yield city
    city.close()


def test_a_day_of_random_faults_costs_nothing(
    long_day: FaultyCity, capsys: pytest.CaptureFixture[str]
) -> None:
    city, began = long_day, time.monotonic()
    happened: Counter[str] = Counter()
    days_faults = drawn(random.Random(SEED))
    city.staff(2)
    with city.feeder.flowing(A_SECOND):
        while len(city.ledger.events) < EVENTS or happened.total() < FAULTS_WANTED:
            faults = next(days_faults)
            happened.update(fault.__name__ for fault in faults)
            happen(city, faults)
            city.staff(2)
            tell(capsys, progress(city, happened, time.monotonic() - began))
    books = city.swept()
    tell(capsys, figures(city, books, happened, time.monotonic() - began))
    city.check()
    tell(capsys, f"  重放一致 / reproduced byte for byte: {city.reproduced(books)}\n")


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Print *text* now: a day takes long."""
    with capsys.disabled():
        sys.stdout.write(text)
        sys.stdout.flush()


def drawn(chance: random.Random) -> Iterator[tuple[Fault, ...]]:
    """Yield what happens next: each fault before any comes again, now and then two at once."""
    while True:
        for fault in chance.sample(FAULTS, len(FAULTS)):
            if fault not in CACHE_FAULTS and chance.random() < TOGETHER:
                yield fault, chance.choice(CACHE_FAULTS)
            else:
                yield (fault,)


def happen(city: FaultyCity, faults: tuple[Fault, ...]) -> None:
    """Let *faults* happen at the same time, and wait until all are over."""
    with ThreadPoolExecutor(len(faults)) as pool:
        for each in [pool.submit(fault, city) for fault in faults]:
            each.result()
    city.wait_shared()


def progress(city: FaultyCity, happened: Counter[str], took_s: float) -> str:
    """Return how far the day has come; nothing in the short one."""
    if EVENTS < 100_000:
        return ""
    return f"{took_s:6.0f} s  {len(city.ledger.events):,} events  {happened.total()} faults\n"


def figures(city: FaultyCity, books: Books, happened: Counter[str], took_s: float) -> str:
    """Return what the day came to, for whoever reads the end of a CI run."""
    verdicts = Counter(each.verdict for each in books.decisions if each.sequence == 0)
    broken = {rule: len(list(rule(books, city.ledger))) for rule in RULES}
    decided = ", ".join(f"{name} {n}" for name, n in sorted(verdicts.items()))
    told = {
        "事件 / events": len(city.ledger.events),
        "名单变更 / list changes": city.ledger.list_changes,
        "复核 / reviews": len(city.ledger.reviews),
        "故障 / faults": happened.total(),
        "决定 / decisions": f"{len(books.decisions)} ({decided})",
        "行动 / actions": len({each.action_id for each in books.actions}),
        "死信 / dead letters": len(books.set_aside),
        "丢失 / lost": broken[nothing_lost],
        "重复 / decided twice": broken[nothing_twice],
        "误放 / wrong pass": broken[no_pass_past_an_entry],
        "失据仍存 / alive without an entry": broken[no_action_alive_whose_entry_is_gone],
        "其他 / other findings": sum(broken.values()) - sum(broken[rule] for rule in _NAMED),
    }
    head = f"随机故障 / random faults: CREDIT_FAULTS_SEED={city.seed}, {took_s:.0f} s"
    lines = [head, *(f"  {what}: {n}" for what, n in told.items())]
    lines += [f"  {n} x {name}" for name, n in sorted(happened.items())]
    return "\n" + "\n".join(lines) + "\n"
