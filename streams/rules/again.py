"""A matter decided again: on its subject's entries as they are now, once for each of its causes.

What rests on an entry moves with it; a new listing refers to an officer, never blocks after the
fact; what a human ended stays ended. Where nothing changes nothing is to be written.
Source: design §6, contracts D; 国办发〔2020〕49号 (no punishment added after the fact).
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from schemas.action import ActionState
from schemas.lean import (
    ActionData,
    DecidedEvent,
    DecisionReason,
    EntryRef,
    EventData,
    KnownEntry,
    Matter,
)
from schemas.list_change import RemovalReason
from schemas.measure import Polarity
from streams.rules.action_reasons import other_reasons, reasons_of
from streams.rules.catalogue import Catalogue
from streams.rules.fresh import fresh_burdens, fresh_rewards
from streams.rules.ground import Ground, Scene, ground_of, key_of_action, scene_of
from streams.rules.matter import LIVE
from streams.rules.move_notice import with_notice
from streams.rules.open_matter import is_open, newest_events
from streams.rules.outcome import AsOf
from streams.rules.reasons import in_order
from streams.rules.resting import settle
from streams.rules.rewards import Rewards
from streams.rules.transitions import Moved, Overdue, lapse
from streams.rules.verdict import verdict_of

Cause = Literal["list", "review", "time"]


class DecidedAgain(Struct, frozen=True):
    """One decision made again, to be written.

    `event` is its record afterwards: `sequence` + 1, the new verdict. `data` is the event's, None
    where it is no longer kept. `actions` are all of the decision, ended ones too, as they stand;
    `entries` those that were looked at, at the revision that is known now.
    """

    event: DecidedEvent
    data: EventData | None
    reasons: tuple[DecisionReason, ...]
    entries: tuple[EntryRef, ...]
    actions: tuple[ActionData, ...]


class Again(Struct, frozen=True):
    """What deciding a matter again brings, in the order in which it is to be told.

    `moves` of actions that were there, `issued` new ones (revision 0), `decisions` made again (of a
    matter with one family: one at most). `remedies`: past actions whose entry was annulled, named
    once. `overdue`: mandatory actions whose review is overdue, named each day. `matter`: the record
    afterwards, equal to the one before unless `changed`.
    """

    cause: Cause
    moves: tuple[Moved, ...]
    issued: tuple[ActionData, ...]
    decisions: tuple[DecidedAgain, ...]
    remedies: tuple[ActionData, ...]
    overdue: tuple[ActionData, ...]
    matter: Matter

    @property
    def changed(self) -> bool:
        """Tell whether the matter's record is to be written."""
        return bool(self.decisions or self.moves or self.issued or self.remedies)


class _Weighed(Struct, frozen=True):
    """One event of the matter after its actions were settled."""

    moves: tuple[Moved, ...]
    issued: tuple[ActionData, ...]
    overdue: tuple[ActionData, ...]
    decision: DecidedAgain | None


def decide_again(  # noqa: PLR0913  # a matter, what is known, and the moment
    matter: Matter,
    entries: Iterable[KnownEntry],
    catalogue: Catalogue,
    *,
    as_of: AsOf,
    subject: str,
    cause: Cause,
) -> Again:
    """Return what *matter* of *subject* (USCC) becomes on its *entries* as they are now.

    *entries*: all that are known of the subject, removed ones too, in any order. Every live action
    moves with its entry, also in a closed matter; while the matter is open the newest stage's event
    may bring new actions as well. The `event_time` of *as_of* is not read: each event has its own.
    With cause `time` reviews past their due day lapse.
    """
    return decide_again_in(matter, scene_of(entries, catalogue, as_of, subject), cause=cause)


def decide_again_in(matter: Matter, scene: Scene, *, cause: Cause) -> Again:
    """Return `decide_again` of *matter* in the *scene* of its subject, made once for many."""
    catalogue = scene.catalogue
    running = is_open(matter, catalogue, scene.as_of.day)
    newest = newest_events(matter, catalogue) if running else ()
    weighed = []
    for event in matter.events:
        own = actions_of(event, matter)
        speaks = any(event is each for each in newest)
        if speaks or any(action.state in LIVE for action in own):
            weighed.append(_weigh(event, own, scene, speaks=speaks, lapses=cause == "time"))
    moves = tuple(move for w in weighed for move in w.moves)
    issued = tuple(action for w in weighed for action in w.issued)
    decisions = tuple(w.decision for w in weighed if w.decision is not None)
    remedies = _remedies(matter, scene, running=running)
    return Again(
        cause=cause,
        moves=moves,
        issued=issued,
        decisions=decisions,
        remedies=remedies,
        overdue=tuple(action for w in weighed for action in w.overdue),
        matter=matter_after(matter, moves, issued, decisions, remedies),
    )


