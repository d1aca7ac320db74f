"""Records that differ from the next in a few places alone: cut where marks stand, and filled in.

A mark stands where an event's or a matter's own values go. What is cut is what the exact way wrote;
a form is used only if it then gave of a real one, byte for byte, what the exact way gives.
"""

import re
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, NamedTuple, get_args

import msgspec

from schemas import topics
from schemas.alert import AlertKind
from schemas.decision import Verdict
from schemas.lean import encode
from streams.trigger.again_alerts import RELEASED
from streams.trigger.agenda import Diary
from streams.trigger.alerts import action_alert_id, verdict_alert_id
from streams.trigger.moves import Changes
from streams.trigger.outbox import Headers, Outbox
from streams.trigger.transaction import Record

_FIRST_MARK, _LAST_MARK = "\ufdd0", "\ufdef"  # Unicode keeps these out of any text exchanged
_ANY_MARK = re.compile(f"[{_FIRST_MARK}-{_LAST_MARK}]")
HIDDEN = _LAST_MARK  # for what nothing tells: where it is told after all, there is no form
OFFSET_MARK = 1_234_567_890_987_654_321  # there is no such offset
# The ids of alerts about a decision differ by one of these.
_ABOUT_DECISION = (*(verdict.value for verdict in Verdict), RELEASED)


class NoFormError(Exception):
    """What was written cannot be told from another's by its marks."""


class Written(NamedTuple):
    """What the exact way wrote of one event or matter, and what goes with it."""

    outbox: Outbox
    changes: Changes


class Filled(NamedTuple):
    """What is written about one; the last of its records, its matter's, stands apart."""

    records: list[Record]
    matter: bytes
    diary: Diary | None

    def is_what(self, told: Written) -> bool:
        """Tell whether it is what the exact way *told*, byte for byte."""
        ((subject, name, record, _),) = told.changes.matters
        return (
            self.records == told.outbox.records[:-1]
            and self.matter == record
            and self.diary == told.changes.diaries.get(f"{subject}/{name}")
        )


class Own(NamedTuple):
    """Whose records they are: subject, partition, and the ids of decision and actions."""

    subject: bytes
    partition: int
    decision_id: str
    actions: list[str]


class Issued(NamedTuple):
    """What an action rests on, of which its id is made."""

    list_code: str
    entry_id: str
    measure_id: str


def marks(names: Iterable[str]) -> dict[str, str]:
    """Return a mark for each of *names*."""
    return {name: chr(ord(_FIRST_MARK) + place) for place, name in enumerate(names)}


def holds_mark(texts: Iterable[str | None]) -> bool:
    """Tell whether there is a mark of ours in one of *texts*, whoever wrote it."""
    return any(text is not None and _ANY_MARK.search(text) for text in texts)


def inner(text: str) -> bytes:
    """Return *text* as it stands within a longer one in JSON."""
    return encode(text)[1:-1]


