"""A code as people may see it: that of an individual business may lead to a person."""

from schemas.uscc import is_individual_business

_SHOWN = 12


def masked(uscc: str) -> str:
    """Return *uscc*; of an individual business (92…) without its last six characters."""
    return uscc[:_SHOWN] + "******" if is_individual_business(uscc) else uscc
