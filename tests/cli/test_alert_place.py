"""Where a reader of alerts stopped: trusted while it fits the log, never mixed up, never half."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.alert_place import Place, PlaceFile, Start, resume
from infra.topic_log import TopicLog
from schemas.errors import StopServiceError
from tests.cli.recorded import FINANCE

LOG = TopicLog("b:1", "credit.alerts", "cluster-1", "topic-1", starts={0: 10}, ends={0: 50})


@pytest.mark.parametrize(
    ("place", "start"),
    [
        (Place("topic-1", {0: 30}), Start({0: 30})),
        (Place("topic-1", {0: 50}), Start({0: 50})),
        (Place("topic-1", {0: 10}), Start({0: 10})),
        (Place("topic-1", {0: 9}), Start({0: 10}, "retention")),
        (Place("topic-1", {0: 51}), Start({0: 10}, "another log")),
        (Place("topic-0", {0: 30}), Start({0: 10}, "another log")),
        (Place("topic-1", {}), Start({0: 10})),
    ],
)
def test_a_place_counts_only_in_the_log_that_it_was_kept_in(place: Place, start: Start) -> None:
    assert resume(place, LOG) == start


@given(st.dictionaries(st.integers(0, 3), st.integers(0, 100)))
def test_it_never_begins_outside_the_log_nor_after_the_place(kept: dict[int, int]) -> None:
    log = TopicLog(
        "b:1", "t", "c", "i", starts=dict.fromkeys(range(3), 20), ends={0: 40, 1: 60, 2: 80}
    )
    start = resume(Place("i", kept), log)
    assert set(start.positions) == {0, 1, 2}
    for partition, begin in start.positions.items():
        assert log.starts[partition] <= begin <= log.ends[partition]
        assert begin <= max(kept.get(partition, 20), 20)


def test_what_was_kept_is_found_again_and_nobody_elses(tmp_path: Path) -> None:
    other = TopicLog("b:1", "credit.alerts", "cluster-2", "topic-1", LOG.starts, LOG.ends)
    PlaceFile(tmp_path, LOG, None).save({0: 40})
    PlaceFile(tmp_path, LOG, FINANCE).save({0: 45})
    assert PlaceFile(tmp_path, LOG, None).start() == Start({0: 40})
    assert PlaceFile(tmp_path, LOG, FINANCE).start() == Start({0: 45})
    assert PlaceFile(tmp_path, other, None).start() == Start({0: 10})
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_clusters_name_leads_to_no_other_folder(tmp_path: Path) -> None:
    log = TopicLog("b:1", "credit.alerts", "../../etc", "topic-1", LOG.starts, LOG.ends)
    assert (
        PlaceFile(tmp_path / "state", log, None).path.resolve().is_relative_to(tmp_path / "state")
    )


def test_a_damaged_file_is_told_and_the_earliest_taken(tmp_path: Path) -> None:
    kept = PlaceFile(tmp_path, LOG, None)
    kept.save({0: 40})
    kept.path.write_text('{"topic_id": "topic-1", "posi')
    assert kept.start() == Start({0: 10}, "unreadable")


def test_a_save_that_fails_leaves_what_was_kept_and_stops_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = PlaceFile(tmp_path, LOG, None)
    kept.save({0: 40})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StopServiceError, match="CREDIT_STATE_DIR") as stopped:
        kept.save({0: 45})
    assert "\n" not in str(stopped.value)
    assert kept.start() == Start({0: 40})
