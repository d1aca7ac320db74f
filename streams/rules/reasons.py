"""Why a decision came out as it did: a closed set of codes, each with its words for humans."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
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
    CHANGED_AFTER_DECISION = "changed-after-decision"
    AFTER_GATE = "after-gate"
    UNKNOWN_ITEM = "unknown-item"
    INDIVIDUAL_BUSINESS = "individual-business"
    MEASURE_APPLIES = "measure-applies"
    ENDED_BEFORE_DECISION = "ended-before-decision"
    OUT_OF_SCOPE = "out-of-scope"
    TERM_OVER = "term-over"
    REWARD_WITHHELD = "reward-withheld"
    REWARD_MASKED = "reward-masked"
    RECOGNISED_LISTING = "recognised-listing"
    SHOWN_LISTING = "shown-listing"
    ITEM_EXCLUDED = "item-excluded"
    NO_CONSENT = "no-consent"
    ENTRY_SUSPENDED = "entry-suspended"
    ENTRY_RESUMED = "entry-resumed"
    MASK_GONE = "mask-gone"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    ANNULLED = "annulled"
    CORRECTED = "corrected"
    EARLY = "early"
    SUPERSEDED = "superseded"
    OVERTURNED = "overturned"
    REVIEW_CONFIRMED = "review-confirmed"
    REVIEW_DISMISSED = "review-dismissed"
    REVIEW_LAPSED = "review-lapsed"


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
        ReasonCode.CHANGED_AFTER_DECISION: (
            "首次决定之后名单才有此变化，不追溯限制，转人工复核",
            "the lists changed after the first decision: refer at most",
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
        ReasonCode.RECOGNISED_LISTING: (
            "外地认定，依互认协议在本市有效",
            "a listing of another place, in force here under an agreement on recognition",
        ),
        ReasonCode.SHOWN_LISTING: (
            "外地认定，本市未承认其效力，仅供参考",
            "a listing of another place without effect here: for information",
        ),
        ReasonCode.ITEM_EXCLUDED: (
            "本事项不适用该激励",
            "this item does not allow the reward",
        ),
        ReasonCode.NO_CONSENT: (
            "未经主体书面同意，不推送",
            "nothing is passed on without the organisation's consent",
        ),
        ReasonCode.ENTRY_SUSPENDED: (
            "列入已中止，措施同时中止",
            "the listing is suspended, and the measure with it",
        ),
        ReasonCode.ENTRY_RESUMED: (
            "列入已恢复，措施同时恢复",
            "the listing is resumed, and the measure with it",
        ),
        ReasonCode.MASK_GONE: (
            "主体已不在严重失信或重点关注名单内，恢复激励",
            "no longer on a serious or focus list: the reward is resumed",
        ),
        ReasonCode.REPAIRED: (
            "信用已修复，措施解除",
            "the credit is repaired: the measure is lifted",
        ),
        ReasonCode.EXPIRED: ("期限已满，措施解除", "the term is over: the measure is lifted"),
        ReasonCode.ANNULLED: (
            "列入被撤销，自始无效，措施解除",
            "the listing is annulled, void from the start: the measure is lifted",
        ),
        ReasonCode.CORRECTED: (
            "列入信息已更正，措施不再适用",
            "the listing is corrected: the measure no longer applies",
        ),
        ReasonCode.EARLY: ("提前移出名单，措施解除", "removed early: the measure is lifted"),
        ReasonCode.SUPERSEDED: (
            "事项已进入后续阶段，由其措施代替",
            "a later stage of the matter takes its place",
        ),
        ReasonCode.OVERTURNED: (
            "经异议或者监督程序撤销",
            "overturned by a human",
        ),
        ReasonCode.REVIEW_CONFIRMED: ("经人工复核确认", "confirmed by an officer"),
        ReasonCode.REVIEW_DISMISSED: (
            "经人工复核，不采取该措施",
            "an officer decided against it",
        ),
        ReasonCode.REVIEW_LAPSED: (
            "逾期未复核，视为不采取该措施",
            "nobody reviewed it in time: not taken",
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
        zh, en = f"{spec.title.zh}：{zh}", f"{spec.title.en}: {en}"
    if measure is not None:
        zh, en = f"{measure.title.zh}；{zh}", f"{measure.title.en}; {en}"
    return DecisionReason(
        code=code.value,
        zh=zh,
        en=en,
        measure_id=None if measure is None else measure.id,
        list_code=None if spec is None else spec.code,
        entry_id=entry_id,
    )


@lru_cache(maxsize=1024)  # the same few reasons, thousands of times in one sweep
def words_of(codes: str | None) -> tuple[str, str]:
    """Return the words, Chinese and English, of *codes* with commas between; no code, no words."""
    known = [_WORDS[code] for code in ReasonCode if code.value in (codes or "").split(",")]
    return "；".join(zh for zh, _ in known), "; ".join(en for _, en in known)


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
