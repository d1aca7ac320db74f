"""Follow-up as a running worker on the embedded broker, held to an independent job."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from schemas import topics
from tests.cli.recorded import department
from tests.streams.followed_city import FollowedCity, firm, receipt

DUE = date(2026, 6, 26)  # a Friday; the 25th and the 24th are worked
PAST = date(2026, 7, 1)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[FollowedCity]:
    """A city on a broker of its own, on the last day of the term."""
    with EmbeddedServices(tmp_path / "servers", with_redis=False) as running:
        made = FollowedCity(running.kafka, tmp_path, DUE)
        yield made
        made.end()


def test_what_is_owed_is_told_answered_receipts_clear_it_and_a_restart_repeats_nothing(
    city: FollowedCity,
) -> None:
    """The last day, the days after it, receipts good and bad, and another worker."""
    answered, late, silent = (city.issue(firm(n), due_on=DUE) for n in range(3))
    city.send((firm(0), receipt(firm(0), answered, 0, served_at="2026-06-17T10:00:00+08:00")))
    city.send((firm(7), receipt(firm(7), "unknown", 7)))  # its action may yet come
    worker = city.start()
    city.agrees()
    assert {kind for kind, _ in city.told().values()} == {"due_soon"}

    city.set_day(PAST)
    city.agrees()
    assert sorted(city.told().values()) == sorted(
        (kind, each) for kind in ("overdue", "unserved") for each in (late, silent)
    )

    stranger = receipt(firm(2), silent, 8, department=department())
    foreign = receipt(firm(2), silent, 9, department="11210500001234562F")
    astray = receipt(firm(2), silent, 10)
    city.send((firm(2), stranger), (firm(2), foreign), (firm(1), astray))
    city.send((firm(1), receipt(firm(1), late, 1, at="2026-07-01T07:00:00+08:00")))
    city.agrees()
    letters = [dict(m.headers() or []) for m in city.everything(topics.DEAD_LETTERS)]
    reasons = sorted(bytes(each["dlq-reason"] or b"").decode() for each in letters)
    assert "unknown-department" in reasons
    assert "subject-key-mismatch" in reasons

    raised = len(city.everything(topics.ALERTS))
    worker.terminate()
    assert worker.wait(15) == 0
    city.issue(firm(3), due_on=DUE)
    city.start()
    city.agrees()
    assert len(city.everything(topics.ALERTS)) == raised + 2, "told again after a restart"
