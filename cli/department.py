"""`credit-trigger department`: a department's own side, from a terminal or as a service."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click

from cli.checked_options import staff_id_option, text_option, uscc_option
from cli.department_doubts import doubts_command, settle_command
from cli.department_options import department_option, journal_option, journal_path
from cli.found_action import action_id_argument
from cli.import_words import Words
from cli.prepared import prepare
from consumers.department.client import FEWEST_KEEP_DAYS, KEEP_DAYS, DepartmentClient
from consumers.department.handing import Callback, Handed, Way
from consumers.department.journal import Journal
from consumers.department.receipts import ReceiptSender, fault_of, receipt_message
from consumers.department.spool import Spool
from consumers.department.webhook import Webhook
from infra.clock import SystemClock
from infra.services import find_kafka
from schemas.errors import RejectRecordError, RetryLaterError
from schemas.times import parse_instant

_FINDING = 1
_REASONS = (
    "already_decided", "no_longer_applies", "discretion_not_used", "legal_obstacle",
    "subject_withdrew", "objection_pending", "other",
)  # fmt: skip


def _webhook(_: click.Context, __: click.Parameter, url: str | None) -> Webhook | None:
    try:
        return None if url is None else Webhook(url)
    except ValueError as err:
        raise click.BadParameter(str(err)) from err


def _day(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as err:
        raise click.BadParameter("应为 YYYY-MM-DD / must be YYYY-MM-DD") from err


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as err:
        raise click.BadParameter(str(err)) from err


@click.group("department")
def command() -> None:
    r"""部门客户端: 接收答复, 报送回执 / A department's client: receive answers, send receipts.

    \b
    Example:
      credit-trigger department watch --department 1121050010500055XW --spool answers
      credit-trigger department receipt ACTION_ID --department 1121050010500055XW \
          --subject 91210500MA0BX0015F --outcome executed
      credit-trigger department doubts --department 1121050010500055XW
    """


command.add_command(doubts_command)
command.add_command(settle_command)


@command.command("watch")
@department_option
@click.option(
    "--spool", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="每条一个文件 / one file each, in this folder",
)  # fmt: skip
@click.option("--webhook", metavar="URL", callback=_webhook, help="逐条 POST / POST each to it")
@journal_option
@click.option(
    "--keep-days", type=click.IntRange(FEWEST_KEEP_DAYS), default=KEEP_DAYS, show_default=True,
    metavar="N", help="办理记录保留天数 / how long it is known what was acted on",
)  # fmt: skip
@click.option("--once", is_flag=True, help="读到末尾即结束 / end where the topic ends now")
@click.option(
    "--from-earliest", is_flag=True,
    help="从最早的重读, 已办的不再办 / read all again; what was acted on is not repeated",
)  # fmt: skip
def watch_command(  # noqa: PLR0913  # one a flag
    *,
    department: str,
    spool: Path | None,
    webhook: Webhook | None,
    journal: Path | None,
    keep_days: int,
    once: bool,
    from_earliest: bool,
) -> None:
    r"""接收本部门的决定、措施和提醒 / Hand over decisions, actions and alerts, each once.

    不给 --spool 或 --webhook 时逐行输出 JSON / Without --spool or --webhook: JSON lines on stdout.
    联合体按最严的成员 / `standing` of a decision: how the whole bid stands, as its worst member.
    重启后接着办 / It goes on where it stopped. Through kill -9: --spool makes one file for each, no
    more, no fewer; --webhook repeats with the same Idempotency-Key; a line on stdout may be lost,
    and is named in the log at the next start, but never comes twice.

    \b
    Example:
      credit-trigger department watch --department 1121050010500055XW --once
      credit-trigger department watch --department 1121050010500055XW --spool answers
      credit-trigger department watch --department 1121050010500055XW \
          --webhook http://127.0.0.1:9000/credit
    """
    if spool is not None and webhook is not None:
        raise click.UsageError("--spool, --webhook: 只能选一项 / give one of them")
    settings = prepare("department")
    bootstrap, _ = find_kafka(settings)
    way: Way = webhook or (Spool(spool) if spool is not None else Callback(_print))
    with Journal(journal or journal_path(settings, department)) as kept, _stop_asked() as stop:
        client = DepartmentClient(bootstrap, department, kept, way, keep_days=keep_days)
        handed = client.run(stop.wait, once=once, from_earliest=from_earliest)
    click.echo(f"{Words(settings.lang)('已交付', 'handed over')}: {handed}", err=True)


@command.command("receipt")
@click.argument("action_id", metavar="ACTION_ID", callback=action_id_argument)
@department_option
@click.option("--subject", required=True, metavar="USCC", callback=uscc_option, help="主体 / whom")
@click.option(
    "--outcome", required=True, type=click.Choice(["executed", "not_executed", "other"]),
    help="办理结果 / what came of it",
)  # fmt: skip
@click.option("--reason-code", type=click.Choice(_REASONS), help="未执行的原因 / why it was not")
@click.option("--result", metavar="TEXT", callback=text_option, help="说明 / in words")
@click.option("--amount-fen", type=click.IntRange(0, 2**53 - 1), help="金额, 分 / amount in fen")
@click.option("--started-on", metavar="DAY", callback=_day, help="开始日 / first day, YYYY-MM-DD")
@click.option("--ended-on", metavar="DAY", callback=_day, help="结束日 / end, YYYY-MM-DD")
@click.option(
    "--served-at", metavar="INSTANT", callback=_instant, help="送达时间 / notice served at"
)
@click.option("--served-by", metavar="ID", callback=staff_id_option, help="送达人工号 / by whom")
@journal_option
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
def receipt_command(
    *,
    action_id: str,
    department: str,
    subject: str,
    journal: Path | None,
    as_json: bool,
    **said: object,
) -> None:
    r"""报送一项措施的回执 / Report what came of an action.

    同样的内容只算一次 / The same again counts once. 未送达时留存, 下次再送 / While Kafka is away it
    is kept, and sent by the next `watch` or `receipt`; exit code 1 says so.

    \b
    Example:
      credit-trigger department receipt 6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1 \
          --department 1121050010500055XW --subject 91210500MA0BX0015F --outcome executed \
          --ended-on 2026-06-18
      credit-trigger department receipt 6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1 \
          --department 1121050010500055XW --subject 91210500MA0BX0015F \
          --outcome not_executed --reason-code no_longer_applies
    """
    settings = prepare("department")
    try:
        receipt = receipt_message(
            subject, SystemClock()(), action_id=action_id, department=department, **said
        )
    except RejectRecordError as err:
        raise click.UsageError(str(err)) from err
    if (fault := fault_of(receipt.data)) is not None:
        raise click.UsageError(fault)
    bootstrap, _ = find_kafka(settings)
    say = Words(settings.lang)
    with Journal(journal or journal_path(settings, department)) as kept:
        sender = ReceiptSender(bootstrap, kept)
        sender.record(receipt)
        try:
            sender.send()
        except RetryLaterError as err:
            told = say(
                "已留存, 尚未送达; 恢复后再运行", "kept, not sent; run it again when Kafka is back"
            )
            click.echo(f"{err}: {told}", err=True)
            sys.exit(_FINDING)
        finally:
            sender.close()
    if as_json:
        known = {"receipt_id": receipt.data.receipt_id, "action_id": action_id}
        click.echo(json.dumps(known))
        return
    click.echo(f"{say('已报送回执', 'recorded')}: {receipt.data.receipt_id}")


def _print(handed: Handed) -> None:
    click.echo(json.dumps(handed.content(), ensure_ascii=False))


@contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """Set the event on Ctrl-C or SIGTERM: what is in hand is finished, its place is kept."""
    stop = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
