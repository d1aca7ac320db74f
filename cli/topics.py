"""`credit-trigger topics`: make the topics, or tell how they differ."""

import sys

import click
from rich.table import Table

from cli.prepared import prepare
from cli.screen import screen
from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.services import find_kafka
from infra.settings import Settings
from infra.topics import Difference, Topics
from infra.wanted_topics import Topic, table_topics, wanted_topics
from streams.rules.catalogue import build_catalogue

_FINDING = 1


@click.group("topics")
def command() -> None:
    r"""Kafka 主题 / The topics in Kafka.

    \b
    Example:
      credit-trigger topics apply --check
    """


@command.command("apply")
@click.option(
    "--check", "check_only", is_flag=True, help="只比较, 不改动 / compare, change nothing"
)
def apply_command(*, check_only: bool) -> None:
    r"""建立缺少的主题, 修正设置 / Make missing topics, mend settings, say what differs.

    需要 CREDIT_KAFKA 或正在运行的 up / Needs CREDIT_KAFKA or a running `up`. Exit code 1 if
    --check finds a difference, or if one is left that cannot be mended (partitions, replication).

    \b
    Example:
      credit-trigger topics apply
      CREDIT_KAFKA=kafka-1:9092 credit-trigger topics apply --check
    """
    settings = prepare("topics")
    kafka, embedded = find_kafka(settings)
    topics = Topics(kafka)
    wanted = topics_of(settings, brokers=topics.brokers(), embedded=embedded)
    found = topics.differences(wanted) if check_only else topics.apply(wanted)
    left = [each for each in found if check_only or not each.mendable]
    if found:
        screen().print(_table(found, check_only=check_only))
    click.echo(
        f"{len(wanted)} 个主题 / topics, {len(found)} 处不同 / differences, "
        f"{len(found) - len(left)} 处已修正 / mended"
    )
    if left:
        sys.exit(_FINDING)


def topics_of(settings: Settings, *, brokers: int, embedded: bool) -> tuple[Topic, ...]:
    """Return the topics that the catalogue in use asks for on a cluster of *brokers*."""
    catalogue = build_catalogue(read_catalogue(data_dir("catalogue", settings.catalogue)))
    named = wanted_topics(
        catalogue.families,
        catalogue.departments,
        partitions=settings.partitions,
        brokers=brokers,
        embedded=embedded,
    )
    tables = table_topics(settings.group, partitions=settings.partitions, brokers=brokers)
    return named + tables


def _table(found: tuple[Difference, ...], *, check_only: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("主题 / topic", "什么 / what", "现为 / is", "应为 / should be", "结果 / outcome"):
        table.add_column(title, overflow="fold")
    for each in found:
        if not each.mendable:
            outcome = "不能在此修正 / cannot be mended here"
        else:
            outcome = "未改动 / unchanged" if check_only else "已修正 / mended"
        table.add_row(each.topic, each.what, each.found, each.wanted, outcome)
    return table
