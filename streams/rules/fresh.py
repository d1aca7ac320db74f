"""What a matter that is decided again gets that it did not have before.

A burden that the law would let take effect by itself is referred to an officer: nobody is stopped
after the fact without a human. Rewards come as they always do, with a pass alone.
"""

from schemas.decision import Verdict
from schemas.lean import ActionData
from schemas.measure import Polarity
from streams.rules.grading import obstacles, reasons_for
from streams.rules.ground import Ground, Key, key_of_match
from streams.rules.issuing import Case, issue
from streams.rules.matching import Match, Matches
from streams.rules.reasons import ReasonCode
from streams.rules.rewards import Rewards, grant


def fresh_burdens(
    case: Case | None, matches: Matches, taken: frozenset[Key]
) -> tuple[ActionData, ...]:
    """Return the punishing and supervising actions to issue, none of them a block in force.

    *taken*: what the event has or once had, which does not come back. Without a *case* nothing is
    issued.
    """
    if case is None:
        return ()
    return tuple(
        issue(case, match.candidate, match.entry, until=match.until, why=_why(case, match))
        for match in matches.found
        if _is_new(match, taken) and match.candidate.measure.polarity is not Polarity.REWARD
    )


def fresh_rewards(
    case: Case | None, ground: Ground, taken: frozenset[Key], verdict: Verdict
) -> Rewards:
    """Return the rewards to issue under *verdict*, why others are withheld, and what masks them."""
    if case is None:
        return Rewards()
    earned = [
        match
        for match in ground.matches.found
        if _is_new(match, taken) and match.candidate.measure.polarity is Polarity.REWARD
    ]
    return grant(case, earned, ground.joined, verdict)


def _is_new(match: Match, taken: frozenset[Key]) -> bool:
    return not match.candidate.measure.shadow and key_of_match(match) not in taken


def _why(case: Case, match: Match) -> tuple[ReasonCode, ...]:
    """Return why the action starts as it does; nothing that is decided again blocks by itself."""
    failing = obstacles(
        match.candidate, match.entry, case.place, case.as_of.standing, individual=case.individual
    )
    late = failing or (ReasonCode.CHANGED_AFTER_DECISION,)
    return reasons_for(match.candidate.measure.effect, late)