def matter_after(
    matter: Matter,
    moves: Iterable[Moved],
    issued: tuple[ActionData, ...] = (),
    decisions: Iterable[DecidedAgain] = (),
    remedies: Iterable[ActionData] = (),
) -> Matter:
    """Return *matter* with its actions moved, new ones behind them and its events decided again."""
    moved = {move.action.action_id: move.action for move in moves}
    decided = {_identity(d.event): d.event for d in decisions}
    return Matter(
        events=tuple(decided.get(_identity(e), e) for e in matter.events),
        actions=tuple(moved.get(a.action_id, a) for a in matter.actions) + issued,
        closed_on=matter.closed_on,
        remedied=matter.remedied + tuple(a.action_id for a in remedies),
        reviewed=matter.reviewed,
        due=matter.due,
        waits=matter.waits,
    )


def actions_of(event: DecidedEvent, matter: Matter) -> tuple[ActionData, ...]:
    """Return the actions, ended ones too, that *event* brought."""
    return tuple(
        a for a in matter.actions if (a.event.source, a.event.id) == (event.source, event.id)
    )


def _weigh(
    event: DecidedEvent,
    own: tuple[ActionData, ...],
    scene: Scene,
    *,
    speaks: bool,
    lapses: bool,
) -> _Weighed:
    """Settle the *own* actions of *event*; where it *speaks* for the matter, decide it again."""
    ground = ground_of(event, scene)
    moves, overdue = _settle_all(own, ground, scene, lapses=lapses)
    moved = {move.action.action_id: move.action for move in moves}
    after = tuple(moved.get(a.action_id, a) for a in own)
    taken = frozenset(map(key_of_action, own))
    case = ground.case if speaks else None
    burdens = fresh_burdens(case, ground.matches, taken)
    place = None if ground.case is None else ground.case.place
    standing, day = scene.as_of.standing, scene.as_of.day
    verdict = verdict_of((*after, *burdens), place, standing, day=day)
    rewards = fresh_rewards(case, ground, taken, verdict)
    issued = (*burdens, *rewards.actions)
    actions = _sorted((*after, *issued))
    told = (*ground.quiet, *ground.matches.reasons, *rewards.reasons)
    others = other_reasons(told, actions) if case is not None else event.reasons
    news = (verdict.value, others) != (event.verdict, event.reasons)
    if not moves and not issued and not (news and case is not None):
        return _Weighed((), (), overdue, None)
    decided = replace(event, sequence=event.sequence + 1, verdict=verdict.value, reasons=others)
    decision = DecidedAgain(
        event=decided,
        data=ground.data,
        reasons=in_order([*told, *reasons_of(actions, scene.catalogue)]),
        entries=_references(ground, rewards, actions, scene),
        actions=actions,
    )
    return _Weighed(moves, issued, overdue, decision)


def _settle_all(
    own: tuple[ActionData, ...], ground: Ground, scene: Scene, *, lapses: bool
) -> tuple[tuple[Moved, ...], tuple[ActionData, ...]]:
    """Return the moves of the *own* actions, and those of them whose review is overdue today."""
    moves: list[Moved] = []
    overdue: list[ActionData] = []
    catalogue, day = scene.catalogue, scene.as_of.day
    for action in own:
        move = settle(action, ground, scene)
        if move is not None:
            move = with_notice(move, catalogue, day)
            moves.append(move)
        current = action if move is None else move.action
        if not lapses or current.state != ActionState.AWAITING_REVIEW:
            continue
        step = lapse(current, day)
        if isinstance(step, Moved):
            moves.append(with_notice(step, catalogue, day))
        elif isinstance(step, Overdue):
            overdue.append(current)
    return tuple(moves), tuple(overdue)


def _remedies(matter: Matter, scene: Scene, *, running: bool) -> tuple[ActionData, ...]:
    """Return the past actions, not named before, that rest on an entry that never was.

    Past is what ended before, and everything in a matter that is closed.
    """
    return tuple(
        action
        for action in matter.actions
        if (entry := scene.known.get((action.entry.list_code, action.entry.entry_id))) is not None
        and entry.change.removal_reason == RemovalReason.ANNULLED.value
        and action.reason != RemovalReason.ANNULLED.value
        and (action.state not in LIVE or not running)
        and action.action_id not in matter.remedied
    )


def _references(
    ground: Ground, rewards: Rewards, actions: tuple[ActionData, ...], scene: Scene
) -> tuple[EntryRef, ...]:
    """Return the entries that were looked at and those that some action rests or rested on."""
    rewarded = any(action.polarity == Polarity.REWARD for action in actions)
    masking = ground.joined.masking if rewarded else rewards.masked_by
    references = {entry.ref for entry in (*ground.matches.looked_at, *masking)}
    for action in actions:
        ref = action.entry
        entry = scene.known.get((ref.list_code, ref.entry_id))
        revision = ref.revision if entry is None else entry.change.revision
        references.add(EntryRef(ref.list_code, ref.entry_id, revision))
    return tuple(sorted(references, key=lambda r: (r.list_code, r.entry_id, r.revision)))


def _identity(event: DecidedEvent) -> tuple[str, str]:
    return event.source, event.id


def _sorted(actions: Iterable[ActionData]) -> tuple[ActionData, ...]:
    return tuple(sorted(actions, key=key_of_action))
