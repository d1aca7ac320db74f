"""Holds published reports to the independent batch job over the same messages."""

from collections.abc import Mapping, Sequence
from datetime import date  # noqa: TC003
from typing import Any

from schemas.feedback import Feedback
from tests.rules.feedback_oracle import expected
from tests.rules.terms import KNOWN
from tests.streams.feedback_log import Sent, raw_of


def holds(
    published: Sequence[Feedback],
    sent: Sequence[Sent],
    departments: list[str],
    law: Mapping[str, Any] = KNOWN,
) -> None:
    """Compare the newest revision of every report, field by field, and look at the revisions."""
    newest: dict[tuple[date, date], dict[str, Any]] = {}
    seen: dict[tuple[str, str, date], str] = {}
    revisions: set[tuple[str, str, date, int]] = set()
    for report in published:
        data = report.data
        of = data.department, data.period, data.from_
        assert (*of, data.revision) not in revisions, "published twice"
        revisions.add((*of, data.revision))
        # Each revision corrects the one before it, and the first one none.
        assert data.correction_of == seen.get(of)
        assert data.revision == 0 or (*of, data.revision - 1) in revisions
        seen[of] = data.report_id
        newest.setdefault((data.from_, data.until), {})[data.department] = {
            "counts": data.counts.model_dump(),
            "measures": [line.model_dump() for line in data.measures],
        }
    assert newest
    for (first, end), told in newest.items():
        assert told == expected(raw_of(sent), first, end, departments, law), (first, end)
