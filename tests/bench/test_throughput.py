"""Rate and cost come from what was appended between half and end, whatever happened before."""

import pytest

from bench.decision_log import DecisionLog
from bench.errors import LeftOutError
from bench.throughput import Sample, summarise


def samples(*points: tuple[float, float, int]) -> list[Sample]:
    return [Sample(at_ms, cpu_s, rss, visible=0) for at_ms, cpu_s, rss in points]


def test_a_slow_start_does_not_count() -> None:
    slow = [1000 + 100 * n for n in range(500)]  # 10 a second
    fast = [slow[-1] + 1 + n for n in range(500)]  # 1000 a second
    log = DecisionLog(slow + fast, repeated=0)
    found = summarise(log, samples((0, 0, 1), (99_999, 0, 1)), started_ms=0, cut_off=False)
    assert found.events_per_s == pytest.approx(1000, rel=0.01)
    assert found.start_s == 1.0


def test_cost_is_what_the_process_used_in_the_same_time() -> None:
    log = DecisionLog(list(range(1000)), repeated=0)
    looks = samples((0, 5.0, 10), (500, 5.0, 30), (999, 5.998, 20))  # 2 ms a decision
    found = summarise(log, looks, started_ms=0, cut_off=False)
    assert found.cpu_us_per_event == pytest.approx(2000, rel=0.01)
    assert found.rss_max_bytes == 30


def test_what_is_written_while_a_cut_off_engine_stops_is_not_in_its_rate() -> None:
    log = DecisionLog([*range(1000), *[60_000] * 500], repeated=0)
    found = summarise(log, samples((0, 0, 1), (999, 1, 1)), started_ms=0, cut_off=True)
    assert found.events_per_s == pytest.approx(1000, rel=0.01)
    assert found.decided == 1500


def test_a_decision_made_twice_is_told_and_not_counted_as_an_event() -> None:
    log = DecisionLog(list(range(10)), repeated=3)
    found = summarise(log, samples((0, 0, 1), (9, 1, 1)), started_ms=0, cut_off=False)
    assert (found.decided, found.repeated) == (7, 3)


@pytest.mark.parametrize("appended", [[], [5], [5] * 100], ids=["none", "one", "one batch"])
def test_what_is_too_short_to_tell_a_rate_gives_none(appended: list[int]) -> None:
    with pytest.raises(LeftOutError):
        summarise(
            DecisionLog(appended, 0), samples((0, 0, 1), (9, 1, 1)), started_ms=0, cut_off=False
        )
