"""A Faust table of organisations whose records are joined, not overwritten, when it is recovered.

A worker that lost a partition without knowing it may still write to its changelog: the last record
of an organisation may then know less than one before it. Faust takes the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import faust
from faust.stores import memory

from infra.kafka import murmur2_partition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from faust.types import TP, EventT
    from faust.types.tuples import FutureMessage

    from streams.app import StreamsApp

    Join = Callable[[bytes, bytes], bytes]


class OrganisationTable(faust.Table[bytes, bytes]):
    """USCC to bytes, in partitions like every topic of organisations (murmur2).

    *join* returns what two records know together, the later one given last.
    """

    def __init__(self, app: StreamsApp, name: str, *, partitions: int, join: Join) -> None:
        super().__init__(app, name=name, key_type=bytes, value_type=bytes, partitions=partitions)
        self._joining, self._count = join, partitions
        app.tables.add(self)

    @property
    def held(self) -> MutableMapping[bytes, bytes]:
        """What is known, by key; written through `put` alone."""
        return self._own_store.data

    @property
    def mended(self) -> set[bytes]:
        """Keys whose last record knows less than is held: to be written again."""
        return self._own_store.mended

    def partition_of(self, key: bytes) -> int:
        """Return the partition in which everything about *key* lies."""
        return murmur2_partition(key, self._count)

    def put(self, key: bytes, value: bytes | None) -> FutureMessage:
        """Hold *value* at once (None: nothing); awaiting what is returned, Kafka has it too."""
        if value is None:
            self.held.pop(key, None)
        else:
            self.held[key] = value
        self.mended.discard(key)
        return self.send_changelog(self.partition_of(key), key, value, "raw", "raw")

    @property
    def _own_store(self) -> _JoiningStore:
        store: Any = self.data
        return cast("_JoiningStore", store)

    def _new_store(self) -> Any:
        return _JoiningStore(
            "memory://",
            self.app,
            self,
            join=self._joining,
            partition_of=self.partition_of,
            table_name=self.name,
            key_type=self.key_type,
            value_type=self.value_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            loop=self.loop,
        )


class _JoiningStore(memory.Store[bytes, bytes]):
    def __init__(
        self, *args: Any, join: Join, partition_of: Callable[[bytes], int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._joining, self._partition_of = join, partition_of
        self.mended: set[bytes] = set()

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT[Any]],
        to_key: Callable[[Any], Any],
        to_value: Callable[[Any], Any],
    ) -> None:
        """Join each record of *batch* to what is held; one without a value empties its key."""
        for event in batch:
            key, value = to_key(event.key), event.message.value
            self.mended.discard(key)
            before = self.data.get(key)
            if value is None:
                self.data.pop(key, None)
            elif before is None:
                self.data[key] = to_value(event.value)
            else:
                after = self._joining(before, value)
                self.data[key] = after
                if after != value:
                    self.mended.add(key)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Forget the organisations of other workers: theirs is read anew when it comes back."""
        owned = {partition for _, partition in active_tps | standby_tps}
        for key in [key for key in self.data if self._partition_of(key) not in owned]:
            del self.data[key]
            self.mended.discard(key)
