"""The whole job as a stock Faust agent, after the user guide of faust-streaming.

At least once: `exactly_once` sends outside the transaction in this library (its issue 177), so no
competent user switches it on. Everything that is not named here is the library's default.
"""

import sys

import faust
import orjson
import redis.asyncio

from bench.peers.job import Json, Origin, decide
from bench.peers.wiring import Wiring

wiring = Wiring.from_environment()

app = faust.App(
    wiring.prefix,
    broker=f"kafka://{wiring.kafka}",
    store="memory://",  # the default; the RocksDB store is slower
    datadir=wiring.state_dir,
    # Co-partitioning with the input is what the guide asks for; the server may be a single broker.
    topic_partitions=wiring.partitions,
    topic_replication_factor=1,
    # One worker: a standby would only wait for a second one that never comes.
    table_standby_replicas=0,
)
events = app.topic(wiring.events, value_serializer="json")
decisions = app.topic(wiring.decisions, key_type=bytes, value_serializer="json")
actions = app.topic(wiring.actions, key_type=bytes, value_serializer="json")
matters = app.Table("matters", partitions=wiring.partitions)
# One pooled client for the process, as redis-py's asyncio examples have it.
lists = redis.asyncio.Redis.from_url(wiring.redis)


@app.agent(events)
async def trigger(stream: faust.StreamT[Json]) -> None:
    """Decide each event as it comes, the loop of the guide's first example."""
    async for message in stream.events():
        event: Json = message.value
        found = await lists.get(f"bench:entries:{event['subject']}")
        entries = orjson.loads(found) if found else []
        origin = message.message
        outcome = decide(event, entries, Origin(origin.topic, origin.partition, origin.offset))
        key = event["subject"].encode()
        # Awaited one by one, as every example of the guide does; the library flushes its producer
        # before it commits the offset.
        await decisions.send(key=key, value=outcome.decision)
        for action in outcome.actions:
            await actions.send(key=key, value=action)
        matters[outcome.state_key] = outcome.state  # its changelog is the working state's record


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "--loglevel=warn", "--without-web"]
    app.main()
