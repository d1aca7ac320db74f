"""Rewards: they ride along on a pass, and only where nothing that is known or missing forbids.

Source: 发改财金规〔2017〕1798号 (十九): who is on a serious or focus list loses its rewards.
"""

from collections.abc import Sequence

from msgspec import Struct

from schemas.decision import Verdict
from schemas.lean import ActionData, DecisionReason
from schemas.measure import Effect
from streams.rules.grading import reasons_for
from streams.rules.issuing import Case, issue
from streams.rules.join import MASKING, Joined, JoinedEntry
from streams.rules.matching import Match
from streams.rules.reasons import ReasonCode, reason_of


class Rewards(Struct, frozen=True):
    """The reward actions of a decision, why others are withheld, the entries that mask them."""

    actions: tuple[ActionData, ...] = ()
    reasons: tuple[DecisionReason, ...] = ()
    masked_by: tuple[JoinedEntry, ...] = ()


def grant(case: Case, earned: Sequence[Match], joined: Joined, verdict: Verdict) -> Rewards:
    """Return what becomes of the rewards *earned* under *verdict*."""
    if not earned:
        return Rewards()
    masking = joined.masking
    actions: list[ActionData] = []
    reasons: list[DecisionReason] = []
    for match in earned:
        doubtful = _doubtful_lists(case, match)
        if verdict is not Verdict.PASS:
            code: ReasonCode | None = ReasonCode.REWARD_WITHHELD
        elif masking:
            code = ReasonCode.REWARD_MASKED
        elif doubtful:
            reasons += doubtful
            continue
        else:
            code = _refusal(case, match)
        if code is None:
            why = _why(match)
            actions.append(issue(case, match.candidate, match.entry, until=match.until, why=why))
            reasons += [_about(reason, match) for reason in why]
        else:
            reasons.append(_about(code, match))
    return Rewards(tuple(actions), tuple(reasons), masking)


def _doubtful_lists(case: Case, match: Match) -> list[DecisionReason]:
    """Return the lists that must be fresh for a reward and are not: its own and all that mask."""
    standing = case.as_of.standing
    reasons = []
    for code, spec in sorted(case.catalogue.lists.items()):
        if code != match.entry.spec.code and spec.kind not in MASKING:
            continue
        if code in standing.missing:
            reasons.append(reason_of(ReasonCode.LIST_NEVER_PUBLISHED, spec=spec))
        elif code in standing.stale:
            reasons.append(reason_of(ReasonCode.STALE_LIST, spec=spec))
    return reasons


def _refusal(case: Case, match: Match) -> ReasonCode | None:
    """Return what in the item or the event itself refuses the reward (contracts C)."""
    if not match.candidate.item_allows:
        return ReasonCode.ITEM_EXCLUDED
    if match.candidate.measure.effect is Effect.PUSH_FINANCING:
        consent = case.event.data.attributes.get("financing_consent")
        return None if consent is True else ReasonCode.NO_CONSENT
    return None


def _why(match: Match) -> tuple[ReasonCode, ...]:
    return reasons_for(match.candidate.measure.effect, ())


def _about(code: ReasonCode, match: Match) -> DecisionReason:
    return reason_of(
        code,
        measure=match.candidate.measure,
        spec=match.entry.spec,
        entry_id=match.entry.known.change.entry_id,
    )
