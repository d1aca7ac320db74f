"""A fold of events over nothing known, and what it wrote."""

from typing import NamedTuple

from streams.rules.catalogue import Catalogue
from streams.trigger.fold_events import EventFold
from streams.trigger.fold_matters import MatterFold
from streams.trigger.hit_forms import HitForms
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.working import Recent, Working
from tests.rules.given import real_catalogue
from tests.trigger.messages import AT, CREDIT_OFFICE, PARTITIONS


class Folding(NamedTuple):
    """One fold and all that it writes to."""

    fold: EventFold
    outbox: Outbox
    changes: dict[int, Changes]
    working: Working


def folding(
    kind: type[EventFold] = EventFold,
    hits: HitForms | None = None,
    catalogue: Catalogue | None = None,
) -> Folding:
    """Return a *kind* of fold that knows nothing yet, with the forms of *hits*."""
    catalogue = catalogue or real_catalogue()
    outbox = Outbox(AT)
    changes = {p: Changes() for p in range(PARTITIONS)}
    working = Working(outbox, changes, Recent())
    matters = MatterFold(catalogue, outbox, working, CREDIT_OFFICE)
    fold = kind(catalogue, outbox, working, matters, PARTITIONS, hits=hits)
    return Folding(fold, outbox, changes, working)
