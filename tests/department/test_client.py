"""The department's client on an embedded broker: once each, in order, on from where it stopped."""

import gc
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka.partitioner import murmur2

from consumers.alert_place import Place
from consumers.department.client import DepartmentClient
from consumers.department.handing import Callback, Handed, Way
from consumers.department.journal import Journal
from consumers.department.receipts import ReceiptSender, fault_of, receipt_message
from consumers.department.spool import Spool
from consumers.department.webhook import Webhook
from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.embedded import EmbeddedServices
from infra.topic_log import find_log
from infra.topics import Topics
from infra.wanted_topics import wanted_topics
from schemas.errors import RejectRecordError, RetryLaterError, StopServiceError
from schemas.receipt import Receipt
from schemas.times import parse_instant
from schemas.topics import ANSWERS_PREFIX, RECEIPTS
from sources.topic_reader import read_to_end
from streams.rules.catalogue import build_catalogue
from tests.cli.recorded import FINANCE, FIRM
from tests.department.answers import action, answer, decision

AT = parse_instant("2026-06-16T09:31:02.123+08:00")
LATER = parse_instant("2026-06-17T09:31:02.123+08:00")


class PowerCutError(BaseException):
    """Ends the process in the midst of something, as far as the journal can tell."""


@pytest.fixture(scope="module")
def departments() -> Iterator[str]:
    """Each test has one of its own, so that all can share a broker."""
    return iter(build_catalogue(read_catalogue(data_dir("catalogue"))).departments)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServices(tmp_path_factory.mktemp("broker"), with_redis=False) as running:
        wanted = wanted_topics([], [], partitions=4, brokers=1, embedded=True)
        Topics(running.kafka).apply([each for each in wanted if each.name == RECEIPTS])
        yield running.kafka
        gc.collect()


@pytest.fixture
def department(broker: str, departments: Iterator[str]) -> str:
    mine = next(departments)
    wanted = wanted_topics([], [mine], partitions=4, brokers=1, embedded=True)
    topic = ANSWERS_PREFIX + mine
    Topics(broker).apply([each for each in wanted if each.name == topic])
    return mine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


Work = Callable[..., int]
Tell = Callable[..., None]


@pytest.fixture
def work(broker: str, department: str, path: Path) -> Work:
    """Runs a client to the end of its topic, as a process of its own would."""

    def run(way: Way, **options: bool) -> int:
        with Journal(path) as journal:
            client = DepartmentClient(broker, department, journal, way)
            return client.run(lambda _: False, once=True, **options)

    return run


@pytest.fixture
def tell(broker: str, department: str) -> Tell:
    """Puts answers on the department's topic."""
    return partial(answer, broker, department)


def names(told: list[Handed]) -> list[str]:
    return [each.name for each in told]


def test_each_is_called_for_once_and_a_restart_goes_on_behind_it(work: Work, tell: Tell) -> None:
    told: list[Handed] = []
    tell(decision("1", "hold"), action("a"), b"{}", action("a"), action("a", 1))
    assert work(Callback(told.append)) == 3
    tell(action("a"), decision("1", "deny", sequence=1))
    work(Callback(told.append))
    work(Callback(told.append), from_earliest=True)
    assert names(told) == ["decision-d-1-0", "action-a-0", "action-a-1", "decision-d-1-1"]
    standings = [each.standing.verdict for each in told if each.standing]
    assert standings == ["hold", "deny"]


def test_a_bid_passes_when_its_last_member_does_across_restarts(work: Work, tell: Tell) -> None:
    told: list[Handed] = []
    parent = {"uscc": FIRM, "source": "/x", "id": "bid"}
    tell(decision("bid", members=["M1", "M2"]))
    tell(decision("bid/M1", subject="M1", consortium_of=parent))
    work(Callback(told.append))
    tell(decision("bid/M2", "deny", subject="M2", consortium_of=parent))
    tell(decision("bid/M2", sequence=1, subject="M2", consortium_of=parent))
    work(Callback(told.append))
    seen = [(s.verdict, s.worst, s.waiting) for each in told if (s := each.standing)]
    assert seen == [
        ("hold", (), ("M1", "M2")),
        ("hold", (), ("M2",)),
        ("deny", ("M2",), ()),
        ("pass", (FIRM, "M1", "M2"), ()),
    ]


def test_a_call_that_was_cut_off_is_in_doubt_and_not_repeated_until_somebody_says_so(
    work: Work, tell: Tell, path: Path
) -> None:
    told: list[Handed] = []

    def cut(_: Handed) -> None:
        raise PowerCutError

    tell(action("a"), action("b"))
    with pytest.raises(PowerCutError):
        work(Callback(cut))
    work(Callback(told.append))
    assert names(told) == ["action-b-0"]
    with Journal(path) as journal:
        assert journal.in_doubt() == [("action/a", 0)]
        journal.settle("action/a", acted=False)
    work(Callback(told.append), from_earliest=True)
    assert names(told) == ["action-b-0", "action-a-0"]


