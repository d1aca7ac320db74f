"""Why a decision came out as it did: a closed set of codes, each with its words for humans."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from schemas.lean import DecisionReason
from schemas.measure import Measure
from schemas.registry import ListSpec


class ReasonCode(StrEnum):
    """The codes of `reasons`, in the order in which a decision tells them."""

    BLOCKED = "blocked"
    NEEDS_REVIEW = "needs-review"
    UNVERIFIED_MEASURE = "unverified-measure"
    NOT_MANDATORY = "not-mandatory"
    NOT_IMPLEMENTER = "not-implementer"
    STALE_LIST = "stale-list"
    LIST_NEVER_PUBLISHED = "list-never-published"
    BEGAN_AFTER_EVENT = "began-after-event"
    AFTER_GATE = "after-gate"
    UNKNOWN_ITEM = "unknown-item"
    INDIVIDUAL_BUSINESS = "individual-business"
    MEASURE_APPLIES = "measure-applies"
    ENDED_BEFORE_DECISION = "ended-before-decision"
    OUT_OF_SCOPE = "out-of-scope"
    TERM_OVER = "term-over"
    REWARD_WITHHELD = "reward-withheld"
    REWARD_MASKED = "reward-masked"
    ITEM_EXCLUDED = "item-excluded"
    NO_CONSENT = "no-consent"


_WORDS: Mapping[ReasonCode, tuple[str, str]] = MappingProxyType(
    {
        ReasonCode.BLOCKED: ("依法应当限制，已自动生效", "the law commands it: in force by itself"),
        ReasonCode.NEEDS_REVIEW: (
            "依法可以采取，由实施部门人工复核决定",
            "the law leaves it to an officer: awaiting review",
        ),
        ReasonCode.UNVERIFIED_MEASURE: (
            "措施依据尚未核实，转人工复核",
            "the measure's basis is not verified: refer at most",
        ),
        ReasonCode.NOT_MANDATORY: (
            "措施并非法定应当采取，转人工复核",
            "the measure is not mandatory: refer at most",
        ),
        ReasonCode.NOT_IMPLEMENTER: (
            "办理部门不是该措施的实施主体，转人工复核",
            "this department does not implement the measure: refer at most",
        ),
        ReasonCode.STALE_LIST: (
            "名单超过约定时间未更新或核对不符，不据此自动限制，也不给予激励",
            "the list is older than promised or does not add up: no automatic block, no reward",
        ),
        ReasonCode.LIST_NEVER_PUBLISHED: (
            "所需名单从未发布，无法判断",
            "a list that is needed here has never been published",
        ),
        ReasonCode.BEGAN_AFTER_EVENT: (
            "列入时间晚于事项发生时间，转人工复核",
            "the listing began after the event: refer at most",
        ),
        ReasonCode.AFTER_GATE: (
            "事项已作出决定，不能自动限制，转人工复核",
            "the matter is past its decision: refer at most",
        ),
        ReasonCode.UNKNOWN_ITEM: (
            "事项未登记，不自动限制",
            "the item is not registered: never blocked by itself",
        ),
        ReasonCode.INDIVIDUAL_BUSINESS: (
            "个体工商户不自动限制，转人工复核",
            "an individual business is never blocked without a human",
        ),
        ReasonCode.MEASURE_APPLIES: ("措施适用", "the measure applies"),
        ReasonCode.ENDED_BEFORE_DECISION: (
            "列入在决定之前已经结束，不予惩戒或激励",
            "the listing was over before the decision: it has no effect",
        ),
        ReasonCode.OUT_OF_SCOPE: (
            "列入只限于特定事项，本事项不在其内",
            "the listing is limited to other items",
        ),
        ReasonCode.TERM_OVER: ("措施的法定期限已满", "the term that the law allows is over"),
        ReasonCode.REWARD_WITHHELD: (
            "本次未获通过，不给予激励",
            "no reward without a pass",
        ),
        ReasonCode.REWARD_MASKED: (
            "主体同时在严重失信或重点关注名单内，暂停激励",
            "no reward while on a serious or focus list",
        ),
        ReasonCode.ITEM_EXCLUDED: (
            "本事项不适用该激励",
            "this item does not allow the reward",
        ),
        ReasonCode.NO_CONSENT: (
            "未经主体书面同意，不推送",
            "nothing is passed on without the organisation's consent",
        ),
    }
)
_ORDER = {code.value: rank for rank, code in enumerate(ReasonCode)}


def reason_of(
    code: ReasonCode,
    *,
    measure: Measure | None = None,
    spec: ListSpec | None = None,
    entry_id: str | None = None,
) -> DecisionReason:
    """Return the reason *code* with what it is about; never a name, never an identifier of one."""
    zh, en = _WORDS[code]
    if spec is not None:
        zh, en = f"{spec.title.zh}:{zh}", f"{spec.title.en}: {en}"
    if measure is not None:
        zh, en = f"{measure.title.zh};{zh}", f"{measure.title.en}; {en}"
    return DecisionReason(
        code=code.value,
        zh=zh,
        en=en,
        measure_id=None if measure is None else measure.id,
        list_code=None if spec is None else spec.code,
        entry_id=entry_id,
    )


def in_order(reasons: list[DecisionReason]) -> tuple[DecisionReason, ...]:
    """Return *reasons* without repetition in the one order that depends on nothing else."""
    if len(reasons) > 1:
        reasons = sorted(dict.fromkeys(reasons), key=_rank)
    return tuple(reasons)


def _rank(reason: DecisionReason) -> tuple[int, str, str, str]:
    return (
        _ORDER[reason.code],
        reason.list_code or "",
        reason.entry_id or "",
        reason.measure_id or "",
    )
