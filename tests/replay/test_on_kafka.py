"""`replay --verify` beside a running trigger on the embedded servers, and what it refuses."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from confluent_kafka import Producer

from cli.main import main
from infra.embedded import EmbeddedServices
from tests.trigger.messages import (
    AT,
    bid,
    change,
    event,
    firm,
    on_events,
    on_lists,
    on_reviews,
    partition_of,
    removal,
    review,
)
from tests.trigger.running import Town

Run = Callable[..., tuple[int, str, str]]
HEADERS = [("content-type", b"application/cloudevents+json")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town after a few days: lists changed, officers reviewed, days passed, some was refused."""
    folder = tmp_path_factory.mktemp("town")
    with EmbeddedServices(folder) as services:
        town = Town(services, folder)
        town.start()
        town.publish_all()
        live(town)
        yield town
        town.close()


def live(town: Town) -> None:
    subjects = [firm() for _ in range(12)]
    entries = [change(subject) for subject in subjects[:6]]
    town.tell(*map(on_lists, entries))
    twice = on_events(event(subjects[0]))
    both = [{"uscc": subject, "name": "合成成员"} for subject in subjects[:3]]
    town.tell_at_once(
        *(on_events(event(subject)) for subject in subjects),
        *(on_events(bid(subject)) for subject in subjects),
        on_events(bid(subjects[0], data={"members": both})),
        *(twice, twice, on_events(event(firm(), by="91210500MA0BX0015F"))),
    )
    late = [change(subject, "wage-arrears") for subject in subjects[6:9]]
    told = town.tell(*map(on_lists, late), *(on_lists(removal(entry)) for entry in entries[:3]))
    waiting = [a for a in told.actions if a.data.state == "awaiting_review"]
    town.tell(
        *(
            on_reviews(review(a.body.subject, a.data.action_id, outcome))
            for a, outcome in zip(waiting, ("dismiss", "confirm", "object"), strict=False)
        ),
        on_reviews(review(subjects[0], "no-such-action", "confirm")),
    )
    town.stop()
    town.clock.at = AT + timedelta(days=20)
    town.start()
    town.settle()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `credit-trigger replay ARGS` here."""
    monkeypatch.setenv("CREDIT_STATE_DIR", str(tmp_path))

    def command(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["credit-trigger", "replay", *args])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return command


def test_a_running_trigger_is_reproduced_and_a_forged_decision_is_named(
    town: Town, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDIT_KAFKA", town.settings.kafka or "")
    everything = town.everything()
    code, out, _ = run("--verify", "--json")
    told = json.loads(out)
    assert (code, told["differences"], told["first"]) == (0, 0, [])
    assert told["decisions_reproduced"] == told["decisions"] == len(everything.decisions)
    assert told["actions_reproduced"] == len(everything.actions)
    assert told["events_undecided"] == 0
    assert {d.data.cause for d in everything.decisions} == {"event", "list", "review", "time"}

    forged = everything.decisions[-1]
    body = json.loads(forged.raw or b"")
    body["data"]["sequence"] += 1
    body["id"] = f"{body['data']['decision_id']}/{body['data']['sequence']}"
    value = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    producer = Producer({"bootstrap.servers": town.settings.kafka})
    partition = partition_of(body["subject"])
    producer.produce("credit.decisions", value, forged.key, partition, headers=HEADERS)
    assert producer.flush(20) == 0
    del producer
    code, out, _ = run("--verify")
    assert code == 1
    assert f"credit.decisions/{partition}/" in out
    assert body["id"] in out
    assert "合成测试单位" not in out
    code, out, _ = run("--verify", "--until", "2026-06-01T00:00:00+08:00", "--json")
    assert (code, json.loads(out)["decisions"]) == (0, 0)


def test_usage_and_what_does_not_run(run: Run) -> None:
    assert run()[0] == 2
    assert run("--verify", "--from", "yesterday")[0] == 2
    late, early = "2026-06-02T00:00:00+08:00", "2026-06-01T00:00:00+08:00"
    assert run("--verify", "--from", late, "--until", early)[0] == 2
    code, _, err = run("--verify")
    assert code == 3
    assert "credit-trigger up" in err
