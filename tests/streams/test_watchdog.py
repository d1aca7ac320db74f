"""When a worker counts as stalled."""

from streams.watchdog import Progress, Stand

PLACE = ("credit.receipts", 0)


def test_a_partition_that_is_behind_and_does_not_move_stalls_after_the_patience() -> None:
    """Not before, and not counted from the start but from the last move."""
    progress = Progress(60)
    assert progress.stalled({PLACE: Stand(5, 9)}, 0) == []
    assert progress.stalled({PLACE: Stand(6, 9)}, 59) == []
    assert progress.stalled({PLACE: Stand(6, 9)}, 118) == []
    assert progress.stalled({PLACE: Stand(6, 9)}, 119) == [PLACE]


def test_a_partition_with_nothing_behind_it_never_stalls() -> None:
    """The patience begins when the first record comes that nobody takes."""
    progress = Progress(60)
    assert progress.stalled({PLACE: Stand(9, 9)}, 0) == []
    assert progress.stalled({PLACE: Stand(9, 9)}, 1000) == []
    assert progress.stalled({PLACE: Stand(9, 10)}, 1001) == []
    assert progress.stalled({PLACE: Stand(9, 10)}, 1059) == []
    assert progress.stalled({PLACE: Stand(9, 10)}, 1060) == [PLACE]


def test_a_partition_that_went_to_another_worker_is_forgotten() -> None:
    """It comes back with the whole patience."""
    progress = Progress(60)
    progress.stalled({PLACE: Stand(5, 9)}, 0)
    assert progress.stalled({}, 100) == []
    assert progress.stalled({PLACE: Stand(5, 9)}, 101) == []


def test_markers_alone_are_forgiven() -> None:
    """The end of a transaction takes an offset that nobody can acknowledge."""
    progress = Progress(60)
    progress.stalled({PLACE: Stand(5, 6)}, 0)
    progress.forgive(PLACE)
    assert progress.stalled({PLACE: Stand(5, 6)}, 61) == []
