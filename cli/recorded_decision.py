"""A decision looked up by its id, or by the id of one of its actions."""

from datetime import datetime

from cli.explanation import Explanation, explain_recorded
from consumers.decision_records import DecisionStep, actions_of, decisions_naming
from infra.kafka import murmur2_partition
from schemas import topics
from schemas.ids import decision_id
from sources.topic_reader import partition_count, read_to_end


def find_explanation(
    bootstrap: str, wanted: str, *, subject: str | None = None, until: datetime | None = None
) -> Explanation | None:
    """Return the decision that *wanted* names, None if `credit.decisions` has none.

    What happened from *until* on is left out. *subject* says about whom the decision was made:
    then one partition is read, not all. Other members of a consortium's bid come with it.
    Raises: StopServiceError if Kafka is not there.
    """
    count = partition_count(bootstrap, topics.DECISIONS)
    places = range(count) if subject is None else [_partition(subject, count)]
    messages = read_to_end(bootstrap, topics.DECISIONS, places)
    found = decisions_naming(messages, [wanted], until=until)
    if not found:
        return None
    steps = next(iter(found.values()))
    if subject not in (None, steps[-1].uscc):
        return None
    shares = _shares_of(steps[-1], bootstrap, count, until)
    all_steps = [steps, *shares]
    partitions = sorted({_partition(each[-1].uscc, count) for each in all_steps})
    changes = actions_of(
        read_to_end(bootstrap, topics.ACTIONS, partitions),
        [each[-1].decision.decision_id for each in all_steps],
        until=until,
    )
    members = tuple(explain_recorded(each, changes) for each in shares)
    return explain_recorded(steps, changes, members)


def _shares_of(
    parent: DecisionStep, bootstrap: str, count: int, until: datetime | None
) -> list[list[DecisionStep]]:
    """Return the decisions on the other members' shares of a consortium's bid."""
    members = parent.decision.members
    if not members:
        return []
    event = parent.decision.event
    ids = [decision_id(topics.TRIGGER_SOURCE, f"{event.id}/{uscc}") for uscc in members]
    partitions = sorted({_partition(uscc, count) for uscc in members})
    found = decisions_naming(read_to_end(bootstrap, topics.DECISIONS, partitions), ids, until=until)
    return [found[each] for each in ids if each in found]


def _partition(uscc: str, count: int) -> int:
    return murmur2_partition(uscc.encode(), count)