def test_a_callback_that_cannot_act_now_is_called_again(work: Work, tell: Tell) -> None:
    calls: list[str] = []

    def second_time(handed: Handed) -> None:
        calls.append(handed.name)
        if len(calls) == 1:
            raise RetryLaterError("not now")

    tell(action("a"))
    assert work(Callback(second_time)) == 1
    assert calls == ["action-a-0", "action-a-0"]


@pytest.mark.parametrize("cut_at", ["note", "publish", "place"])
def test_a_spool_holds_one_file_of_each_wherever_it_is_cut_off(
    work: Work, tell: Tell, tmp_path: Path, cut_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "spool"
    tell(action("a"), action("b"))

    def cut(*_: object) -> None:
        raise PowerCutError

    where: dict[str, tuple[Any, str]] = {
        "note": (Journal, "note"),
        "publish": (Spool, "_publish"),
        "place": (Journal, "keep_place"),
    }
    with monkeypatch.context() as patched:
        patched.setattr(*where[cut_at], cut)
        with pytest.raises(PowerCutError):
            work(Spool(folder))
    taken = [each.name for each in folder.glob("*.json")]
    for name in taken:
        (folder / name).unlink()  # by whoever acts on it
    work(Spool(folder))
    taken += [each.name for each in folder.glob("*.json")]
    assert sorted(taken) == ["action-a-0.json", "action-b-0.json"]
    assert not list(folder.glob(".*"))
    if cut_at == "note":
        told = json.loads((folder / "action-a-0.json").read_bytes())
        assert (told["kind"], told["id"], told["number"]) == ("action", "a", 0)
        assert told["message"] == action("a")


def test_an_id_that_leads_out_of_the_folder_is_refused(
    work: Work, tell: Tell, tmp_path: Path
) -> None:
    tell(action("../../a"))
    with pytest.raises(StopServiceError):
        work(Spool(tmp_path / "spool"))


def test_a_webhook_is_asked_until_it_accepts_always_with_the_same_key(
    work: Work, tell: Tell
) -> None:
    codes, keys = iter([503, 200, 409]), []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            self.send_response(next(codes))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    tell(action("a"), action("b"))
    with http.server.HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert work(Webhook(f"http://127.0.0.1:{server.server_port}/")) == 2
        server.shutdown()
    assert keys == ["action-a-0", "action-a-0", "action-b-0"]


def test_answers_that_are_gone_unread_stop_it_and_it_says_how_to_go_on(
    work: Work,
    department: str,
    broker: str,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = find_log(broker, ANSWERS_PREFIX + department)
    with Journal(path) as journal:
        journal.keep_place(Place(found.topic_id, {0: 0}))
    later = replace(found, starts={0: 1})
    monkeypatch.setattr("consumers.department.client.find_log", lambda *_: later)
    with pytest.raises(StopServiceError, match="--from-earliest"):
        work(Callback(lambda _: None))


def test_two_processes_never_hand_over_with_one_journal(work: Work, path: Path) -> None:
    with Journal(path) as held:
        held.take_alone()
        with pytest.raises(StopServiceError):
            work(Callback(lambda _: None))


def test_the_same_receipt_again_is_the_same_message(broker: str, path: Path) -> None:
    said: Callable[..., Receipt] = receipt_message
    told = {"action_id": "a", "department": FINANCE, "outcome": "executed"}
    with Journal(path) as journal:
        sender = ReceiptSender(broker, journal)
        for at in (AT, LATER):
            sender.record(said(FIRM, at, **told))
        assert sender.send() == 1
        sender.record(said(FIRM, LATER, **told, result="x"))
        assert sender.send() == 1
        assert sender.send() == 0
        sender.close()
    partition = (murmur2(FIRM.encode()) & 0x7FFFFFFF) % 4
    came = [m for m in read_to_end(broker, RECEIPTS, range(4)) if m.error() is None]
    assert {m.partition() for m in came} == {partition}
    receipts = [Receipt.model_validate_json(m.value() or b"") for m in came]
    assert [r.data.at for r in receipts] == [AT, LATER]
    assert len({r.id for r in receipts}) == 2


def test_receipts_outlive_a_broker_that_is_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.department.receipts._SEND_S", 0.3)
    told = receipt_message(FIRM, AT, action_id="a", department=FINANCE, outcome="executed")
    with Journal(path) as journal:
        sender = ReceiptSender("127.0.0.1:9", journal)
        sender.record(told)
        with pytest.raises(RetryLaterError):
            sender.send()
        assert len(journal.unsent()) == 1


def test_a_receipt_says_what_goes_together_and_nothing_of_a_person() -> None:
    base = {"action_id": "a", "department": FINANCE}
    lacking = receipt_message(FIRM, AT, **base, outcome="not_executed")
    assert fault_of(lacking.data) is not None
    whole = receipt_message(FIRM, AT, **base, outcome="not_executed", reason_code="other")
    assert fault_of(whole.data) is None
    with pytest.raises(RejectRecordError):
        receipt_message(FIRM, AT, **base, outcome="executed", result="11010519491231002X")
