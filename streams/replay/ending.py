"""What is left when the decisions of a partition end: what was lost, what is still to come.

`credit.state` says how far the trigger had read, and whose matters it has yet to decide again.
Behind that nothing was decided yet, which is no finding.
"""

from datetime import date, timedelta

import msgspec

from schemas import topics
from schemas.lean import PartitionState, SubjectEntries
from schemas.state import BIRTH_KEY, POSITION_KEY
from schemas.times import parse_instant
from streams.replay.catalogues import Catalogues
from streams.replay.differences import Difference, Findings, Kind
from streams.replay.known import Known
from streams.replay.stream import Log
from streams.replay.walk import Walk
from streams.rules.again import decide_again
from streams.rules.catalogue import Catalogue
from streams.rules.outcome import AsOf
from streams.rules.standing import standing_of
from streams.trigger.keys import split_key
from streams.trigger.working import decode_matter

_state = msgspec.json.Decoder(PartitionState).decode
_entries = msgspec.json.Decoder(SubjectEntries).decode
_SWEEP = b'"sweep":{'
_ONE_DAY = timedelta(days=1)


class StateEnd:
    """What a partition of `credit.state` says last: positions, day, and who is yet to be swept."""

    def __init__(self, log: Log, partition: int) -> None:
        self.position: PartitionState | None = None
        self.sweeping: set[str] = set()
        self.matters: dict[str, int] = {}  # <USCC>/<matter id> -> hash of what was decided there
        self._source = log.source(topics.STATE, partition)
        while messages := self._source.poll():
            for message in messages:
                key, value = message.key(), message.value()
                if isinstance(key, bytes) and key != BIRTH_KEY:
                    self._note(key, value if isinstance(value, bytes) else None)

    def has_moved(self) -> bool:
        """Tell whether the trigger has gone on since this was read."""
        return self._source.has_grown()

    def _note(self, key: bytes, value: bytes | None) -> None:
        if key == POSITION_KEY:
            self.position = None if value is None else _state(value)
            return
        uscc, kind, name = split_key(key)
        if kind == "entries":
            self.sweeping.discard(uscc)
            if value is not None and _SWEEP in value and _entries(value).sweep:
                self.sweeping.add(uscc)
        elif value is None:
            self.matters.pop(f"{uscc}/{name}", None)
        else:
            self.matters[f"{uscc}/{name}"] = _essence(value)


class Ending:
    """The end of one partition.

    `undecided`: events that were not folded yet. `still`: the trigger wrote nothing meanwhile;
    otherwise the end of the books is left to the next replay.
    """

    def __init__(self, walk: Walk, state: StateEnd, partition: int, findings: Findings) -> None:
        self.undecided, self.still = 0, True
        self._walk, self._state, self._findings = walk, state, findings
        self._partition = partition

    def look(self, catalogues: Catalogues, newest: str | None) -> None:
        """Tell of what was lost; *newest*: the catalogue to judge by where nothing was decided."""
        walk, position = self._walk, self._state.position
        version = newest if walk.last is None else walk.last.catalogue_version
        if position is None or version is None or not walk.use(version):
            return
        at = position.day.isoformat() + "T00:00:00.000+08:00"
        walk.fold_lists(position.inputs.get(topics.LISTS, 0), at)
        for brought in walk.reviews.fold_before(position.inputs.get(topics.REVIEWS, 0)):
            walk.expect_missing(brought)
        for topic, inbox in walk.events.items():
            for item in walk.undecided(topic, position.inputs.get(topic, 0)):
                where = f"{topic}/{self._partition}/{item.offset}"
                matter = f"{item.event.subject}/{item.matter}"
                lost = Difference(Kind.MISSING, where, f"{item.decision_id}/0")
                self._findings.add(lost, matter)
            while inbox.head() is not None:
                inbox.take()
                self.undecided += 1
        self.still = not self._state.has_moved()
        if not self.still:
            return  # what it wrote since is not to be held against what it had written before
        while (head := walk.actions.stream.head()) is not None:
            walk.actions.refuse(head)
            walk.actions.stream.take()
        self._look_at_state()
        found = catalogues.find(version)
        if found is not None and walk.last is not None and position.first_published is None:
            self._look_at_actions(found[0], walk.known, position, walk.last.decided_at)

    def _look_at_state(self) -> None:
        """Tell of matters in which the trigger knows of other decisions than its books tell."""
        for where, essence in self._state.matters.items():
            subject, _, name = where.partition("/")
            record = self._walk.known.matter(subject, name)
            if record is None or _essence(record) != essence:
                origin = f"{topics.STATE}/{self._partition}/end"
                self._findings.add(Difference(Kind.STATE, origin, name), where)

    def _look_at_actions(
        self, catalogue: Catalogue, known: Known, position: PartitionState, decided_at: str
    ) -> None:
        """Tell of actions that the lists have ended, suspended or brought back, and that stand."""
        at = parse_instant(decided_at)
        standing = standing_of(catalogue, known.lists, at)
        listed = known.listed() - self._state.sweeping
        for where in known.matters():
            subject, _, name = where.partition("/")
            if subject not in listed:
                continue
            # What the newest day alone asks for may be about to be done.
            days: tuple[date, ...] = (position.day, position.day - _ONE_DAY)
            asks = [AsOf(at, day, standing, at) for day in days]
            if all(_moves(catalogue, known, subject, name, as_of) for as_of in asks):
                moved = _moves(catalogue, known, subject, name, asks[0])
                origin = f"{topics.ACTIONS}/{self._partition}/end"
                found = Difference(Kind.NOT_FOLLOWED, origin, moved[0])
                self._findings.add(found, where)


def _essence(record: bytes) -> int:
    """Return a hash of what was decided in a matter, and of its actions as they stand."""
    matter = decode_matter(record)
    return hash(
        (
            tuple((e.source, e.id, e.sequence, e.verdict) for e in matter.events),
            tuple((a.action_id, a.revision, a.state) for a in matter.actions),
        )
    )


def _moves(catalogue: Catalogue, known: Known, subject: str, name: str, as_of: AsOf) -> list[str]:
    matter = decode_matter(known.matter(subject, name))
    if not matter.actions:
        return []
    entries = known.entries(subject).entries
    again = decide_again(matter, entries, catalogue, as_of=as_of, subject=subject, cause="list")
    return [f"{move.action.action_id}/{move.action.revision}" for move in again.moves]
