"""`credit-trigger bench`: the trigger beside its peers, measured from outside."""

import signal
import sys
from types import FrameType

import click
from rich.console import Console

from bench.engines import PEERS
from bench.progress import Progress
from bench.report import print_report, to_json
from bench.session import Plan, run_bench
from bench.targets import judge
from cli.prepared import prepare

QUICK_EVENTS, QUICK_ENTRIES, QUICK_SECONDS = 60_000, 20_000, 10
_FINDING, _WIDE = 1, 140

EXAMPLE = """\b
Example:
  credit-trigger bench --quick
  credit-trigger bench --peers kstreams,bare --json
"""


def _peers(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if names == ("none",):
        return ()
    if unknown := [name for name in names if name not in PEERS]:
        allowed = ", ".join((*PEERS, "none"))
        raise click.BadParameter(f"{unknown[0]}: 没有这个对照 / no such peer; one of: {allowed}")
    return names


def _terminate(number: int, _frame: FrameType | None) -> None:
    """Leave through every `finally`: servers stopped, topics and folders removed."""
    sys.exit(128 + number)


@click.command(epilog=EXAMPLE)
@click.option("--events", type=click.IntRange(min=1_000), default=500_000, show_default=True,
              help="事件数 / events.")  # fmt: skip
@click.option("--entries", type=click.IntRange(min=1), default=1_000_000, show_default=True,
              help="名单条目数 / list entries.")  # fmt: skip
@click.option("--peers", default=",".join(PEERS), show_default=True, metavar="LIST",
              callback=_peers,
              help="对照引擎, 逗号分隔, 或 none / peers, joined by commas, or none.")  # fmt: skip
@click.option("--peers-only", is_flag=True, help="不测本系统 / leave our own trigger out.")
@click.option("--rounds", type=click.IntRange(min=1, max=20), default=2, show_default=True,
              help="轮数, 每轮换顺序 / rounds, the order rotates.")  # fmt: skip
@click.option("--seconds", type=click.IntRange(min=10), default=30, show_default=True,
              help="每段最长秒数 / longest time of a measured phase.")  # fmt: skip
@click.option("--quick", is_flag=True,
              help="小样本一轮 / one round, small: shows that it works, not how fast.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON 输出 / JSON on stdout.")
@click.option(
    "--strict", is_flag=True, help="有目标未达到时以 1 退出 / exit 1 if a target is missed."
)
def command(  # noqa: PLR0913  # one argument for each option
    *,
    events: int,
    entries: int,
    peers: tuple[str, ...],
    peers_only: bool,
    rounds: int,
    seconds: int,
    quick: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """与其他引擎并排测速 / Measure events/s, cost and latency beside other engines.

    服务器 / servers: CREDIT_BENCH_KAFKA, CREDIT_BENCH_REDIS (须为空 / must be empty);
    否则自行启动 / else it starts Apache Kafka from jars (JDK 17 and Maven) or in Docker,
    or the embedded broker, and says which.
    """
    settings = prepare("bench")
    secret = settings.bench_redis
    plan = Plan(
        kafka=settings.bench_kafka,
        redis=secret.get_secret_value() if secret else None,
        peers=peers,
        with_trigger=not peers_only,
        events=QUICK_EVENTS if quick else events,
        entries=QUICK_ENTRIES if quick else entries,
        rounds=1 if quick else rounds,
        seconds=QUICK_SECONDS if quick else seconds,
    )
    signal.signal(signal.SIGTERM, _terminate)
    result = run_bench(plan, Progress(Console(stderr=True)))
    targets = judge(result)
    if as_json:
        click.echo(to_json(result, targets))
    else:
        console = Console()
        # Into a file or a pipe the tables keep their lines whole.
        print_report(result, targets, console if console.is_terminal else Console(width=_WIDE))
    if strict and not all(target.met for target in targets):
        sys.exit(_FINDING)
