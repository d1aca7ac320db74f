"""Publishing reports: one writer at a time, a period whole or not at all."""

import gc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from infra.embedded import EmbeddedServices
from infra.topics import Topics
from infra.wanted_topics import Topic
from schemas import topics
from schemas.errors import RetryLaterError
from schemas.feedback import Feedback
from streams.reporting.report_log import ReportLog, ReportWriter
from streams.reporting.report_message import make_report, report_id, to_bytes
from streams.rules.feedback_report import Facts, reports
from streams.rules.periods import Span
from tests.rules.terms import KNOWN, law_of
from tests.rules.test_feedback_report import DEPARTMENTS
from tests.streams.feedback_worker import Reports

SPAN = Span("day", date(2026, 6, 18), date(2026, 6, 19))


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[str]:
    with EmbeddedServices(tmp_path / "broker", with_redis=False) as running:
        Topics(running.kafka).apply([Topic(topics.FEEDBACK, 1, 1, {})])
        yield running.kafka
        gc.collect()


def nil(revision: int = 0) -> list[Feedback]:
    told = reports(Facts(), SPAN.first, SPAN.end, DEPARTMENTS, law_of(KNOWN))
    return [make_report(name, SPAN, report, revision) for name, report in told.items()]


def test_a_writer_who_was_put_out_publishes_nothing(kafka: str) -> None:
    first = ReportWriter(kafka, "test")
    second = ReportWriter(kafka, "test")
    with pytest.raises(RetryLaterError):
        first.publish(nil())
    second.publish(nil(1))
    found = Reports(kafka)
    assert found.all() == nil(1)
    found.close()


def test_what_is_published_is_read_once_and_the_newest_revision_stands(kafka: str) -> None:
    log = ReportLog(kafka)
    log.refresh()
    assert log.published(SPAN) == {}
    writer = ReportWriter(kafka, "test")
    for revision in (0, 1):
        writer.publish(nil(revision))
        log.refresh()
        newest = log.published(SPAN)
        assert {name: known.revision for name, known in newest.items()} == dict.fromkeys(
            [*DEPARTMENTS, "city"], revision
        )
    log.close()


def test_a_report_is_the_same_bytes_whoever_makes_it_and_names_what_it_corrects() -> None:
    assert [to_bytes(one) for one in nil(1)] == [to_bytes(other) for other in nil(1)]
    for before, after in zip(nil(0), nil(1), strict=True):
        assert after.data.correction_of == before.data.report_id == before.id
        assert before.data.correction_of is None
        assert after.data.report_id == report_id(after.subject, "day", SPAN.first, 1)
    # Written down once: identities must never change (contracts F).
    assert report_id("city", "day", SPAN.first, 0) == "255dc213-7665-5589-8b40-d5d125b46892"
