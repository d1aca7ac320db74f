"""A city on three brokers whose trigger workers come and go, with one book of all that goes in."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Producer

from tests.faults.books import Books, Reader
from tests.faults.cache import Cache
from tests.faults.checker import EVENTUALLY, findings
from tests.faults.cluster import Cluster
from tests.faults.feeder import Feeder
from tests.faults.ledger import Ledger
from tests.faults.traffic import Traffic
from tests.faults.worker import CHECKOUT, Worker
from tests.real.city import producer_settings

GROUP = "credit-trigger"
PARTITIONS = 4
_PATIENCE_S = 90.0
_REPLAY_S = 1_800.0


class FaultyCity:
    """Three brokers, a Redis, some workers; everything that anybody does to them goes through it.

    `seed` decides what goes in and whom a fault hits. `spoiled`: not fit for another test.
    """

    def __init__(self, folder: Path, seed: int, *, listable: int = 600) -> None:
        self._folder = folder
        self.seed, self.chance = seed, random.Random(seed)
        self.cluster, self.cache = Cluster(), Cache()
        self.ledger = Ledger()
        self.traffic = Traffic(seed, self.ledger, listable=listable)
        self.workers: list[Worker] = []
        self._started = 0
        self.spoiled = False
        self._skew = folder / "skew"
        self.turn_clocks(0)

    def start(self) -> None:
        """Start the servers, make the topics, enter and publish the lists."""
        self.cache.start()
        self.cluster.start()
        self.make_topics()
        self.cluster.wait_whole()
        self.feeder = Feeder(self.cluster.bootstrap, self.traffic)
        self.reader = Reader(self.cluster.bootstrap)
        self.feeder.send(self.traffic.opening())

    def close(self) -> None:
        """Stop everything; leave nothing behind."""
        for worker in self.workers:
            worker.kill()
        self.cluster.remove()
        self.cache.remove()

    def make_topics(self) -> None:
        """Make what topics are missing, as an operator does."""
        done = self._command("topics", "apply")
        assert done.returncode == 0, done.stderr

    def hire(self, count: int = 1, *, skewed: bool = False) -> None:
        """Start *count* workers more; *skewed*: on the clock that `turn_clocks` sets wrong."""
        for _ in range(count):
            self._started += 1
            log = self._folder / f"trigger-{self._started}.log"
            skew = self._skew if skewed else None
            self.workers.append(Worker(self._settings(), log, skew=skew))

    def turn_clocks(self, seconds: float) -> None:
        """Set the clocks of skewed workers wrong by *seconds*; none of them reads half a number."""
        fresh = self._skew.with_suffix(".fresh")
        fresh.write_text(str(seconds))
        fresh.replace(self._skew)

    def staff(self, count: int) -> None:
        """See to it that *count* workers run and share all partitions."""
        self.workers = [worker for worker in self.workers if worker.alive]
        while len(self.workers) > count:
            self.leave(self.workers[-1])
        self.hire(count - len(self.workers))
        if self.workers:
            self.wait_shared()

    def leave(self, worker: Worker) -> None:
        """Let *worker* end as an operator would, and in order."""
        self.workers.remove(worker)
        assert worker.stop() == 0, worker.said()

    def lose(self, worker: Worker) -> None:
        """Kill *worker*."""
        self.workers.remove(worker)
        worker.kill()

    def wait_shared(self) -> None:
        """Wait until every partition is decided by somebody, and all who decide are ready."""
        deadline = time.monotonic() + _PATIENCE_S
        while not self._is_shared():
            for worker in self.workers:
                assert worker.alive, worker.said()
            assert time.monotonic() < deadline, "\n\n".join(w.where() for w in self.workers)
            time.sleep(0.1)

    def settled(self) -> Books:
        """Wait until everything that went in is decided; return the books as they are then."""
        return self.reader.read_until_decided(
            len(self.ledger.events), set_aside=self.ledger.dead_letters
        )

    def swept(self) -> Books:
        """Wait until all is decided, and decided again where lists changed."""
        books = self.settled()
        deadline = time.monotonic() + _PATIENCE_S
        size = -1
        # A reader's ends are not of one moment: while more comes, they may cut a transaction.
        while size != (size := len(books)) or findings(books, self.ledger, EVENTUALLY):
            if time.monotonic() > deadline:
                break
            time.sleep(1.0)
            books = self.reader.read_to_end()
        return books

    def check(self) -> Books:
        """Wait until everything is decided, and again, and hold the books to every promise."""
        books = self.swept()
        found = findings(books, self.ledger)
        assert found == [], f"seed {self.seed}: " + "\n".join(found)
        return books

    def reproduced(self, books: Books) -> str:
        """Let everybody go, and see that the log alone brings about all that *books* hold.

        Returns how much that was.
        """
        self.staff(0)
        told = self._command("replay", "--verify", "--json", timeout_s=_REPLAY_S)
        assert told.returncode == 0, told.stdout + told.stderr
        report = json.loads(told.stdout)
        assert report["decisions"] == report["decisions_reproduced"] == len(books.decisions)
        assert report["actions_reproduced"] == len(books.actions)
        assert (report["differences"], report["events_undecided"]) == (0, 0), report
        assert report["partitions_moving"] == []
        return f"{report['decisions']} decisions, {report['actions_reproduced']} action messages"

    def producer(self, **more: str | int | bool) -> Producer:
        """Return a producer that the ledger knows nothing of."""
        return Producer({**producer_settings(self.cluster.bootstrap), **more})

    def _command(
        self, *words: str, timeout_s: float = _PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        """Run one of our commands to its end."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli.main", *words],
            env={k: v for k, v in os.environ.items() if not k.startswith("CREDIT_")}
            | self._settings()
            | {"PYTHONPATH": str(CHECKOUT), "CREDIT_STATE_DIR": str(self._folder)},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def _is_shared(self) -> bool:
        owned = [worker.owned() for worker in self.workers]
        deciding = [w.ready() for w, n in zip(self.workers, owned, strict=True) if n]
        least = PARTITIONS // max(len(self.workers), 1)
        return sum(owned) == PARTITIONS and all(deciding) and min(owned) >= least

    def _settings(self) -> dict[str, str]:
        return {"CREDIT_KAFKA": self.cluster.bootstrap, "CREDIT_REDIS": self.cache.url}
