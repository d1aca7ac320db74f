"""Individual businesses （个体工商户): name and code may lead to a person: not told in full."""

from schemas.uscc import is_individual_business

MASK = "个体工商户（名称已遮蔽）"
_SHOWN = 12  # of a code: class, division, and no more than that tells


def shown_code(uscc: str) -> str:
    """Return *uscc*; of an individual business without its last six characters."""
    return uscc[:_SHOWN] + "******" if is_individual_business(uscc) else uscc


def shown_name(uscc: str, name: str) -> str:
    """Return the *name* of the organisation *uscc* as others may see it."""
    return MASK if is_individual_business(uscc) else name


def shown_text(uscc: str, text: str, *names: str) -> str:
    """Return *text* about the organisation *uscc* without its *names* if they are to be masked."""
    if not is_individual_business(uscc):
        return text
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, MASK)
    return text
