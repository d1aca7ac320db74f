"""What is revised when the catalogue gets a calendar, from a file of facts and without a broker."""

from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from schemas.feedback import Feedback  # noqa: TC001
from streams.reporting.closing import closed_spans, in_question, unpublished
from streams.reporting.fact_store import FactStore
from streams.reporting.read_facts import FactBatch
from streams.reporting.report_log import Published, ReportLog
from streams.reporting.report_message import numbers_of
from streams.rules.periods import Span
from tests.rules.feedback_oracle import expected
from tests.rules.terms import KNOWN, UNKNOWN, law_of
from tests.rules.test_feedback_report import DEPARTMENTS, facts
from tests.streams.feedback_check import holds
from tests.streams.feedback_log import SyntheticLog, raw_of

FIRST, END = date(2026, 6, 25), date(2026, 7, 1)
LOG = SyntheticLog(11, FIRST, 6)


class MemoryReportLog(ReportLog):
    """The reports of a list."""

    def __init__(self) -> None:
        self.all: list[Feedback] = []

    def published(self, span: Span) -> Mapping[str, Published]:
        """Return the newest report of each department."""
        found = {}
        for data in (report.data for report in self.all):
            if (data.period, data.from_) == (span.period, span.first):
                numbers = numbers_of(data.counts, data.measures, data.reconciled)
                found[data.department] = Published(data.revision, numbers, None)
        return found


def opened(folder: Path, law: Mapping[str, Any]) -> FactStore:
    """Return the file of facts as a worker with that catalogue opens it, filled."""
    store = FactStore(folder / "facts.sqlite3", {"credit.tallies": "one"}, law_of(law))
    if not store.positions():
        known = facts(raw_of(LOG.sent))
        batch = FactBatch(
            list(known.tallies), [], list(known.changes), list(known.answers), began_on=FIRST
        )
        store.take(batch, {("credit.tallies", 0): 1})
    return store


def close(store: FactStore, log: MemoryReportLog) -> int:
    """Publish what is due, as the closer does; return how many periods were looked at."""
    with store.snapshot() as seen:
        turn, touched = seen.touched()
        spans = in_question(seen, END, log, touched)
        for span in spans:
            log.all += [each.report for each in unpublished(seen, span, DEPARTMENTS, log)]
    store.forget_touched(turn)
    return len(spans)


def test_a_closed_report_is_revised_where_a_term_counted_again_changes_it_and_else_stays(
    tmp_path: Path,
) -> None:
    log = MemoryReportLog()
    with closing(opened(tmp_path / "one", UNKNOWN)) as store:
        close(store, log)
    first = list(log.all)
    holds(first, LOG.sent, DEPARTMENTS, UNKNOWN)
    with closing(opened(tmp_path / "one", KNOWN)) as store:
        close(store, log)
        assert close(store, log) == 0
    holds(log.all, LOG.sent, DEPARTMENTS, KNOWN)
    spans = {(r.data.period, r.data.from_, r.data.until) for r in first}
    changed = set()
    for kind, *days in spans:
        one, other = (
            expected(raw_of(LOG.sent), *days, DEPARTMENTS, law) for law in (UNKNOWN, KNOWN)
        )
        changed |= {(kind, days[0], who) for who in one if one[who] != other[who]}
    revised = [(r.data.period, r.data.from_, r.data.department) for r in log.all[len(first) :]]
    assert set(revised) == changed
    assert 0 < len(revised) == len(changed) < len(first)


def test_a_file_that_is_filled_anew_says_what_one_that_was_counted_again_says(
    tmp_path: Path,
) -> None:
    log = MemoryReportLog()
    for law in (UNKNOWN, KNOWN):
        with closing(opened(tmp_path / "one", law)) as store:
            close(store, log)
    with closing(opened(tmp_path / "two", KNOWN)) as rebuilt, rebuilt.snapshot() as seen:
        found = [unpublished(seen, span, DEPARTMENTS, log) for span in closed_spans(seen, END)]
    assert found
    assert not any(found)
