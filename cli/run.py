"""`credit-trigger run`: one role in this process, as a container or a service manager starts it."""

import importlib
from datetime import datetime

import click

from infra.clock import Clock, SimulatedClock, SystemClock
from infra.heap import bound_heap
from infra.logs import configure_logs
from infra.services import find_kafka
from infra.settings import METRICS_PORTS, Settings, load_settings
from schemas.times import parse_instant

# Role and the function that runs it until SIGTERM; the other roles are not built yet.
_ROLES = {
    "trigger": "streams.trigger.service",
    "streams": "streams.service",
    "dispatch": "consumers.dispatch.service",
}


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as err:
        raise click.BadParameter(str(err)) from err


@click.command("run")
@click.argument("role", metavar="ROLE")
@click.option("--clock", "start", metavar="INSTANT", hidden=True, callback=_instant)
def command(role: str, start: datetime | None) -> None:
    r"""运行一个角色, 直到收到 SIGTERM / Run one ROLE until SIGTERM or Ctrl-C.

    角色 / Roles: trigger, streams, dispatch (gateway, console, ledger and notifier come later).

    \b
    Example:
      credit-trigger run trigger
      credit-trigger run streams
      credit-trigger run dispatch
      CREDIT_KAFKA=kafka-1:9092 CREDIT_REDIS=redis://cache:6379/0 credit-trigger run trigger
    """
    if role not in _ROLES:
        problem = (
            "尚未提供 / comes later"
            if role in METRICS_PORTS
            else "没有这个角色 / there is no such role"
        )
        raise click.UsageError(f"run {role}: {problem}; 可用 / there is: {', '.join(_ROLES)}")
    bound_heap()
    settings = load_settings()
    configure_logs(settings, role)
    importlib.import_module(_ROLES[role]).run(settings, clock=_clock(start, settings))


def _clock(start: datetime | None, settings: Settings) -> Clock:
    """Return the clock to live by; another day than today is for the embedded broker alone."""
    if start is None:
        return SystemClock()
    _, embedded = find_kafka(settings)
    if not embedded:
        raise click.UsageError(
            "--clock: 只用于内置服务 (演示) / for embedded services (the demo) alone: 真实的事件 "
            "须按真实的时间决定 / real events are decided on the real day"
        )
    return SimulatedClock(start)
