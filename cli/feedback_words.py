"""What the commands on reports share: periods in words, whom a report is of, sums that disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from cli.checked_options import uscc_option
from streams.rules.feedback_report import CITY
from streams.rules.periods import Period, Span

if TYPE_CHECKING:
    import click

    from cli.import_words import Words
    from schemas.feedback import FeedbackData
    from schemas.feedback_counts import AgreeingSum

PERIODS: tuple[str, ...] = get_args(Period)
_WORDS = {"day": "日", "week": "周", "month": "月", "half": "半年"}


def department_option(
    context: click.Context, option: click.Parameter, text: str | None
) -> str | None:
    """Return `city` or a department's code. Raises: click.BadParameter for anything else."""
    if text is not None and text.lower() == CITY:
        return CITY
    return uscc_option(context, option, text)


def span_words(span: Span, say: Words) -> str:
    """Return a period as people read it; its end is the first day that is out of it."""
    return f"{say(_WORDS[span.period], span.period)} {span.first}..{span.end}"


def disagreeing(data: FeedbackData) -> list[AgreeingSum]:
    """Return the sums of a report that should be equal and are not."""
    return [total for total in data.reconciled.sums if total.left != total.right]
