"""What a printable report calls things: Chinese, English."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from consumers.feedback.assessment.page import Both

Words = Mapping[str, Both]

NOT_EXECUTED: Words = MappingProxyType(
    {
        "already_decided": ("事项已办结", "already decided"),
        "no_longer_applies": ("不再适用", "no longer applies"),
        "discretion_not_used": ("裁量后未采取", "discretion not used"),
        "legal_obstacle": ("存在法律障碍", "legal obstacle"),
        "subject_withdrew": ("申请人撤回申请", "subject withdrew"),
        "objection_pending": ("异议处理中", "objection pending"),
        "other": ("其他", "other"),
    }
)
WITHDRAWN: Words = MappingProxyType(
    {
        "repaired": ("信用修复", "repaired"),
        "expired": ("期限届满", "expired"),
        "annulled": ("认定被撤销", "annulled"),
        "corrected": ("更正", "corrected"),
        "early": ("提前移出", "removed early"),
        "superseded": ("后续环节替代", "superseded by a later stage"),
        "overturned": ("复核撤销", "overturned on review"),
        "other": ("其他", "other"),
    }
)
SUMS: Words = MappingProxyType(
    {
        "tallied and decided: pass": ("通过: 计数与首次决定", "pass: tallied, first decisions"),
        "tallied and decided: hold": ("暂缓: 计数与首次决定", "hold: tallied, first decisions"),
        "tallied and decided: deny": ("不予通过: 计数与首次决定", "deny: tallied, first decisions"),
        "receipts and those for an action of the department": (
            "回执: 收到与对应本部门措施",
            "receipts: all, those for an action of the department",
        ),
    }
)
TITLES: Words = MappingProxyType(
    {
        "half": (
            "信用联合奖惩半年评估报告",
            "Half-year assessment of joint credit rewards and punishments",
        ),
        "month": (
            "信用联合奖惩月度报告",
            "Monthly report of joint credit rewards and punishments",
        ),
    }
)
BLANKS: Sequence[Both] = (
    ("编制", "prepared by"),
    ("审核", "checked by"),
    ("批准", "approved by"),
    ("日期", "date"),
)
HOW_COUNTED: Sequence[Both] = (
    (
        "数字取自已关闭的反馈报告, 期间按业务时间 (北京时间) 划分; 迟到数据见更正版本。",
        (
            "Figures are those of closed feedback reports; periods are of business time in "
            "Shanghai. Late data makes a new revision and never edits one."
        ),
    ),
    (
        "执行以本部门在期内最后一份回执为准; 期满仍生效且无回执的为逾期, 每项措施只计一次。",
        (
            "An action counts as its department's last receipt in the period says; it is overdue "
            "once, if it was in force without a receipt when its term passed."
        ),
    ),
    (
        "用时从措施作出到执行, 取实际出现的值 (最近秩法); 及时率为按期首次回执占全部首次回执之比。",
        (
            "Times run from issue to execution and are values that were seen (nearest rank); "
            "timeliness is the share of first receipts that came in their term."
        ),
    ),
)


def named(words: Words, code: str) -> Both:
    """Return what *code* is called; a code that nobody here knows stands for itself."""
    return words.get(code, (code, code))
