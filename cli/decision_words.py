"""The closed words of decisions and actions, for people: Chinese, English."""

from collections.abc import Mapping
from types import MappingProxyType

Words2 = Mapping[str, tuple[str, str]]

VERDICTS: Words2 = MappingProxyType(
    {
        "pass": ("通过", "pass"),
        "hold": ("暂缓, 待人工复核", "hold"),
        "deny": ("不予通过", "deny"),
    }
)
STATES: Words2 = MappingProxyType(
    {
        "in_force": ("已生效", "in force"),
        "awaiting_review": ("待复核", "awaiting review"),
        "suspended": ("已中止", "suspended"),
        "withdrawn": ("已撤回", "withdrawn"),
        "dismissed": ("不予采取", "dismissed"),
    }
)
CHANGES: Words2 = MappingProxyType(
    {
        "issued": ("作出", "issued"),
        "confirmed": ("确认", "confirmed"),
        "dismissed": ("不予采取", "dismissed"),
        "suspended": ("中止", "suspended"),
        "resumed": ("恢复", "resumed"),
        "amended": ("变更", "amended"),
        "withdrawn": ("撤回", "withdrawn"),
    }
)
POLARITIES: Words2 = MappingProxyType(
    {
        "punish": ("惩戒", "punishment"),
        "reward": ("激励", "reward"),
        "supervise": ("监管", "supervision"),
    }
)
FORCES: Words2 = MappingProxyType(
    {
        "mandatory": ("应当", "mandatory"),
        "discretionary": ("可以", "discretionary"),
    }
)


def in_words(words: Words2, code: str) -> tuple[str, str]:
    """Return the Chinese and English word for *code*, itself where a later version made it."""
    return words.get(code, (code, code))
