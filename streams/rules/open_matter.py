"""How long a matter is running, and which of its events stand for it."""

from datetime import date, timedelta
from functools import lru_cache

from schemas.lean import DecidedEvent, Matter
from schemas.times import legal_day, parse_instant
from streams.rules.catalogue import Catalogue
from streams.rules.kept_event import step_of
from streams.rules.matter import LIVE

# So long after it closed a matter still knows a repeated message for what it is (design §6).
KEPT_AFTER_CLOSING = timedelta(days=400)


def closes_on(matter: Matter, catalogue: Catalogue) -> date | None:
    """Return the first day on which *matter* is not open any more, None if it has no event.

    The day of its terminal stage; else `open_for_days` of its family after the business day of the
    newest event. A family that the catalogue no longer has leaves nothing open.
    """
    if matter.closed_on is not None:
        return matter.closed_on
    return max((_runs_until(event, catalogue) for event in matter.events), default=None)


def is_open(matter: Matter, catalogue: Catalogue, day: date) -> bool:
    """Tell whether *matter* is running on *day*; only then can it be burdened with anything new."""
    end = closes_on(matter, catalogue)
    return end is not None and day < end


def forgotten_on(matter: Matter, catalogue: Catalogue) -> date | None:
    """Return the first day on which nobody needs the record of *matter*; None: not foreseeable.

    400 days after it closed, and never while an action is alive, since its entry may yet go.
    """
    end = closes_on(matter, catalogue)
    if end is None or any(action.state in LIVE for action in matter.actions):
        return None
    return end + KEPT_AFTER_CLOSING


def newest_events(matter: Matter, catalogue: Catalogue) -> tuple[DecidedEvent, ...]:
    """Return the event of the latest stage of each family, the last one where several stand there.

    A late message of an earlier stage does not speak for the matter.
    """
    newest: dict[str, tuple[int, DecidedEvent]] = {}
    for event in matter.events:
        family, stage = step_of(event.type)
        place = catalogue.stage(family, stage)
        rank = -1 if place is None else place.rank
        if family not in newest or rank >= newest[family][0]:
            newest[family] = rank, event
    return tuple(event for _, event in newest.values())


@lru_cache(maxsize=4096)
def _business_day(time: str) -> date:
    return legal_day(parse_instant(time))


@lru_cache(maxsize=256)
def _open_for(event_type: str, catalogue: Catalogue) -> timedelta:
    family = catalogue.families.get(step_of(event_type)[0])
    return timedelta(days=0 if family is None else family.open_for_days)


def _runs_until(event: DecidedEvent, catalogue: Catalogue) -> date:
    return _business_day(event.time) + _open_for(event.type, catalogue)
