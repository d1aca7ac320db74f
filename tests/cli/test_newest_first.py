"""A topic backwards: everything committed, once, newest first, in windows of any size."""

from itertools import count

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from consumers.action_records import newest_actions
from consumers.newest_first import newest_first
from infra.kafka import admin_config
from infra.topic_log import find_log
from schemas.errors import StopServiceError
from schemas.topics import ACTIONS
from tests.cli.recorded import FIRM, action, record, write

_names = count()


def create(broker: str, name: str) -> None:
    admin = AdminClient(admin_config(broker))
    admin.create_topics([NewTopic(name, 2, 1)])[name].result()


@pytest.fixture
def topic(broker: str) -> str:
    """A topic of two partitions with ten transactions, whose markers take offsets as well."""
    name = f"backwards-{next(_names)}"
    create(broker, name)
    for number in range(10):
        told = [(f"key-{n}", f"{number}-{n}".encode()) for n in range(4)]
        write(broker, name, told)
    return name


def windows(broker: str, topic: str, size: int) -> list[list[tuple[int, bytes]]]:
    log = find_log(broker, topic)
    return [
        [(int(m.partition() or 0), bytes(m.value() or b"")) for m in window]
        for window in newest_first(log, [0, 1], first_window=size)
    ]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_everything_committed_is_there_once_and_newest_first(
    broker: str, topic: str, size: int
) -> None:
    found = windows(broker, topic, size)
    committed = {f"{n}-{k}".encode() for n in range(10) for k in range(4)}
    values = [value for window in found for _, value in window]
    assert (len(values), set(values)) == (len(committed), committed)
    for partition in (0, 1):
        oldest_first = [v for window in found[::-1] for p, v in window if p == partition]
        assert oldest_first == sorted(oldest_first, key=lambda v: int(v.split(b"-")[0]))
        assert oldest_first
    assert (len(found) == 1) == (size == 1000)


def test_an_empty_topic_has_no_window_and_a_missing_one_is_named(broker: str) -> None:
    create(broker, "empty")
    assert windows(broker, "empty", 5) == []
    with pytest.raises(StopServiceError, match=r"no-such-topic: .*topics apply"):
        find_log(broker, "no-such-topic")


def test_the_search_ends_with_the_first_window_that_knows_the_action(broker: str) -> None:
    wanted = action()
    record(broker, wanted)
    record(broker, *(action() for _ in range(30)))
    record(broker, action(action_id=wanted.action_id, revision=1, state="suspended"))
    record(broker, *(action() for _ in range(5)))
    log, asked = find_log(broker, ACTIONS), []
    told = newest_first(
        log,
        log.ends,
        holding=wanted.action_id.encode(),
        progress=lambda done, _total: asked.append(done),
        first_window=4,
    )
    found = newest_actions(told, wanted.action_id)[wanted.action_id]
    assert (found.action.state, found.uscc) == ("suspended", FIRM)
    assert len(asked) <= 2  # windows that were done with before the one that knew
