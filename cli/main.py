"""The command `credit-trigger`: finds the verb, calls it, turns errors into one line and a code."""

import errno
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from schemas.errors import CreditTriggerError

STOP, INTERRUPTED = 3, 130
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
_VERBS = {
    "demo": "一次完整演示 / the main job, end to end, on a synthetic day",
    "up": "启动服务和触发器 / start services and the trigger",
    "run": "运行一个角色 / run one role",
    "topics": "Kafka 主题 / the topics in Kafka",
    "events": "导入部门文件 / import files of departments",
    "lists": "导入和查看名单 / import and show lists",
    "explain": "解释一个决定 / why a decision was made",
    "review": "复核一项措施 / confirm, dismiss, object to, uphold or overturn an action",
    "department": "部门客户端 / what a department receives, and its receipts",
    "alerts": "提醒 / what officers have to know, now or live",
    "supervision": "督办清单 / which department has not reported in time",
    "publicity": "双公示时效 / which department reports permits late",
    "feedback": "定期反馈 / what the credit office reports upwards",
    "catalogue": "检查奖惩措施目录 / check the catalogue of measures",
    "dlq": "死信 / dead letters: list, show, replay",
    "replay": "重放比对 / reproduce every decision and action from the log",
    "config": "检查设置 / check the settings",
    "bench": "性能测量 / measure the trigger beside its peers",
}


class LazyVerbs(click.Group):
    """Subcommands that are imported when they are called, so that `--help` is quick."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line; `--help` prints here already."""
        with _reader_may_leave():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Call the verb."""
        with _reader_may_leave():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a newcomer meets them."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of *cmd_name* and return its `command`, None for an unknown verb."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        verb = importlib.import_module(f"cli.{cmd_name}").command
        _keep_lines(verb)
        return verb if isinstance(verb, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing one."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and say which ones there are where there is none of that name."""
        if args and not args[0].startswith("-") and args[0] not in _VERBS:
            known = ", ".join(_VERBS)
            ctx.fail(f"{args[0]}: 没有这个命令 / no such command; 可用 / there are: {known}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyVerbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="credit-trigger", message="%(prog)s %(version)s")
def command() -> None:
    """信用联合奖惩: 自动触发、实时实施、定期反馈 / Joint credit rewards and punishments.

    \b
    Example:
      credit-trigger demo
      credit-trigger up
    Exit codes: 0 fine, 1 finding, 2 usage, 3 stop. Settings: docs/configuration.md
    """  # noqa: D301 - click wants the character itself


class ReaderGoneError(Exception):
    """Who read our output (head, less) has seen enough; there is nothing left to do."""


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Tell a closed pipe from a finding: click itself would end with 1 for both."""
    try:
        yield
        if sys.stdout is not None:  # closed by whoever called us
            sys.stdout.flush()
    except BrokenPipeError as err:
        raise ReaderGoneError from err


def _keep_lines(verb: click.Command) -> None:
    r"""Let a raw docstring keep its lines: click wants the character, ours spell it `\b`."""
    verb.help = verb.help and verb.help.replace("\\b", "\b")
    for each in verb.commands.values() if isinstance(verb, click.Group) else ():
        _keep_lines(each)


def main() -> NoReturn:
    """Run the command line and leave with its exit code; nobody ever sees a stack trace."""
    try:
        # A verb may return its exit code; click returns that of `ctx.exit` in the same way.
        code = command.main(prog_name="credit-trigger", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as err:
        err.show()  # the whole help, as asked for by saying nothing
        sys.exit(err.exit_code)
    except click.UsageError as err:
        path = err.ctx.command_path if err.ctx else "credit-trigger"
        click.echo(f"{path}: {err.format_message()} (帮助 / help: {path} --help)", err=True)
        sys.exit(err.exit_code)
    except click.ClickException as err:
        click.echo(f"credit-trigger: {err.format_message()}", err=True)
        sys.exit(STOP)
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断 / interrupted", err=True)
        sys.exit(INTERRUPTED)
    except CreditTriggerError as err:
        click.echo(str(err), err=True)
        sys.exit(STOP)
    except ReaderGoneError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as err:
        _tell_of_the_system(err)
        sys.exit(STOP)
    except Exception as err:  # noqa: BLE001 - the last line of defence
        _tell_unexpected(err)
        sys.exit(STOP)
    sys.exit(code if isinstance(code, int) else 0)


def _tell_of_the_system(err: OSError) -> None:
    """Say which file cannot be had and what to look at; without a file it is a fault of ours."""
    if err.filename is None and err.errno not in _DISK:
        _tell_unexpected(err)
        return
    click.echo(
        f"credit-trigger: {err.filename or 'stdout'}: {err.strerror}; "
        "请检查路径、权限和磁盘空间 / check the path, its permissions and the disk",
        err=True,
    )


def _tell_unexpected(err: Exception) -> None:
    """Say in one line that this is a fault of ours, and keep the trace where a developer looks.

    The trace holds lines of our code and the error's type alone: its text might hold a payload.
    """
    from infra.crash_report import write_crash_report  # noqa: PLC0415 - only on the way out

    place = write_crash_report(err)
    click.echo(
        f"credit-trigger: 程序错误 / a fault of ours: {type(err).__name__}; "
        f"详情 / details: {place}",
        err=True,
    )


if __name__ == "__main__":
    main()
