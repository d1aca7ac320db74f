"""Redis by position: what it lost is noticed, and nothing makes an emptied one look whole."""

from collections.abc import Iterator
from datetime import date

import pytest
import redis
from msgspec.structs import replace

from infra.embedded import EmbeddedServices
from infra.redis import connect_redis
from schemas.lean import PartitionState
from streams.trigger.cache import LAYOUT, CacheMovedError, StateCache
from streams.trigger.moves import CachePosition, Changes, Move

FIRM, MATTER, DECISION = "91210500MA0SYN0018", "11210500105000445U/SQ1", "decision-1"
ITEM = (0, FIRM, MATTER, DECISION)
START = CachePosition("birth", 10, 0.0, "space", LAYOUT)
THEN = replace(START, offset=20)
STATE = PartitionState({}, date(2026, 6, 18), {})
NOTHING = Changes()
ONE_MATTER = Changes(matters=[(FIRM, MATTER, b"matter", DECISION)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServices(tmp_path_factory.mktemp("redis")) as services:
        yield services.redis


@pytest.fixture
def other(server: str) -> redis.Redis:
    """Somebody else at the same Redis, which begins empty."""
    client = connect_redis(server)
    client.flushall()
    return client


@pytest.fixture
def cache(server: str, other: redis.Redis) -> StateCache:
    """A cache that stands at `START`."""
    other.ping()
    held = StateCache(connect_redis(server), "group")
    held.write({0: Move(None, START, STATE, NOTHING)})
    return held


def test_what_was_sent_is_read_by_the_next_look(cache: StateCache) -> None:
    cache.look({0: START})
    cache.answer()
    cache.send({0: Move(START, THEN, STATE, ONE_MATTER)})
    cache.look({0: THEN})
    cache.ask_entries([(0, FIRM)])
    cache.ask_matters([ITEM])
    assert cache.answer() == [[None], [(None, b"matter", MATTER.encode())]]


def test_what_is_asked_before_a_write_does_not_show_it(cache: StateCache) -> None:
    cache.look({0: START})
    cache.ask_matters([ITEM])
    known = cache.answer()
    cache.send({0: Move(START, THEN, STATE, ONE_MATTER)})
    cache.drain()
    assert known == [[(None, None, None)]]


def test_a_flush_between_two_parts_of_a_read_is_noticed(
    cache: StateCache, other: redis.Redis
) -> None:
    cache.look({0: START})
    cache.ask_matters([ITEM])
    other.flushall()
    cache.ask_matters([ITEM])
    with pytest.raises(CacheMovedError):
        cache.answer()


def test_a_write_does_not_make_an_emptied_redis_look_whole(
    cache: StateCache, other: redis.Redis
) -> None:
    cache.look({0: START})
    cache.answer()
    other.flushall()
    cache.send({0: Move(START, THEN, STATE, ONE_MATTER)})
    with pytest.raises(CacheMovedError):
        cache.drain()
    assert other.dbsize() == 0


def test_a_write_without_a_look_is_refused_where_redis_moved(
    cache: StateCache, other: redis.Redis
) -> None:
    other.flushall()
    with pytest.raises(CacheMovedError):
        cache.send({0: Move(START, THEN, STATE, ONE_MATTER)})
    assert other.dbsize() == 0


def test_another_worker_s_step_refuses_ours(cache: StateCache, server: str) -> None:
    cache.look({0: START})
    cache.answer()
    other_worker = StateCache(connect_redis(server), "group")
    other_worker.write({0: Move(START, replace(START, offset=15), STATE, NOTHING)})
    cache.send({0: Move(START, THEN, STATE, ONE_MATTER)})
    with pytest.raises(CacheMovedError):
        cache.drain()
    found = other_worker.position(0)
    assert found is not None
    assert found[0].offset == 15


def test_after_hanging_up_nothing_old_is_heard(cache: StateCache) -> None:
    cache.look({0: START})
    cache.ask_matters([ITEM])
    cache.hang_up()
    cache.look({0: START})
    cache.ask_entries([(0, FIRM)])
    assert cache.answer() == [[None]]


def test_members_of_a_list_are_those_of_the_last_write(cache: StateCache) -> None:
    entered = Changes(members=[("tax-a", "A1", "1"), ("tax-a", "A2", "3")])
    left = Changes(members=[("tax-a", "A1", "")])
    cache.send({0: Move(START, THEN, STATE, entered)})
    last = replace(THEN, offset=30)
    cache.send({0: Move(THEN, last, STATE, left)})
    assert [*cache.members(0, last, "tax-a", published=False)] == [("A2", "3")]
