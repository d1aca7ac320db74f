"""The demo while it runs: one live panel on a terminal, a plain line a second elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.demo_import import DemoImport
from cli.import_words import Words
from consumers.flow import Flow, percentile
from schemas.decision import STRICTNESS

_LINE_EVERY_S = 2.0
COLOURS = {"pass": "green", "hold": "yellow", "deny": "red"}


class DemoView:
    """Shows *flow* as it grows, on stderr; results go to stdout afterwards."""

    def __init__(self, flow: Flow, imports: DemoImport, say: Words, *, quiet: bool) -> None:
        self._flow = flow
        self._imports = imports
        self._say = say
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._live: Live | None = None
        self._began_s = self._lined_s = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._quiet:
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, screen=False
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if error is None:
            self._line()

    def show(self) -> None:
        """Show how far everything is now."""
        now = time.monotonic()
        if self._live is not None:
            self._live.update(self._panel(), refresh=True)
        elif now - self._lined_s >= _LINE_EVERY_S:
            self._lined_s = now
            self._line()

    def _line(self) -> None:
        if not self._quiet:
            self._console.print(Text(self._counts()), soft_wrap=True)

    def _counts(self) -> str:
        flow, say = self._flow, self._say
        seconds = time.monotonic() - self._began_s
        entries = sum(sum(report.changes.values()) for report in self._imports.lists)
        return (
            f"{seconds:5.1f} s  {say('名单条目', 'entries')} {entries}  "
            f"{say('事件', 'events')} {flow.events + flow.shares}  "
            f"{say('已决定', 'decided')} {flow.decided}  "
            f"{say('措施', 'actions')} {flow.effects.total()}  "
            f"{say('死信', 'dead letters')} {flow.dead.total()}"
        )

    def _panel(self) -> RenderableType:
        flow, say = self._flow, self._say
        table = Table(box=None, pad_edge=False)
        table.add_column(say("事项", "family"))
        for verdict in STRICTNESS:
            table.add_column(verdict.value, justify="right", style=COLOURS[verdict.value])
        for family in sorted({family for family, _ in flow.verdicts}):
            table.add_row(family, *(str(flow.verdicts[family, v.value]) for v in STRICTNESS))
        p50, p99 = (percentile(flow.action_ms, share) for share in (0.5, 0.99))
        lines = [Text(self._counts(), style="bold")]
        if self._imports.events is None:
            doing = self._imports.doing
            lines.append(Text(f"← {doing} {self._imports.rows.get(doing, '')}", style="dim"))
        if p50 is not None:
            time_text = say("事件到措施", "event to action")
            lines.append(Text(f"{time_text}: p50 {p50} ms, p99 {p99} ms", style="dim"))
        return Group(*lines, table)
