"""What effects of measures are called, for people: Chinese, English."""

from collections.abc import Mapping
from types import MappingProxyType

EFFECTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "block": ("拦截", "block"),
        "refer": ("转人工复核", "refer"),
        "clawback": ("追回", "claw back"),
        "normal_channel": ("不适用便利措施", "normal channel"),
        "inspect_up": ("提高检查比例", "more inspections"),
        "priority": ("优先办理", "priority"),
        "accept_with_gaps": ("容缺受理", "accept with gaps"),
        "tie_break": ("同等条件优先", "tie-break"),
        "prefill": ("预填信息", "prefill"),
        "flag": ("提示", "flag"),
        "recommend": ("推荐", "recommend"),
        "inspect_down": ("降低检查比例", "fewer inspections"),
        "offer_commitment": ("告知承诺", "offer commitment"),
        "fee_reduction": ("费用减免", "fee reduction"),
        "push_financing": ("融资推送", "push to financing"),
    }
)
