"""Whether the bench's events mean in the catalogue what the bench says they mean."""

from datetime import datetime

import msgspec

from bench.errors import BenchStopError
from bench.scenario import EVENT_ID_PREFIX, Scenario, entered_message, event_message
from schemas.errors import RejectRecordError
from schemas.lean import Envelope, EventData, KnownEntry, ListChangeData
from schemas.times import format_instant, legal_day
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.outcome import AsOf, Outcome
from streams.rules.standing import Standing

_EVENT = msgspec.json.Decoder(Envelope[EventData])
_CHANGE = msgspec.json.Decoder(Envelope[ListChangeData])


def check_place(scenario: Scenario, catalogue: Catalogue, now: datetime) -> None:
    """Decide one hit and one miss by the real rules, every list being fresh.

    Raises: BenchStopError unless the hit is denied by one action and the miss passes with none.
    """
    try:
        hit, miss = (_outcome(scenario, catalogue, now, listed=listed) for listed in (True, False))
    except RejectRecordError as err:
        raise BenchStopError(_message(f"its events would be refused: {err}")) from err
    if (hit.verdict, len(hit.actions)) != ("deny", 1):
        said = f"a hit gives {hit.verdict} with {len(hit.actions)} actions, not deny with one"
        raise BenchStopError(_message(said))
    if (miss.verdict, len(miss.actions)) != ("pass", 0):
        said = f"a miss gives {miss.verdict} with {len(miss.actions)} actions, not pass with none"
        raise BenchStopError(_message(said))


def _outcome(scenario: Scenario, catalogue: Catalogue, now: datetime, *, listed: bool) -> Outcome:
    time = format_instant(now)
    subject = scenario.subject_of(0)  # the first event is a hit, about organisation 0
    event = _EVENT.decode(event_message(scenario, f"{EVENT_ID_PREFIX}0", subject, time))
    change = _CHANGE.decode(entered_message(scenario, 0, now))
    known = KnownEntry(change.data, suspended=False, provider=change.source, appended_at=time)
    as_of = AsOf(decided_at=now, event_time=now, day=legal_day(now), standing=Standing())
    return decide(event, (known,) if listed else (), catalogue, as_of=as_of)


def _message(said: str) -> str:
    return f"bench: {said}; the catalogue and bench/scenario.py no longer agree: mend Place there"
