"""A city's first start: lists were imported before anybody was there to read them."""

from collections import Counter

from streams.trigger.backlog import MOST_AT_ONCE
from tests.trigger.messages import change, event, firm, on_events, on_lists
from tests.trigger.running import Town

EACH = 150  # of the listed and of others: enough to be laid out in columns


def test_the_first_lists_are_folded_before_any_event(new_town: Town) -> None:
    """More than fit into one batch: the rest would be held back, and events go ahead of them."""
    listed = [firm() for _ in range(EACH)]
    changes = [change(subject) for subject in listed]
    changes += [change(firm()) for _ in range(MOST_AT_ONCE + 500)]
    for each in changes:
        new_town.lists.note(each)
    new_town.post(*map(on_lists, changes))
    watermarks = [w for code in new_town.catalogue.lists for w in new_town.lists.published(code)]
    new_town.post(*watermarks)
    applied = [event(subject) for subject in (*listed, *(firm() for _ in range(EACH)))]
    new_town.post(*map(on_events, applied))
    new_town.start()
    told = new_town.settle()
    decided = [decision.data for decision in told.decisions]
    assert Counter(d.verdict for d in decided) == {"deny": EACH, "pass": EACH}
    assert {d.sequence for d in decided} == {0}
    assert len({d.event.id for d in decided}) == 2 * EACH
