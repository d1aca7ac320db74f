"""`credit-trigger config`: whether the settings are right, and what they are."""

import click
from pydantic import SecretStr

from cli.prepared import prepare


@click.group("config")
def command() -> None:
    r"""设置 / The settings (`CREDIT_*` and `.env`).

    \b
    Example:
      credit-trigger config check
    """


@command.command("check")
def check() -> None:
    r"""检查设置, 一次报告所有问题 / Report every fault of the settings at once, or show them.

    未知的 CREDIT_* 名称会被拒绝 / Unknown CREDIT_* names are refused. Ends with 3 on a fault.

    \b
    Example:
      CREDIT_PARTITIONS=12 credit-trigger config check
    """
    settings = prepare("config")
    for field, value in settings:
        shown = "(未设置 / unset)" if value is None else value
        shown = "(已设置 / set)" if isinstance(value, SecretStr) else shown
        click.echo(f"CREDIT_{field.upper()}={shown}")
    click.echo("设置没有问题 / the settings are fine")
