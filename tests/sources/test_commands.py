"""`events import`, `lists import`, `lists show`: exit codes, one line of cure, machine output."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import events, lists
from infra.clock import SystemClock
from infra.embedded import EmbeddedServices
from schemas.errors import StopServiceError
from schemas.times import legal_day
from tests.sources.conftest import COMPANY, case_row

COURT = "案号,被执行人名称,统一社会信用代码,执行法院,失信被执行人行为具体情形,发布时间,屏蔽日期"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CREDIT_STATE_DIR", str(tmp_path / "state"))
    for name in ("CREDIT_KAFKA", "CREDIT_REDIS"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> Result:
        command = {"events": events.command, "lists": lists.command}[words[0]]
        return CliRunner().invoke(command, words[1:])

    return run


@pytest.fixture
def call_kafka(
    call: Callable[..., Result], services: EmbeddedServices, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("CREDIT_KAFKA", services.kafka)
    monkeypatch.setenv("CREDIT_REDIS", services.redis)
    return call


def fresh_case(number: str, uscc: str = COMPANY) -> str:
    """Return a case of yesterday: a command asks the system's clock."""
    yesterday = legal_day(SystemClock()()) - timedelta(days=1)
    return case_row(number, uscc).replace("2026-06-16", yesterday.isoformat())


def test_check_needs_no_kafka_writes_nothing_and_says_what_it_would_do(
    call: Callable[..., Result], case_file: Callable[..., Path]
) -> None:
    path = case_file(fresh_case("KD1"), fresh_case("KD2", "91"))
    result = call("events", "import", str(path), "--check")
    assert result.exit_code == 1
    assert "credit.approval.accepted: 1" in result.stdout
    assert "bad-uscc 1" in result.stdout
    assert "checked only, nothing published; would publish: 1 " in result.stdout
    assert [p.name for p in path.parent.iterdir() if "rejects" in p.name] == []


def test_without_services_the_import_stops_and_says_the_cure(
    call: Callable[..., Result], case_file: Callable[..., Path]
) -> None:
    result = call("events", "import", str(case_file(fresh_case("KD1"))))
    assert isinstance(result.exception, StopServiceError)
    assert "credit-trigger up" in str(result.exception)


def test_a_clean_file_is_exit_0_and_json_is_one_object(
    call_kafka: Callable[..., Result], case_file: Callable[..., Path]
) -> None:
    path = case_file(fresh_case("KE1"))
    result = call_kafka("events", "import", str(path), "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["published"] == 1
    assert report["files"][0]["format"] == "approval-cases"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "nothing"], "choose among"),
        (["--department", "123"], "--department"),
        (["--crosswalk", "cases.csv"], "legacy_type"),
    ],
)
def test_wrong_usage_is_exit_2_and_one_line(
    call: Callable[..., Result], case_file: Callable[..., Path], words: list[str], told: str
) -> None:
    result = call("events", "import", str(case_file(fresh_case("KD1"))), "--check", *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_list_is_imported_and_shown(call_kafka: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "court.csv"
    row = f"(2026)辽05执77号,本溪示例公司,{COMPANY},示例法院,拒不履行,2026/1/1,2099/12/31"
    path.write_text(f"{COURT}\n{row}\n", encoding="gb18030")
    imported = call_kafka("lists", "import", str(path), "--list", "court-defaulter", "--full")
    assert imported.exit_code == 0, imported.output
    assert "entered 1" in imported.stdout
    shown = call_kafka("lists", "show", COMPANY, "--on", "2026-06-16", "--json")
    (entry,) = [e for e in json.loads(shown.stdout) if e["doc_no"] == "(2026)辽05执77号"]
    assert (entry["active"], entry["until"]) == (True, None)
    before = call_kafka("lists", "show", COMPANY, "--on", "2025-12-31")
    assert "2026-01-01 起生效" in before.stdout


def test_an_unknown_list_names_those_there_are(
    call_kafka: Callable[..., Result], case_file: Callable[..., Path]
) -> None:
    result = call_kafka("lists", "import", str(case_file()), "--list", "blacklist")
    assert result.exit_code == 2
    assert "court-defaulter" in result.stderr


@pytest.mark.parametrize("command", ["events", "lists"])
def test_help_has_an_example(call: Callable[..., Result], command: str) -> None:
    result = call(command, "import", "--help")
    assert result.exit_code == 0
    assert f"credit-trigger {command} import" in result.stdout


def test_a_check_says_how_many_rejects_it_does_not_show(
    call: Callable[..., Result], case_file: Callable[..., Path]
) -> None:
    path = case_file(*(fresh_case(f"KE{n}", "91") for n in range(12)))
    told = call("events", "import", str(path), "--check").stdout
    assert told.count("不是有效的统一社会信用代码") == 10
    assert "and 2 more rows" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("events", "import", "FILE", "--department", "91"), "--department"),
        (("lists", "import", "FILE", "--list", "nope"), "choose among: abnormal-operation"),
        (("lists", "show", "9121O500MA0BX0015F"), "疑似笔误"),
        (("lists", "show", "210502199001010017"), "本系统不处理自然人"),
    ],
)
def test_what_is_wrong_with_the_command_is_told_before_services_are_asked_for(
    call: Callable[..., Result], case_file: Callable[..., Path], words: tuple[str, ...], said: str
) -> None:
    path = str(case_file(fresh_case("KF1")))
    result = call(*(path if word == "FILE" else word for word in words))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "210502199001010017" not in result.stderr


def test_imports_and_lists_need_no_redis(
    call_kafka: Callable[..., Result],
    case_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CREDIT_REDIS")
    assert call_kafka("events", "import", str(case_file(fresh_case("KG1")))).exit_code == 0
    assert call_kafka("lists", "show", COMPANY).exit_code == 0


@pytest.mark.parametrize("command", [("events", "import"), ("lists", "import")])
def test_where_rejects_cannot_go_nothing_is_sent(
    call_kafka: Callable[..., Result],
    case_file: Callable[..., Path],
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    path = case_file(fresh_case("KH1", "91"))
    if command[0] == "lists":
        path.write_text(f"{COURT}\n", encoding="utf-8")
        command = (*command, "--list", "court-defaulter")
    place = tmp_path / "nowhere" / "rejects.csv"
    result = call_kafka(*command, str(path), "--rejects", str(place))
    assert result.exit_code == 2
    assert "no such folder" in result.stderr
    assert "--rejects" in result.stderr
