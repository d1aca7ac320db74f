"""Where a reader of `credit.alerts` stopped: kept in a file, and trusted only while it fits."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from infra.topic_log import TopicLog
from schemas.errors import StopServiceError

Lost = Literal["retention", "another log", "unreadable"]
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_EVERYONE = "all"


class Place(Struct, frozen=True):
    """The next offset to read, by partition, in the topic *topic_id*."""

    topic_id: str
    positions: dict[int, int]


class Start(Struct, frozen=True):
    """Where to begin, and why the last place does not count any more, if it does not."""

    positions: Mapping[int, int]
    lost: Lost | None = None


class PlaceFile:
    """Keeps the place of one filter on one cluster, in `<folder>/alerts/<cluster>/`."""

    def __init__(self, folder: Path, log: TopicLog, department: str | None) -> None:
        self._log = log
        cluster = _UNSAFE.sub("_", log.cluster_id)
        self.path = folder / "alerts" / cluster / f"{department or _EVERYONE}.json"

    def start(self) -> Start:
        """Return where to go on: where it stopped, or the earliest with the reason why not there.

        Raises: StopServiceError if the file is there and cannot be opened.
        """
        try:
            place = msgspec.json.decode(self.path.read_bytes(), type=Place)
        except FileNotFoundError:
            return Start(self._log.starts)
        except OSError as err:
            raise self._stopped(err) from err
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Start(self._log.starts, "unreadable")
        return resume(place, self._log)

    def save(self, positions: Mapping[int, int]) -> None:
        """Keep *positions*, all of them or, whatever happens, those of before.

        Raises: StopServiceError if they cannot be kept.
        """
        raw = msgspec.json.encode(Place(self._log.topic_id, dict(positions)))
        draft = self.path.with_name(f".{self.path.stem}.{os.getpid()}.tmp")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
            _sync_folder(self.path.parent)
        except OSError as err:
            raise self._stopped(err) from err

    def _stopped(self, err: OSError) -> StopServiceError:
        return StopServiceError(
            f"{self.path}: {err.strerror}; 无法保存已读位置 / where you stopped cannot be kept; "
            "请检查权限和空间, 或设置 CREDIT_STATE_DIR / check rights and space, or set it"
        )


def resume(place: Place, log: TopicLog) -> Start:
    """Return where to go on from *place* in *log*.

    A partition that *place* does not know is read from its beginning. An offset beyond the end,
    or of another topic, means nothing here; one that retention has passed begins at the earliest.
    """
    known = {p: place.positions.get(p, log.starts[p]) for p in log.starts}
    if place.topic_id != log.topic_id or any(known[p] > log.ends[p] for p in known):
        return Start(log.starts, "another log")
    passed = any(known[p] < log.starts[p] for p in known)
    return Start({p: max(known[p], log.starts[p]) for p in known}, "retention" if passed else None)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
