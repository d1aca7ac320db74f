"""Topics read to their end, with progress on stderr."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from infra.topic_log import find_log
from schemas.dead_letter import header_list
from sources.topic_reader import read_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

    from cli.import_words import Words
    from consumers.feedback.told_cases import Read, Record
    from schemas.dead_letter import Header

_LOOK_EVERY = 1_000  # messages between two movements of the bar
_LINE_EVERY_S = 5.0


def _headers(message: Message) -> list[Header]:
    return header_list(message.headers())


@contextmanager
def topics_read(bootstrap: str, say: Words) -> Iterator[Read]:
    """Yield what reads a topic to its end, and shows on stderr how far it is."""
    console = Console(stderr=True, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("")

        def read(topic: str) -> Iterator[Record]:
            log = find_log(bootstrap, topic)
            total = sum(log.ends[each] - log.starts[each] for each in log.ends)
            words = f"{topic}  {say('读取', 'reading')}"
            bar.update(task, description=words, total=max(total, 1), completed=0)
            told_s = time.monotonic()
            for done, message in enumerate(read_to_end(bootstrap, topic, sorted(log.ends)), 1):
                if done % _LOOK_EVERY == 0:
                    bar.update(task, completed=done)
                    if hidden and time.monotonic() - told_s >= _LINE_EVERY_S:
                        told_s = time.monotonic()
                        click.echo(f"{words}  {done:,} / {total:,}", err=True)
                sent_ms = int(message.timestamp()[1])
                yield sent_ms, message.value() or b"", partial(_headers, message)

        yield read
