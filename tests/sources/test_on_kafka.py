"""Files onto a broker and back: keys, partitions, identities, transactions, watermarks."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest
from confluent_kafka import Producer

from infra.embedded import EmbeddedServices
from infra.kafka import murmur2_partition, producer_config
from schemas import incoming
from schemas.list_change import PUBLISHED
from schemas.topics import LISTS, events_topic
from schemas.uscc import make_uscc
from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.import_events import ImportOptions, import_events
from sources.import_list import ListOptions, ListReport, import_list
from sources.list_writer import digest_of
from sources.shown_entry import show_entries
from sources.topic_reader import read_to_end
from streams.rules.catalogue import Catalogue
from tests.sources.conftest import COMPANY, NOW, OTHER, PARTITIONS, case_row, now

ALL = range(PARTITIONS)
_lists = iter(["wage-arrears", "market-serious", "tax-serious", "safety-serious", "sme-arrears",
               "subsidy-fraud", "discharge-credit", "abnormal-operation"])  # fmt: skip
REPORT_HEADER = "认定文书号,主体名称,统一社会信用代码,列入事由,认定单位,列入日期,有效期至"


@pytest.fixture
def list_code() -> str:
    """Return a list that no other test writes to."""
    return next(_lists)


@pytest.fixture
def run(
    services: EmbeddedServices, formats: dict[str, FileFormat], catalogue: Catalogue,
    tmp_path: Path, list_code: str,
) -> Callable[..., ListReport]:  # fmt: skip
    numbers = count()

    def call(*rows: str, **how: bool) -> ListReport:
        path = tmp_path / f"list-{next(numbers)}.csv"
        path.write_text("\n".join([REPORT_HEADER, *rows, ""]), encoding="gb18030")
        options = ListOptions(formats, catalogue.lists, **how)
        return import_list(
            path, list_code, bootstrap=services.kafka, options=options, clock=now
        )  # fmt: skip

    return call


def row(number: int, uscc: str = "", facts: str = "拖欠", until: str = "2027-06-01") -> str:
    code = uscc or make_uscc("91210500", f"MAXX{number:04d}")
    return f"文〔2026〕{number}号,本溪示例公司,{code},{facts},示例局,2026-01-01,{until}"


def watermarks(services: EmbeddedServices, list_code: str, generation: int) -> dict[int, object]:
    found = {}
    for message in read_to_end(services.kafka, LISTS, ALL):
        raw = message.value()
        assert isinstance(raw, bytes)
        if message.key() == list_code.encode() and incoming.type_of(raw, list) == PUBLISHED:
            data = incoming.list_published(raw, list).data
            if data.generation == generation:
                found[message.partition()] = (data.count, data.digest)
    return found


def test_rows_become_events_under_their_subject_with_simulated_time(
    services: EmbeddedServices, formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    path = case_file(case_row("KA1"), case_row("KA2", OTHER), case_row("KA3", kind="自然人"))
    options = ImportOptions(formats)
    first = import_events([path], bootstrap=services.kafka, options=options, clock=now)
    again = import_events([path], bootstrap=services.kafka, options=options, clock=now)
    assert first.published == again.published == 2
    found = [
        message
        for message in read_to_end(services.kafka, events_topic("approval"), ALL)
        if b"/KA" in (message.value() or b"")
    ]
    assert len(found) == 4
    assert len({incoming.department_event(m.value() or b"", list).id for m in found}) == 2
    for message in found:
        key = message.key()
        assert isinstance(key, bytes)
        assert key in {COMPANY.encode(), OTHER.encode()}
        assert message.partition() == murmur2_partition(key, PARTITIONS)
        assert message.timestamp()[1] == int(NOW.timestamp() * 1000)
        assert dict(message.headers() or [])["content-type"] == b"application/cloudevents+json"


def test_ten_thousand_rows_arrive_in_under_five_seconds(
    services: EmbeddedServices, formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    codes = [make_uscc("91210500", f"MAXX{n:04d}") for n in range(10_000)]
    path = case_file(*(case_row(f"KB{n}", code) for n, code in enumerate(codes)))
    took: list[float] = []
    while len(took) < 3 and min(took, default=5.0) >= 5:  # once is enough where others are busy
        started = time.monotonic()
        report = import_events(
            [path], bootstrap=services.kafka, options=ImportOptions(formats), clock=now
        )
        took.append(time.monotonic() - started)
        assert report.published == 10_000
    assert min(took) < 5


def test_rejects_are_corrected_and_imported_again(
    services: EmbeddedServices, formats: dict[str, FileFormat], case_file: Callable[..., Path]
) -> None:
    typed = COMPANY.replace("0", "O", 1)
    path = case_file(case_row("KC1"), case_row("KC2", typed), case_row("KC3", kind="自然人"))
    options = ImportOptions(formats)
    (file,) = import_events([path], bootstrap=services.kafka, options=options, clock=now).files
    rejects = path.with_name("cases.rejects.csv")
    assert file.rejects_file == str(rejects)
    text = rejects.read_text("utf-8-sig")
    assert "KC3" not in text
    rejects.write_text(text.replace(typed, COMPANY), "utf-8-sig")
    (mended,) = import_events([rejects], bootstrap=services.kafka, options=options, clock=now).files
    assert (mended.published, mended.rejected, mended.unused_columns) == (1, 0, [])


def test_a_list_is_entered_once_and_closed_by_a_true_watermark_in_each_partition(
    services: EmbeddedServices, list_code: str, run: Callable[..., ListReport]
) -> None:
    rows = [row(n) for n in range(40)]
    first, again = run(*rows), run(*rows)
    assert (first.changes, first.generation) == ({"entered": 40}, 1)
    assert (again.changes, again.unchanged, again.generation) == ({}, 40, 2)
    here: dict[int, dict[str, int]] = {partition: {} for partition in ALL}
    for number in range(40):
        code = make_uscc("91210500", f"MAXX{number:04d}")
        place = murmur2_partition(code.encode(), PARTITIONS)
        here[place][f"文〔2026〕{number}号/{code}"] = 1
    expected = {p: (len(members), digest_of(members)) for p, members in here.items()}
    assert watermarks(services, list_code, 1) == expected
    assert watermarks(services, list_code, 2) == expected


def test_a_full_file_removes_what_is_absent_and_asks_before_many_go(
    run: Callable[..., ListReport],
) -> None:
    rows = [row(n) for n in range(40)]
    run(*rows)
    assert run(*rows[:38], full=True).changes == {"removed": 2}
    refused = run(*rows[:30], full=True)
    assert (refused.needs_yes, refused.written, refused.findings) == (True, False, True)
    assert run(*rows[:38], full=True).changes == {}
    assert run(*rows[:30], full=True, check=True).changes == {"removed": 8}
    assert run(*rows[:30], full=True, yes=True).changes == {"removed": 8}
    assert run(*rows[:20]).changes == {}


def test_a_mistyped_row_never_frees_whom_it_names(run: Callable[..., ListReport]) -> None:
    rows = [row(n) for n in range(40)]
    run(*rows)
    typed = rows[7].replace("MAXX", "MAXO")
    report = run(*rows[:7], typed, *rows[8:], full=True)
    assert (report.file.rejected, report.withheld_removals, report.changes) == (1, True, {})
    assert report.entries == 40


def test_an_empty_file_is_refused_and_leaves_the_list_alone(run: Callable[..., ListReport]) -> None:
    run(row(1))
    with pytest.raises(UnusableFileError, match="untouched"):
        run(full=True, yes=True)
    assert run(row(1)).unchanged == 1


def test_a_file_without_a_usable_row_says_what_is_wrong_with_the_first(
    run: Callable[..., ListReport],
) -> None:
    typed = make_uscc("91210500", "MAXX0001").replace("MAXX", "MAXO")
    with pytest.raises(UnusableFileError, match=r"rejected: 2; 行 / line 2: .*疑似笔误.*licence"):
        run(row(1, typed), row(2, typed))


def test_until_and_including_becomes_exclusive_and_show_tells_why(
    services: EmbeddedServices, catalogue: Catalogue, list_code: str, run: Callable[..., ListReport]
) -> None:
    code = make_uscc("91210500", "MAXX9001")
    run(row(1, code, until="2026-06-16"), row(2, code, until="2099/12/31"))

    def shown(day: date) -> dict[str, bool]:
        entries = show_entries(code, bootstrap=services.kafka, lists=catalogue.lists, on=day)
        mine = [entry for entry in entries if entry.list_code == list_code]
        assert all(entry.why_zh and entry.why_en for entry in mine)
        return {entry.doc_no: entry.active for entry in mine}

    last = date(2026, 6, 16)
    assert shown(last) == {"文〔2026〕1号": True, "文〔2026〕2号": True}
    assert shown(last + timedelta(days=1)) == {"文〔2026〕1号": False, "文〔2026〕2号": True}


@pytest.mark.parametrize("list_code", ["social-insurance-serious"])  # P3Y, and no other test's
def test_nobody_is_listed_for_longer_than_the_law_of_the_list_allows(
    run: Callable[..., ListReport],
) -> None:
    allowed = run(row(1, until="2028-12-31"), row(2, until="2029-01-01"), row(3, until="长期"))
    assert (allowed.entries, allowed.file.rejected) == (3, 0)
    refused = run(row(1, until="2029-01-02"), row(4))
    assert (refused.changes, refused.file.faults) == ({"entered": 1}, {"bad-field": 1})
    (fault,) = refused.file.first_faults
    assert "有效期至: 超过该名单的最长期限 P3Y" in fault["problem"]
    assert "2029-01-01" in fault["cure"]
    assert "max_term" in fault["cure"]
    assert run(row(1, until="2028-12-31")).unchanged == 1


def test_what_a_stranger_says_on_the_topic_changes_nothing(
    services: EmbeddedServices, list_code: str, run: Callable[..., ListReport]
) -> None:
    run(row(1))
    written = [
        message
        for message in read_to_end(services.kafka, LISTS, ALL)
        if list_code.encode() in (message.value() or b"") and message.key() != list_code.encode()
    ]
    value = written[-1].value()
    assert isinstance(value, bytes)
    source = incoming.list_change(value, list).source
    forged = value.replace(source.encode(), b"/stranger").replace(b'"revision":1', b'"revision":9')
    forged = forged.replace("拖欠".encode(), "捏造".encode())
    assert forged != value
    producer = Producer(producer_config(services.kafka))
    producer.produce(LISTS, forged, written[-1].key())
    producer.produce(LISTS, b"\xff no message", b"x")
    assert producer.flush(10) == 0
    assert run(row(1)).unchanged == 1
