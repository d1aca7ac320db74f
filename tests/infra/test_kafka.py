import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from infra.embedded import EmbeddedServices
from infra.kafka import murmur2, murmur2_partition, producer_config
from infra.topics import Topics
from infra.wanted_topics import Topic


# Source: Apache Kafka, UtilsTest.testMurmur2.
@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(key: bytes, hashed: int) -> None:
    assert murmur2(key) == hashed % 2**32


@given(st.binary(max_size=300), st.integers(1, 100))
def test_every_key_has_a_partition_that_exists(key: bytes, count: int) -> None:
    assert 0 <= murmur2_partition(key, count) < count


def test_our_producer_puts_a_key_where_murmur2_partition_says(embedded: EmbeddedServices) -> None:
    Topics(embedded.kafka).apply([Topic("murmur2", 7, 1, {})])
    landed: dict[bytes, int] = {}
    producer = Producer(producer_config(embedded.kafka))
    for number in range(100):
        producer.produce(
            "murmur2",
            key=f"91210500MA{number:06}0X",
            on_delivery=lambda _, message: landed.update({message.key(): message.partition()}),
        )
    assert producer.flush(10) == 0
    assert landed == {key: murmur2_partition(key, 7) for key in landed}
    assert len(landed) == 100


def test_overrides_are_written_with_underscores() -> None:
    assert producer_config("k:1", transactional_id="x")["transactional.id"] == "x"