class Letters:
    """All that was written about one event or matter, its own values left blank."""

    def __init__(self, told: Written, blanks: list[bytes], own: Own, sequence: int) -> None:
        """Cut what was *told* at the *blanks*, which are what stands there, and at its ids.

        *own* names the subject, the partition and the decision, at its *sequence*; the actions are
        those of the matter. Raises: NoFormError.
        """
        outbox = told.outbox
        ((subject, name, record, _),) = told.changes.matters
        actions = msgspec.json.decode(record)["actions"]
        self._sequence = sequence
        self.issued = [
            Issued(a["entry"]["list_code"], a["entry"]["entry_id"], a["measure"]["id"])
            for a in actions
        ]
        alerts = [_id_of(each) for each in outbox.records if each[0] == topics.ALERTS]
        known = {verdict_alert_id(own.decision_id, sequence, v): v for v in _ABOUT_DECISION}
        moved = {
            action_alert_id(kind, action["action_id"], action["revision"]): (
                kind,
                place,
                action["revision"],
            )
            for place, action in enumerate(actions)
            for kind in get_args(AlertKind)
        }
        if not set(alerts) <= known.keys() | moved.keys():
            msg = "an alert of another kind"
            raise NoFormError(msg)
        self._alerts = [(known.get(alert), moved.get(alert)) for alert in alerts]
        ids = (own.decision_id, *(a["action_id"] for a in actions), *alerts)
        cutter = _Cutter([*blanks, *(each.encode() for each in ids)])
        self._letters = [_letter(each, cutter, own) for each in outbox.records[:-1]]
        self._matter = cutter.cut(record)
        self._diary = told.changes.diaries.get(f"{subject}/{name}")
        self._actions, self._raised, self._shadows = outbox.actions, outbox.alerts, outbox.shadows

    def fill(self, values: list[bytes], own: Own) -> Filled:
        """Return what is written about another; *values* come in the order of the blanks."""
        subject, here, made, actions = own
        alerts = [
            verdict_alert_id(made, self._sequence, about or "")
            if moved is None
            else action_alert_id(moved[0], actions[moved[1]], moved[2])
            for about, moved in self._alerts
        ]
        values = [
            *(*values, made.encode()),
            *[each.encode() for each in actions],
            *[each.encode() for each in alerts],
        ]
        records: list[Record] = [
            (
                topic,
                here if partition is None else partition,
                subject if key is None else key,
                text.fill(values),
                headers,
            )
            for topic, partition, key, text, headers in self._letters
        ]
        diary = self._diary
        if diary is not None and actions:
            diary = diary._replace(actions=tuple(actions))
        return Filled(records, self._matter.fill(values), diary)

    def count(self, outbox: Outbox) -> None:
        """Count in *outbox* what one of this kind brings."""
        for moved, n in self._actions.items():
            outbox.actions[moved] += n
        for kind, n in self._raised.items():
            outbox.alerts[kind] += n
        for measure, n in self._shadows.items():
            outbox.shadows[measure] += n


class _Text(NamedTuple):
    """A text with blanks, and what picks the values for them out of all values."""

    stencil: bytes
    pick: Any

    def fill(self, values: list[bytes]) -> bytes:
        filled: bytes = self.stencil % self.pick(values)
        return filled


class _Letter(NamedTuple):
    """A record with blanks; partition and key are None where they are its subject's."""

    topic: str
    partition: int | None
    key: bytes | None
    text: _Text
    headers: Headers | None


class _Cutter:
    """Cuts texts at *blanks*, which are told by what stands in them now."""

    def __init__(self, blanks: list[bytes]) -> None:
        self._places = {blank: place for place, blank in enumerate(blanks)}
        longest_first = sorted(self._places, key=len, reverse=True)
        self._any = re.compile(b"|".join(map(re.escape, longest_first)))

    def cut(self, text: bytes) -> _Text:
        """Return *text* with its blanks. Raises: NoFormError if it tells what is not to be told."""
        between = self._any.split(text)
        places = [self._places[blank] for blank in self._any.findall(text)]
        if not places or holds_mark([b"".join(between).decode()]):
            msg = "a text that tells what it should not, or nothing"
            raise NoFormError(msg)
        return _Text(b"%b".join(b.replace(b"%", b"%%") for b in between), itemgetter(*places))


def _letter(record: Record, cutter: _Cutter, own: Own) -> _Letter:
    topic, partition, key, value, headers = record
    if value is None or key is None or (key != own.subject and holds_mark([key.decode()])):
        msg = "a key of another kind"
        raise NoFormError(msg)
    here = None if partition == own.partition and key == own.subject else partition
    return _Letter(topic, here, None if key == own.subject else key, cutter.cut(value), headers)


def _id_of(record: Record) -> str:
    """Return the id of a message of ours."""
    told: str = msgspec.json.decode(record[3] or b"{}")["id"]
    return told
