"""`credit-trigger demo`: a synthetic day of Benxi, end to end, on services of its own."""

from __future__ import annotations

import json
import signal
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.demo_feedback import report_back, report_of_the_day
from cli.demo_import import DemoImport
from cli.demo_report import print_feedback, print_report, print_where_next
from cli.demo_stage import DemoStage, Say
from cli.demo_summary import DemoSummary
from cli.demo_view import DemoView
from cli.import_words import Words
from consumers.flow import Flow
from consumers.tail import Tail
from infra.logs import configure_logs
from infra.settings import given_variables
from schemas import topics
from schemas.errors import StopServiceError
from streams.catalogue_in_force import load_catalogue

if TYPE_CHECKING:
    from schemas.feedback import FeedbackData
    from streams.rules.catalogue import Catalogue

_LIMIT_S = 300.0  # a day that takes this long is stuck, even on a slow machine
_LOOK_S = 0.1


@click.command("demo")
@click.option("--keep", is_flag=True, help="保持运行, Ctrl-C 结束 / go on running until Ctrl-C")
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
def command(*, keep: bool, as_json: bool) -> None:
    r"""一次完整演示: 合成数据, 自带服务 / The main job, end to end, on a synthetic day.

    不使用 CREDIT_KAFKA, CREDIT_REDIS 和 .env / Starts servers of its own and touches nothing that
    CREDIT_KAFKA, CREDIT_REDIS or .env name. Files of departments and courts come in, the trigger
    decides, departments report back, and the next morning closes the reports of the day. Ends by
    itself; exit code 3 if a part of it fails.

    \b
    Example:
      credit-trigger demo
      credit-trigger demo --keep
      credit-trigger demo --json
    """
    signal.signal(signal.SIGTERM, _interrupt)
    say = Words(_language())
    began_s = time.monotonic()

    def tell(zh: str, en: str) -> None:
        click.echo(f"demo: {zh if zh == en else say(zh, en)}", err=True)

    stage = DemoStage(tell)
    configure_logs(stage.settings.model_copy(update={"log": None}), "demo")
    with stage:
        catalogue = load_catalogue(stage.settings)
        summary = _live_through(stage, catalogue, say, quiet=as_json, began_s=began_s)
        receipts = report_back(stage, summary.flow)
        tell(f"部门回执 {receipts} 份", f"{receipts} receipts of departments")
        report = report_of_the_day(stage, tell)
        summary = replace(summary, seconds=time.monotonic() - began_s)
        told = summary.as_json() | {"receipts": receipts, "feedback": _plain(report)}
        if as_json:
            click.echo(json.dumps(told | _addresses(stage), ensure_ascii=False, indent=2))
        else:
            print_report(summary, catalogue, say)
            print_feedback(report, say)
            first = next(iter(told["samples"]), None)
            print_where_next(say, decision=first, kept=keep)
            click.echo(_last_line(summary, say))
        if keep:
            _keep(stage, tell)


def _live_through(
    stage: DemoStage, catalogue: Catalogue, say: Words, *, quiet: bool, began_s: float
) -> DemoSummary:
    """Let the files in and return when every event is decided or set aside."""
    flow = Flow()
    imports = DemoImport(stage, catalogue)
    watched = [topics.events_topic(family) for family in catalogue.families]
    watched += [topics.MEMBERS, topics.DECISIONS, topics.ACTIONS, topics.DEAD_LETTERS]
    with (
        Tail(stage.endpoints.kafka, watched) as tail,
        DemoView(flow, imports, say, quiet=quiet) as view,
    ):
        imports.start()
        looked_s = 0.0
        while not _is_done(imports, flow):
            for message in tail.poll(0.05):
                flow.fold(message, stage.clock())
            now = time.monotonic()
            if now - looked_s >= _LOOK_S:
                looked_s = now
                _look(stage, imports, flow, began_s)
                view.show()
        flow.measure()
    return DemoSummary(flow, imports, time.monotonic() - began_s)


def _is_done(imports: DemoImport, flow: Flow) -> bool:
    published = imports.published
    # The action of the last decision may come into sight after it: the counts have to agree.
    return (
        published is not None
        and flow.events >= published
        and flow.waiting == 0
        and flow.actions_missing() == 0
    )


def _look(stage: DemoStage, imports: DemoImport, flow: Flow, began_s: float) -> None:
    """Let the events in when the trigger is ready. Raises: what went wrong with any part."""
    stage.look()
    if imports.error is not None:
        raise imports.error
    if not imports.may_send.is_set() and stage.is_ready():
        imports.may_send.set()
    flow.measure()
    if time.monotonic() - began_s > _LIMIT_S:
        raise StopServiceError(
            f"demo: {_LIMIT_S:g} s 内未完成 / not done within that time: "
            f"{flow.waiting} 个事件未决定 / events undecided; "
            f"日志 / log: {stage.trigger.log_path}"
        )


def _keep(stage: DemoStage, tell: Say) -> None:
    """Stay until Ctrl-C or SIGTERM, and say how to look around."""
    kafka, redis = stage.endpoints.kafka, stage.endpoints.redis
    tell(f"Kafka {kafka}, Redis {redis}", f"Kafka {kafka}, Redis {redis}")
    join = f"export CREDIT_STATE_DIR={stage.folder}"
    tell(f"其他终端中先运行: {join}", f"in another terminal, first: {join}")
    tell("Ctrl-C 结束", "Ctrl-C stops")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(0.5):
        stage.look()


def _plain(report: FeedbackData) -> dict[str, Any]:
    return report.model_dump(mode="json", by_alias=True)


def _addresses(stage: DemoStage) -> dict[str, str]:
    return {
        "kafka": stage.endpoints.kafka,
        "redis": stage.endpoints.redis,
        "state_dir": str(stage.folder),
    }


def _last_line(summary: DemoSummary, say: Words) -> str:
    flow = summary.flow
    zh = (
        f"{flow.events} 个事件和 {flow.shares} 个联合体成员: {flow.decided} 个决定, "
        f"{flow.effects.total()} 项措施, {summary.seconds:.1f} s"
    )
    en = (
        f"{flow.events} events and {flow.shares} consortium members: {flow.decided} decisions, "
        f"{flow.effects.total()} actions, {summary.seconds:.1f} s"
    )
    return f"\n{say(zh, en)}"


def _language() -> str:
    """Return `CREDIT_LANG`, the one setting of the user that a demo may follow."""
    told = given_variables().get("CREDIT_LANG", "")
    return told if told in ("zh", "en") else "both"


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
