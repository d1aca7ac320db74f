"""All that is followed of one organisation: what is known, which alerts stand, which were told.

Pure: what is to be told follows from what is known, what was told before, and the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from schemas.followed import Answered, Duty, Followed, Listed, Task, Told
from streams.rules import duty as duties
from streams.rules import interviews, promises
from streams.rules.duty import Law, Owed, body_of, owed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

NOTHING = Followed()


class Telling(NamedTuple):
    """What is to be said of one organisation: alerts by id, each with what it is about."""

    raised: Mapping[str, Told]
    cleared: Mapping[str, Told]


def with_task(known: Followed, action_id: str, task: Task) -> Followed:
    """Return what is known after a revision of an action; an older one changes nothing."""
    return _with(known, action_id, Duty(task=task))


def with_answer(known: Followed, action_id: str, answer: Answered) -> Followed:
    """Return what is known after a receipt, whoever sent it and whether the action is known."""
    return _with(known, action_id, Duty(answers=(answer,)))


def with_entry(known: Followed, listed: Listed) -> Followed:
    """Return what is known after a change of an entry of a focus list."""
    name = interviews.name_of(listed)
    before = known.entries.get(name)
    after = interviews.newer(before, listed)
    return known if after == before else replace(known, entries={**known.entries, name: after})


def joined(earlier: Followed, later: Followed) -> Followed:
    """Return what two records of one organisation know together; the *later* says what was told.

    A worker that had lost the organisation without knowing it may have written the later one.
    """
    found = dict(earlier.duties)
    for action_id, duty in later.duties.items():
        found[action_id] = duties.joined(found.get(action_id, Duty()), duty)
    entries = dict(earlier.entries)
    for name, listed in later.entries.items():
        entries[name] = interviews.newer(entries.get(name), listed)
    return Followed(found, entries, later.told)


def without_ended(known: Followed, law: Law, day: date) -> Followed:
    """Return what is still worth knowing on *day*: an open promise outlives its action."""
    kept = {
        action_id: duty
        for action_id, duty in known.duties.items()
        if not duties.is_forgotten(duty, day) or promises.is_open(duty, law)
    }
    entries = {n: one for n, one in known.entries.items() if not interviews.is_forgotten(one, day)}
    if len(kept) == len(known.duties) and len(entries) == len(known.entries):
        return known
    return replace(known, duties=kept, entries=entries)


def to_tell(known: Followed, law: Law, day: date, at: datetime) -> Telling:
    """Return what has to be raised and cleared on *day*, at the instant *at*.

    What was begun and perhaps not sent is among it, with its first `raised_at`.
    """
    standing = {one.alert_id: told for one, told in _standing(known, law, day, at)}
    raised = {}
    for alert_id, alert in standing.items():
        before = known.told.get(alert_id)
        if before is None or before.phase != "raised":
            raised[alert_id] = alert if before is None else replace(before, phase="raising")
    cleared = {
        alert_id: replace(told, phase="clearing")
        for alert_id, told in known.told.items()
        if alert_id not in standing
    }
    return Telling(raised, cleared)


def telling(known: Followed, said: Telling) -> Followed:
    """Return *known* with the intent to say it, which is written before anything is said."""
    return replace(known, told={**known.told, **said.raised, **said.cleared})


def told(known: Followed, said: Telling) -> Followed:
    """Return *known* after Kafka has acknowledged what was said."""
    kept = {alert_id: t for alert_id, t in known.told.items() if alert_id not in said.cleared}
    return replace(
        known, told=kept | {i: replace(t, phase="raised") for i, t in said.raised.items()}
    )


def next_look(known: Followed, law: Law, day: date) -> date | None:
    """Return the first day after *day* on which something may change by itself, if there is one."""
    days = [look for duty in known.duties.values() for look in duties.looks(duty, law)]
    days += [look for duty in known.duties.values() for look in promises.looks(duty, law)]
    days += [look for one in known.entries.values() for look in interviews.looks(one, law)]
    return min((look for look in days if look > day), default=None)


def _standing(known: Followed, law: Law, day: date, at: datetime) -> Iterator[tuple[Owed, Told]]:
    for action_id, duty in known.duties.items():
        task = duty.task
        if task is not None:
            body = body_of(task, law)
            for one in owed(duty, action_id, law, day):
                told = Told(action_id, one.kind, body, one.due_on, at, task.decision_id, "raising")
                yield one, told
        broken = promises.breach(duty, action_id, law, day)
        if broken is not None and task is not None:
            office, due_on = interviews.office_of(law), broken.due_on
            yield (
                broken,
                Told(action_id, broken.kind, office, due_on, at, task.decision_id, "raising"),
            )
    for name, listed in known.entries.items():
        proposal = interviews.proposed(listed, law, day)
        if proposal is not None:
            to = interviews.recogniser_of(listed, law)
            kind, due_on = proposal.kind, proposal.due_on
            yield proposal, Told(name, kind, to, due_on, at, phase="raising")


def _with(known: Followed, action_id: str, news: Duty) -> Followed:
    before = known.duties.get(action_id, Duty())
    after = duties.joined(before, news)
    if after == before and action_id in known.duties:
        return known
    return replace(known, duties={**known.duties, action_id: after})
