"""Answers as files in a folder, each there once: `<kind>-<id>-<number>.json`.

The draft is written and on the disk before the journal says done, and gets its name after that. A
draft found at the start is named if the journal says so, and thrown away if not: what is then
handed over again writes it anew. So whoever takes files away, and removes them, meets none twice.
"""

import os
import re
from pathlib import Path

import msgspec

from consumers.department.handing import Handed
from consumers.department.journal import Journal
from schemas.errors import StopServiceError

_DRAFT = re.compile(r"^\.(decision|action|alert)-(.+)-(\d+)\.draft$")
_PLAIN = re.compile(r"^[A-Za-z0-9._-]+$")


class Spool:
    """Writes into *folder*. Raises: StopServiceError if it cannot."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise self._stopped(err) from err

    def recover(self, journal: Journal) -> None:
        """Name the drafts that are done, remove the others."""
        try:
            for draft in sorted(self._folder.glob(".*.draft")):
                if (found := _DRAFT.match(draft.name)) is None:
                    continue
                kind, name, number = found.groups()
                # Nothing newer is handed over before this draft is named: equal or not done.
                if journal.handed(f"{kind}/{name}") == (int(number), "done"):
                    self._publish(draft)
                else:
                    draft.unlink()
        except OSError as err:
            raise self._stopped(err) from err

    def hand_over(self, handed: Handed, journal: Journal) -> None:
        """Write the draft, note, name it."""
        answer = handed.answer
        if not _PLAIN.match(handed.name):
            raise StopServiceError(
                f"{answer.kind}: 编号不能用作文件名 / its id cannot be the name of a file; "
                "请联系信用办 / ask the credit office"
            )
        draft = self._folder / f".{handed.name}.draft"
        try:
            with draft.open("wb") as file:
                file.write(msgspec.json.encode(handed.content()))
                file.flush()
                os.fsync(file.fileno())
            self._sync()
            journal.note(answer.key, answer.number, "done", answer.told_ms)
            self._publish(draft)
        except OSError as err:
            raise self._stopped(err) from err

    def _publish(self, draft: Path) -> None:
        draft.rename(draft.with_name(draft.name.removeprefix(".").removesuffix("draft") + "json"))
        self._sync()

    def _sync(self) -> None:
        """Make names themselves survive a power cut."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _stopped(self, err: OSError) -> StopServiceError:
        return StopServiceError(
            f"{self._folder}: {err.strerror}; 无法写入 / cannot be written; "
            "请检查权限和空间 / check rights and space"
        )
