"""What the actions of one event stand on, as the lists are now.

Entries that are suspended are kept apart: nothing new rests on them, but what rested on them waits.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct, field
from msgspec.structs import replace

from schemas.errors import RejectRecordError
from schemas.lean import ActionData, DecidedEvent, DecisionReason, Envelope, EventData, KnownEntry
from schemas.times import legal_day, read_instant
from streams.rules.catalogue import Catalogue
from streams.rules.issuing import Case, case_of
from streams.rules.join import Joined, join
from streams.rules.kept_event import kept_event
from streams.rules.matching import Match, Matches, match_measures
from streams.rules.outcome import AsOf
from streams.rules.place import place_of
from streams.rules.quiet import quiet_outcome
from streams.rules.recognition import recognised, recognition_reasons

Key = tuple[str, str, str]  # list code, entry id, measure id


class Scene(Struct, frozen=True):
    """What is known of a subject (USCC) at one moment; `known` by list code and entry id.

    Entries of elsewhere stand there as far as they are recognised; `abroad` says how far that is.
    """

    known: Mapping[tuple[str, str], KnownEntry]
    abroad: tuple[DecisionReason, ...]
    awake: tuple[KnownEntry, ...]
    asleep: tuple[KnownEntry, ...]
    catalogue: Catalogue
    as_of: AsOf
    subject: str
    _joined: dict[date, tuple[Joined, Joined]] = field(default_factory=dict)

    def joined_on(self, business_day: date) -> tuple[Joined, Joined]:
        """Return the entries that count for an event of *business_day*, and the suspended ones.

        Worked out once a day: thousands of matters of one subject may be of a few days.
        """
        known = self._joined.get(business_day)
        if known is None:
            catalogue, day = self.catalogue, self.as_of.day
            known = self._joined[business_day] = (
                join(self.awake, catalogue, business_day=business_day, day=day),
                join(self.asleep, catalogue, business_day=business_day, day=day),
            )
        return known


class Ground(Struct, frozen=True):
    """One event with all that may rest on its subject's entries today.

    `case` is None where the event was not kept or the catalogue no longer knows its step or its
    department: then nothing new can be matched. `matches` are those of the entries that are not
    suspended, `resting` those of all.
    """

    case: Case | None
    data: EventData | None
    joined: Joined
    matches: Matches
    resting: Mapping[Key, Match]
    quiet: tuple[DecisionReason, ...]


def scene_of(
    entries: Iterable[KnownEntry], catalogue: Catalogue, as_of: AsOf, subject: str
) -> Scene:
    """Return the scene of *subject*, of whom *entries* are all that is known."""
    told = tuple(entries)
    counted = recognised(told, catalogue, as_of.day)
    known = {(e.change.list_code, e.change.entry_id): e for e in counted}
    return Scene(
        known=known,
        abroad=tuple(recognition_reasons(told, catalogue, as_of.day)),
        awake=tuple(e for e in known.values() if not e.suspended),
        asleep=tuple(replace(e, suspended=False) for e in known.values() if e.suspended),
        catalogue=catalogue,
        as_of=as_of,
        subject=subject,
    )


def ground_of(decided: DecidedEvent, scene: Scene) -> Ground:
    """Return what the actions of the event *decided* can rest on now."""
    business_time = read_instant(decided.time).instant
    as_of = replace(scene.as_of, event_time=business_time)
    event = kept_event(decided, scene.subject)
    case = None if event is None else _case(event, scene.catalogue, as_of)
    awake, asleep = scene.joined_on(legal_day(business_time))
    data = None if event is None else event.data
    if case is None:
        return Ground(None, data, awake, Matches((), (), ()), {}, ())
    matches = match_measures(case, awake)
    found = matches.found + match_measures(case, asleep).found if asleep.entries else matches.found
    quiet = quiet_outcome(decided.type, case.event.data, scene.catalogue, as_of)
    quiet_reasons = (*quiet.reasons, *scene.abroad)
    return Ground(case, data, awake, matches, {key_of_match(m): m for m in found}, quiet_reasons)


def key_of_match(match: Match) -> Key:
    """Return by what a match and the action that came of it are the same."""
    change = match.entry.known.change
    return change.list_code, change.entry_id, match.candidate.measure.id


def key_of_action(action: ActionData) -> Key:
    """Return by what an action of one event and the match that it came of are the same."""
    return action.entry.list_code, action.entry.entry_id, action.measure.id


def _case(event: Envelope[EventData], catalogue: Catalogue, as_of: AsOf) -> Case | None:
    try:
        place = place_of(event.type, event.data.item_code, event.data.department, catalogue)
    except RejectRecordError:
        return None
    return case_of(event, place, catalogue, as_of)
