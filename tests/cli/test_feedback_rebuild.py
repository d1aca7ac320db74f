"""`feedback rebuild`, `list` and `show` beside a broker: against the independent batch job."""

import gc
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from infra.embedded import EmbeddedServices
from infra.kafka import consumer_config
from infra.settings import Settings
from infra.topics import Topics
from infra.wanted_topics import Topic
from schemas import topics
from schemas.feedback import Feedback
from streams.catalogue_in_force import load_catalogue
from streams.rules.periods import spans_of
from tests.cli.conftest import Run
from tests.rules.feedback_oracle import expected
from tests.rules.terms import catalogue_law
from tests.streams.feedback_log import COUNTS, Sent, SyntheticLog, publish, raw_of

LAW = catalogue_law()
FIRST, DAYS = date(2025, 5, 12), 9  # a Monday; the week ends within, and a month follows without
END = date(2025, 7, 1)
WINDOW = ("--from", "2025-01-01", "--until", END.isoformat())
# From the day before, of which events of the first day tell.
DUE = [date(2025, 5, 11) + timedelta(days=n) for n in range(51)]
AFTER = FIRST + timedelta(days=DAYS + 5)


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded broker of its own."""
    with EmbeddedServices(tmp_path_factory.mktemp("broker"), with_redis=False) as running:
        Topics(running.kafka).apply([Topic(name, n, 1, {}) for name, n in COUNTS.items()])
        yield running.kafka
        gc.collect()


@pytest.fixture
def departments() -> list[str]:
    return sorted(load_catalogue(Settings()).departments)


@pytest.fixture
def log(departments: list[str]) -> SyntheticLog:
    measures = sorted(LAW["days"])
    return SyntheticLog(7, FIRST, DAYS, departments=departments[:3], measures=measures)


@pytest.fixture
def beside(run: Run, broker: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", broker)
    return run


def published(broker: str) -> list[Message]:
    """Return what lies on credit.feedback."""
    reader = Consumer(consumer_config(broker, "tests", enable_partition_eof=True))
    reader.assign([TopicPartition(topics.FEEDBACK, 0, 0)])
    found: list[Message] = []
    while (message := reader.poll(10)) is not None and message.error() is None:
        found.append(message)
    reader.close()
    return found


def holds(broker: str, sent: list[Sent], departments: list[str]) -> None:
    """Compare the newest revision of each report with the batch job, field by field."""
    newest: dict[tuple[str, date, date], dict[str, Any]] = {}
    for message in published(broker):
        report = Feedback.model_validate_json(message.value())
        data = report.data
        newest.setdefault((data.period, data.from_, data.until), {})[data.department] = {
            "counts": data.counts.model_dump(),
            "measures": [line.model_dump() for line in data.measures],
        }
        assert message.key() == data.department.encode() == report.subject.encode()
    assert set(newest) == {span for day in DUE for span in spans_of(day) if span.end <= END}
    for (kind, first, end), told in newest.items():
        if kind in ("month", "half") or first < AFTER:
            assert told == expected(raw_of(sent), first, end, departments, LAW)
        else:
            assert all(report["counts"]["nil_return"] for report in told.values())


def test_what_is_missing_is_published_once_and_late_data_makes_a_revision(
    beside: Run, broker: str, log: SyntheticLog, departments: list[str]
) -> None:
    late = log.sent[::17]
    publish(broker, [each for each in log.sent if each not in late])
    rebuild = ("feedback", "rebuild", *WINDOW)
    ran = beside(*rebuild)
    assert (ran.code, "not published" in ran.out) == (1, True)
    assert published(broker) == []

    assert beside(*rebuild, "--yes").code == 0
    once = [message.value() for message in published(broker)]
    holds(broker, [each for each in log.sent if each not in late], departments)
    ran = beside(*rebuild, "--yes")
    assert (ran.code, ran.out) == (0, "")
    assert [message.value() for message in published(broker)] == once

    publish(broker, [*late, *log.sent[:20]])  # late, and some again
    ran = beside(*rebuild, "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert {each["found"] for each in found} == {"differs"}
    assert all(each["differences"] for each in found)
    assert beside(*rebuild, "--yes").code == 0
    assert beside(*rebuild).code == 0
    holds(broker, log.sent, departments)
    revised = [Feedback.model_validate_json(m.value()).data for m in published(broker)[len(once) :]]
    ids = {Feedback.model_validate_json(value).data.report_id for value in once}
    assert {data.revision for data in revised} == {1}
    assert {data.correction_of for data in revised} <= ids
    assert len({data.report_id for data in revised} | ids) == len(once) + len(revised)


def test_reports_are_listed_and_shown(
    beside: Run, broker: str, log: SyntheticLog, departments: list[str]
) -> None:
    publish(broker, log.sent)
    assert beside("feedback", "list").out.strip() == "没有报告 / no reports"
    assert beside("feedback", "rebuild", *WINDOW, "--yes").code == 0
    month = ("--period", "month", "--department", "city")
    may = ("--until", "2025-06-01")
    (line,) = beside("feedback", "list", *month, *may, "--json").out.splitlines()
    data = json.loads(line)
    assert (data["department"], data["from"], data["until"]) == ("city", "2025-05-01", "2025-06-01")
    assert len(beside("feedback", "list", *month, *may).out.splitlines()) == 2

    by_place = ("feedback", "show", *month, "--on", "2025-05-31")
    assert json.loads(beside(*by_place, "--json").out) == data
    told = beside("feedback", "show", data["report_id"]).out
    assert told == beside(*by_place).out
    assert f"credit.tallies/0 < {sum(s.topic == topics.TALLIES for s in log.sent)}" in told
    assert set(departments[3:]) < set(data["counts"]["nil_departments"])
    nil = beside("feedback", "show", "--department", departments[-1], *month[:2], *by_place[-2:])
    assert "零报告" in nil.out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("rebuild", "--from", "2025-04-01", "--until", "2025-03-01"), "before"),
        (("rebuild", "--from", "2025-04-31"), "YYYY-MM-DD"),
        (("rebuild",), "--from"),
        (("rebuild", "--from", "2025-03-01", "--yes", "--department", "city"), "whole periods"),
        (("list", "--department", "CITY2"), "department"),
        (("list", "--period", "year"), "half"),
        (("show",), "REPORT_ID"),
        (("show", "x", "--period", "day", "--on", "2025-03-01", "--department", "city"), "all of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    run: Run, more: tuple[str, ...], words: str
) -> None:
    ran = run("feedback", *more)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert words in ran.err


def test_a_report_that_is_not_there_is_said(beside: Run) -> None:
    ran = beside("feedback", "show", "no-such-id")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1)
    assert "feedback list" in ran.err
