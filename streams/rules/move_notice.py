"""What an organisation is told when an action about it moves: lifted, paused, going on again.

The notice says so in its term; facts, articles and ways to object stay as they were served.
Source: 国办发〔2020〕49号 (七): who is off the list is told that the measures end.
"""

from datetime import date

from msgspec.structs import replace

from schemas.action import ActionChange, ActionState
from schemas.lean import ActionData
from streams.rules.catalogue import Catalogue
from streams.rules.notice import day_of, term_of
from streams.rules.reasons import words_of
from streams.rules.transitions import Moved

_ENDED = {
    ActionChange.WITHDRAWN: "本措施自{day}起解除{why}。",
    ActionChange.DISMISSED: "本措施自{day}起不予采取{why}。",
    ActionChange.SUSPENDED: "本措施自{day}起中止，中止期间不执行{why}。",
}
_GOES_ON = frozenset({ActionChange.RESUMED, ActionChange.CONFIRMED})


def with_notice(move: Moved, catalogue: Catalogue, day: date) -> Moved:
    """Return *move* of the legal day *day* with the notice that tells of it, in Chinese.

    An amendment has brought its own. A measure that the catalogue no longer has says only that the
    action goes on.
    """
    action = move.action
    asleep = action.state == ActionState.SUSPENDED and move.change is ActionChange.AMENDED
    ended = _ENDED.get(ActionChange.SUSPENDED if asleep else move.change)
    if ended is not None:
        why, _ = words_of(action.reason)
        return _saying(move, ended.format(day=day_of(day), why=f"（{why}）" if why else ""))
    if move.change not in _GOES_ON:
        return move
    return _saying(move, _going_on(action, catalogue, day))


def _going_on(action: ActionData, catalogue: Catalogue, day: date) -> str:
    measure = catalogue.measure(action.measure.id)
    if measure is None:
        return f"本措施自{day_of(day)}起继续执行。"
    return term_of(measure, action.from_, action.until)


def _saying(move: Moved, term: str) -> Moved:
    notice = replace(move.action.notice, term=term)
    return Moved(replace(move.action, notice=notice), move.change)
