"""`credit-trigger run`: one role in this process, as a container or a service manager starts it."""

import importlib

import click

from infra.logs import configure_logs
from infra.settings import METRICS_PORTS, load_settings

# Role and the function that runs it until SIGTERM; the other roles are not built yet.
_ROLES = {"trigger": "streams.trigger.service"}


@click.command("run")
@click.argument("role", metavar="ROLE")
def command(role: str) -> None:
    r"""运行一个角色, 直到收到 SIGTERM / Run one ROLE until SIGTERM or Ctrl-C.

    角色 / Roles: trigger (streams, dispatch, gateway, console, ledger and notifier come later).

    \b
    Example:
      credit-trigger run trigger
      CREDIT_KAFKA=kafka-1:9092 CREDIT_REDIS=redis://cache:6379/0 credit-trigger run trigger
    """
    if role not in _ROLES:
        problem = (
            "尚未提供 / comes later"
            if role in METRICS_PORTS
            else "没有这个角色 / there is no such role"
        )
        raise click.UsageError(f"run {role}: {problem}; 可用 / there is: {', '.join(_ROLES)}")
    settings = load_settings()
    configure_logs(settings, role)
    importlib.import_module(_ROLES[role]).run(settings)
