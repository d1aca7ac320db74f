"""The whole job in Quix Streams: exactly once, its RocksDB state, Redis for the lists.

Written after the library's guides for stateful processing and for processing guarantees.
Everything that is not named here is the library's default.
"""

from typing import Any

import orjson
import redis
from quixstreams import Application, State, message_context

from bench.peers.job import Json, Origin, decide
from bench.peers.wiring import Wiring

Outcomes = dict[str, Any]


def main() -> None:
    """Run until SIGTERM, which the library turns into a clean stop."""
    wiring = Wiring.from_environment()
    lists = redis.Redis.from_url(wiring.redis)
    app = Application(
        broker_address=wiring.kafka,
        consumer_group=wiring.prefix,
        auto_offset_reset="earliest",  # the default, `latest`, would skip a prefilled topic
        processing_guarantee="exactly-once",
        state_dir=wiring.state_dir,
        auto_create_topics=True,  # its changelog; the bench made the outputs
        loglevel="WARNING",
    )
    events = app.topic(wiring.events, value_deserializer="json", key_deserializer="bytes")
    decisions = app.topic(wiring.decisions, value_serializer="json", key_serializer="bytes")
    actions = app.topic(wiring.actions, value_serializer="json", key_serializer="bytes")

    def job(event: Json, state: State) -> Outcomes:
        found = lists.get(f"bench:entries:{event['subject']}")
        entries = orjson.loads(found) if isinstance(found, bytes) else []
        place = message_context()
        outcome = decide(event, entries, Origin(place.topic, place.partition, place.offset))
        state.set(outcome.state_key, outcome.state)
        return {"decision": outcome.decision, "actions": outcome.actions}

    outcomes = app.dataframe(events).apply(job, stateful=True)
    outcomes.apply(lambda outcome: outcome["decision"]).to_topic(decisions)
    outcomes.apply(lambda outcome: outcome["actions"], expand=True).to_topic(actions)
    app.run()


if __name__ == "__main__":
    main()
