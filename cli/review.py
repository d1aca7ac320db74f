"""`credit-trigger review`: what an officer decides about an action, from a terminal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NoReturn

import click

from cli.checked_options import staff_id_option, text_option, uscc_option
from cli.found_action import action_id_argument, find_action
from cli.import_words import Words
from cli.prepared import prepare
from cli.review_words import FOUR_EYES, OUTCOMES, UNKNOWN_MEASURE, refusal, review_lines
from infra.clock import SystemClock
from infra.services import find_kafka
from schemas.errors import RejectRecordError
from schemas.times import format_instant
from schemas.topics import REVIEWS
from sources.review_desk import Opinion, Written, review_message, write_review
from sources.review_outcome import foresee, lacks_second_reviewer
from streams.catalogue_in_force import load_catalogue
from streams.rules.masking import shown_code
from streams.rules.transitions import Moved

if TYPE_CHECKING:
    from datetime import datetime

    from consumers.action_records import ActionRecord
    from infra.settings import Settings
    from schemas.lean import ActionData
    from schemas.review import Review
    from sources.review_outcome import Outcome
    from streams.rules.catalogue import Catalogue

_FINDING = 1


@click.command("review")
@click.argument("action_id", metavar="ACTION_ID", callback=action_id_argument)
@click.option("--confirm", is_flag=True, help="确认: 措施生效 / it comes into force")
@click.option("--dismiss", is_flag=True, help="不予采取 / it is dropped")
@click.option("--object", "object_", is_flag=True, help="标注异议 / mark an objection to it")
@click.option("--uphold", is_flag=True, help="异议不成立 / the objection fails, it stays")
@click.option("--overturn", is_flag=True, help="推翻, 自动拦截也可 / withdraw it, a block too")
@click.option("--reason", required=True, metavar="TEXT", callback=text_option, help="理由 / why")
@click.option("--basis", metavar="TEXT", callback=text_option, help="依据 / article relied on")
@click.option(
    "--reviewer", required=True, metavar="ID", callback=staff_id_option, help="工号 / staff id"
)
@click.option(
    "--second-reviewer",
    metavar="ID",
    callback=staff_id_option,
    help="第二复核人工号 / staff id of a second reviewer",
)
@click.option(
    "--department",
    metavar="USCC",
    callback=uscc_option,
    help="复核人所在部门, 默认为办理部门 / the reviewer's; default: the action's",
)
@click.option(
    "--subject",
    metavar="USCC",
    callback=uscc_option,
    help="主体代码, 只读一个分区 / whom it is about: one partition is read, not all",
)
@click.option("--yes", is_flag=True, help="不再询问 / do not ask")
@click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 / one JSON object on stdout")
def command(  # noqa: PLR0913  # one a flag
    *,
    action_id: str,
    reason: str,
    basis: str | None,
    reviewer: str,
    second_reviewer: str | None,
    department: str | None,
    subject: str | None,
    yes: bool,
    as_json: bool,
    **outcomes: bool,
) -> None:
    r"""复核一项措施 / Review one action: confirm, dismiss, object, uphold or overturn it.

    编号见 alerts 和 explain / `alerts` and `explain` tell the ACTION_ID. What the review will do is
    shown before it is recorded. Where the measure wants four eyes, --confirm needs
    --second-reviewer. Exit code 1: no such action, or this cannot be said of it as it stands.

    \b
    Example:
      credit-trigger review 6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1 --confirm \
          --reason 材料属实 --reviewer bx-0123
      credit-trigger review 6f1ed002-ab5f-5d5d-8f2d-0d4fc3f1b3a1 --overturn --yes \
          --reason 认定有误 --reviewer bx-0123 --subject 91210500MA0BX0015F
    """
    outcome = _outcome(outcomes)
    if second_reviewer == reviewer:
        raise click.UsageError("--second-reviewer: 须为另一人 / must be another than --reviewer")
    settings = prepare("review")
    catalogue = load_catalogue(settings)
    if department is not None and catalogue.department(department) is None:
        raise click.UsageError(
            "--department: 未登记 / not registered; 核对代码, 或登记在 departments.yaml"
            " / check the code, or enter it in departments.yaml"
        )
    bootstrap, _ = find_kafka(settings)
    record = find_action(bootstrap, action_id, subject, quiet=as_json)
    opinion = Opinion(
        action_id=action_id,
        outcome=outcome,
        reason=reason,
        basis=basis,
        reviewer=reviewer,
        reviewer_department=department or record.action.department,
        second_reviewer=second_reviewer,
    )
    at = SystemClock()()
    say = Words(settings.lang)
    becomes = _foreseen(record, opinion, catalogue, at, say)
    try:
        review = review_message(opinion, record.uscc, at)
    except RejectRecordError as err:
        raise click.UsageError(str(err)) from err
    if not (as_json and yes):
        for line in review_lines(record, outcome, becomes, catalogue, say):
            click.echo(line, err=as_json)
    _ask(outcome, say, yes=yes)
    written = write_review(bootstrap, review)
    _tell(record, review, written, settings, as_json=as_json)


def _outcome(flags: dict[str, bool]) -> Outcome:
    names: tuple[Outcome, ...] = ("confirm", "dismiss", "object", "uphold", "overturn")
    chosen = [name for name in names if flags[name if name != "object" else "object_"]]
    if len(chosen) != 1:
        raise click.UsageError(
            "须且只能选一项 / give exactly one of: " + ", ".join(f"--{name}" for name in names)
        )
    return chosen[0]


def _foreseen(
    record: ActionRecord, opinion: Opinion, catalogue: Catalogue, at: datetime, say: Words
) -> ActionData:
    """Return the action as the review will make it; leave where it cannot be, saying the cure."""
    action, outcome = record.action, opinion.outcome
    try:
        step = foresee(outcome, action, catalogue, at=at)
    except LookupError:
        _refuse(action, say(*UNKNOWN_MEASURE))
    if not isinstance(step, Moved):
        _refuse(action, say(*refusal(action, outcome, step)))
    if lacks_second_reviewer(outcome, action, catalogue, opinion.second_reviewer):
        raise click.UsageError(f"{action.measure.id}: {say(*FOUR_EYES)}")
    return step.action


def _refuse(action: ActionData, why: str) -> NoReturn:
    click.echo(f"{action.action_id}: {why}", err=True)
    sys.exit(_FINDING)


def _ask(outcome: Outcome, say: Words, *, yes: bool) -> None:
    """Go on only if somebody has agreed. Raises: click.UsageError where nobody can be asked."""
    if yes:
        return
    if not click.get_text_stream("stdin").isatty():
        raise click.UsageError("未记录 / nothing is recorded: 加 --yes 确认 / add --yes to agree")
    click.confirm(
        f"{say('记录复核', 'record this')}: {say(*OUTCOMES[outcome])}?", abort=True, err=True
    )


def _tell(
    record: ActionRecord, review: Review, written: Written, settings: Settings, *, as_json: bool
) -> None:
    action, data, say = record.action, review.data, Words(settings.lang)
    if as_json:
        told = {
            "review_id": data.review_id,
            "action_id": action.action_id,
            "decision_id": action.decision_id,
            "outcome": data.outcome,
            "subject": shown_code(record.uscc),
            "department": action.department,
            "reviewer_department": data.reviewer_department,
            "at": format_instant(data.at),
            "topic": REVIEWS,
            "partition": written.partition,
            "offset": written.offset,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{say('已记录复核', 'recorded')}: {data.review_id}")
    see = f"credit-trigger explain {action.decision_id}"
    alerts = f"credit-trigger alerts --department {action.department}"
    click.echo(f"{say('结果见', 'what comes of it')}: {see}; {alerts}")
