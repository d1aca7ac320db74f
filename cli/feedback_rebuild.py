"""`credit-trigger feedback rebuild`: the reports anew from the topics, beside those published."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.checked_options import day_option
from cli.feedback_words import PERIODS, department_option, disagreeing, span_words
from cli.import_words import Words
from cli.prepared import prepare
from infra.clock import SystemClock
from infra.services import find_kafka
from schemas.errors import RetryLaterError
from streams.catalogue_in_force import load_catalogue
from streams.reporting.closing import closed_before, closed_spans, unpublished
from streams.reporting.fact_feed import FactFeed
from streams.reporting.report_log import ReportLog, ReportWriter
from streams.reporting.report_message import differences

if TYPE_CHECKING:
    from infra.settings import Settings
    from schemas.feedback import FeedbackData
    from streams.reporting.closing import Unpublished
    from streams.reporting.fact_snapshot import FactSnapshot
    from streams.reporting.law import Law
    from streams.rules.periods import Span

_FINDING = 1
_DAY = timedelta(days=1)
_LINE_EVERY_S = 5.0
_PATIENCE_S = 30.0  # longer than the 15 s after which a broker aborts a stranger's transaction


@click.command("rebuild")
@click.option(
    "--from",
    "begin",
    required=True,
    callback=day_option,
    metavar="DATE",
    help="最早的期末日 / periods whose last day is this or later",
)
@click.option(
    "--until",
    "end",
    callback=day_option,
    metavar="DATE",
    help="最晚的期末日, 不含当日; 默认今日 / and before this day; default: today",
)
@click.option("--period", type=click.Choice(PERIODS), multiple=True, help="只看 / only these")
@click.option(
    "--department", callback=department_option, metavar="USCC|city", help="只看 / only this one"
)
@click.option(
    "--yes", is_flag=True, help="发布所缺和不同的报告 / publish what is missing or differs"
)
@click.option("--json", "as_json", is_flag=True, help="每份报告一行 JSON / a JSON line a report")
def rebuild(  # noqa: PLR0913  # one a flag
    *,
    begin: date,
    end: date | None,
    period: tuple[str, ...],
    department: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    r"""从主题重算报告, 与已发布的比较 / Count the reports anew from the topics and compare.

    读取四个主题至末尾, 比较每个部门和全市已关闭的日、周、月、半年报告 / It reads credit.tallies,
    credit.decisions, credit.actions and credit.receipts to their end and compares the reports of
    every department and the city with those on credit.feedback, for periods that are closed: over
    since CREDIT_FEEDBACK_GRACE_MINUTES or longer. Nil returns are reports, too.
    Without --yes nothing is written. With it, a report that is missing is published, and one that
    differs gets its next revision; a running worker goes on from there.
    Exit code 1 if a report is missing or differs, unless --yes has published it.

    \b
    Example:
      credit-trigger feedback rebuild --from 2026-06-01 --until 2026-07-01
      credit-trigger feedback rebuild --from 2026-01-01 --period half --department city --json
    """
    settings = prepare("feedback")
    now = SystemClock()()
    end = end or now.date()
    if begin >= end:
        raise click.UsageError("--from 应早于 --until / --from must be before --until")
    if yes and department:
        raise click.UsageError(
            "--yes 发布整个期间 / publishes whole periods; 不与 --department 同用 / leave that out"
        )
    say = Words(settings.lang)
    last_end = closed_before(now, timedelta(minutes=settings.feedback_grace_minutes))
    job = _Job(settings, say, as_json=as_json, only=department, publish=yes)

    def asked(span: Span) -> bool:
        return begin <= span.end - _DAY < end and (not period or span.period in period)

    if end > last_end:
        zh = f"{last_end} 起的期间尚未结束或在等待迟到数据, 未计入"
        en = f"periods that end after {last_end} are not closed yet and left out"
        click.echo(say(zh, en), err=True)
    # Not in /tmp, which may be memory: the file takes a sixth of the log.
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="feedback-", dir=settings.state_dir) as folder,
        closing(_filled(job.bootstrap, Path(folder), job.law, say)) as feed,
        feed.store.snapshot() as seen,
    ):
        spans = [span for span in closed_spans(seen, last_end) if asked(span)]
        job.compare(seen, spans)
        job.tell(at_all=len(spans), unreadable=sum(feed.unreadable.values()))
    if job.differing and not yes:
        sys.exit(_FINDING)


class _Job:
    """Compares, publishes if asked to, and tells of it."""

    def __init__(
        self, settings: Settings, say: Words, *, as_json: bool, only: str | None, publish: bool
    ) -> None:
        self.bootstrap, _ = find_kafka(settings)
        self._group = settings.group
        self.law = load_catalogue(settings)
        self._say, self._as_json, self._only, self._publish = say, as_json, only, publish
        self.differing = self.same = 0

    def compare(self, seen: FactSnapshot, spans: list[Span]) -> None:
        """Tell of each report of *spans* that is missing or differs; publish if asked to."""
        wanted = {(span.period, span.first) for span in spans}
        # The only writer first, then read: what is published in between nobody would see.
        writer = ReportWriter(self.bootstrap, self._group) if self._publish else None
        with closing(ReportLog(self.bootstrap, lambda *of: of in wanted)) as log:
            log.refresh()
            for span in spans:
                told = [
                    each
                    for each in unpublished(seen, span, self.law.departments, log)
                    if self._only in (None, each.report.data.department)
                ]
                known = sum(self._only in (None, name) for name in log.published(span))
                self.differing += len(told)
                self.same += known - sum(each.known is not None for each in told)
                if writer is not None and told:
                    writer.publish(each.report for each in told)
                for each in told:
                    self._tell_one(each, span)

    def _tell_one(self, found: Unpublished, span: Span) -> None:
        data = found.report.data
        before = found.known.data if found.known else None
        named = differences(before, data) if before else []
        if self._as_json:
            line: dict[str, Any] = {
                "department": data.department,
                "period": data.period,
                "from": data.from_.isoformat(),
                "until": data.until.isoformat(),
                "found": "differs" if found.known else "missing",
                "published_revision": found.known.revision if found.known else None,
                "revision": data.revision,
                "differences": named,
                "agrees": data.reconciled.agrees,
                "published": self._publish,
            }
            click.echo(json.dumps(line, ensure_ascii=False))
            return
        what = ("不同", "differs") if found.known else ("未发布", "not published")
        done = f" -> {self._say('已发布修订', 'published revision')} {data.revision}"
        click.echo(
            f"{data.department}  {span_words(span, self._say)}: {self._say(*what)}"
            f"{': ' + ', '.join(named) if named else ''}{done if self._publish else ''}"
        )
        self._tell_sums(data)

    def _tell_sums(self, data: FeedbackData) -> None:
        for total in disagreeing(data):
            words = self._say("核对不符", "does not agree")
            click.echo(f"  {words}: {total.name}: {total.left} / {total.right}")

    def tell(self, *, at_all: int, unreadable: int) -> None:
        """Tell the whole on stderr: results alone are on stdout."""
        say = self._say
        if unreadable:
            zh, en = "条消息无法读取, 未计入", "messages cannot be read and are not counted"
            click.echo(f"{unreadable} {say(zh, en)}", err=True)
        counted = say("期间", "periods")
        same, other = (
            say("份相同", "reports the same"),
            say("份未发布或不同", "missing or different"),
        )
        click.echo(f"{counted} {at_all}: {self.same} {same}, {self.differing} {other}", err=True)
        if self.differing and not self._publish:
            hint = say("加 --yes 发布", "add --yes to publish them")
            click.echo(hint, err=True)


def _filled(bootstrap: str, folder: Path, law: Law, say: Words) -> FactFeed:
    """Return the facts of the log as it ends now. Raises: RetryLaterError if it cannot."""
    feed = FactFeed(bootstrap, folder / "facts.sqlite3", law)
    ends = feed.ends()
    expected, done = sum(ends.values()), 0
    told_s = moved_s = time.monotonic()
    while not feed.holds(ends):
        before = feed.positions
        done += feed.step(0.2)
        now_s = time.monotonic()
        if feed.positions is not before:
            moved_s = now_s
        elif now_s - moved_s > _PATIENCE_S:
            feed.close()
            raise RetryLaterError(
                "feedback rebuild: 另一个写入者的事务未结束 / another writer's transaction stays "
                "open; 稍后重试 / try again in a moment"
            )
        if now_s - told_s >= _LINE_EVERY_S:
            told_s = now_s
            click.echo(f"{say('读取', 'reading')}  {done:,} / {expected:,}", err=True)
    return feed
