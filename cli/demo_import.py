"""The demo's files on their way in, beside the view that shows it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cli.import_setup import load_crosswalk, load_formats
from infra.data_files import data_dir
from sources.demo_day.calendar_day import CROSSWALK_FILE, EVENT_FILES, LIST_FILES
from sources.import_events import ImportOptions, import_events
from sources.import_list import ListOptions, ListReport, import_list

if TYPE_CHECKING:
    from pathlib import Path

    from cli.demo_stage import DemoStage
    from sources.reports import ImportReport
    from streams.rules.catalogue import Catalogue


class DemoImport(threading.Thread):
    """Imports the lists, waits until *may_send* lets it, then imports the events.

    `doing` tells what it does just now and `rows` how far; `error` is what stopped it.
    """

    def __init__(self, stage: DemoStage, catalogue: Catalogue) -> None:
        super().__init__(name="demo-import", daemon=True)
        self._stage = stage
        self._catalogue = catalogue
        self._files = data_dir("demo")
        self.may_send = threading.Event()
        self.lists: list[ListReport] = []
        self.events: ImportReport | None = None
        self.doing = ""
        self.rows: dict[str, int] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        """Do the work; an error is kept for whoever watches, who raises it again."""
        try:
            self._import_lists()
            self.may_send.wait()
            self._import_events()
        except Exception as err:  # noqa: BLE001 - carried over to the thread that watches
            self.error = err

    @property
    def published(self) -> int | None:
        """How many events were acknowledged; None as long as there may be more."""
        return None if self.events is None else self.events.published

    def _import_lists(self) -> None:
        options = ListOptions(
            formats=load_formats(self._stage.settings, None),
            lists=self._catalogue.lists,
            full=True,
            rejects=self._rejects(),
            crosswalk=load_crosswalk(self._stage.settings, self._files / CROSSWALK_FILE),
            group=self._stage.settings.group,
        )
        for name, code in LIST_FILES:
            self.doing = name
            self.lists.append(
                import_list(
                    self._files / name,
                    code,
                    bootstrap=self._stage.endpoints.kafka,
                    options=options,
                    clock=self._stage.clock,
                    progress=self._progress,
                )
            )

    def _import_events(self) -> None:
        self.doing = "events/"
        options = ImportOptions(
            formats=load_formats(self._stage.settings, None),
            rejects=self._rejects(),
            crosswalk=load_crosswalk(self._stage.settings, self._files / CROSSWALK_FILE),
        )
        self.events = import_events(
            [self._files / name for name in EVENT_FILES],
            bootstrap=self._stage.endpoints.kafka,
            options=options,
            clock=self._stage.clock,
            progress=self._progress,
        )

    def _rejects(self) -> Path:
        folder = self._stage.folder / "rejects"
        folder.mkdir(exist_ok=True)
        return folder

    def _progress(self, file: str, rows: int) -> None:
        self.doing = file
        self.rows[file] = rows
