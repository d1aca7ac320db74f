"""The catalogues that decisions name, made again of what `credit.catalogues` keeps of them."""

from collections import OrderedDict

import msgspec
from msgspec import Struct

from schemas import topics
from schemas.state import BIRTH_KEY
from streams.replay.stream import Log
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.faults import CatalogueFaults
from streams.trigger.intake import Intake

_MOST_BUILT = 4  # some 10 MB each


class _Whole(Struct):
    version: str
    files: dict[str, str]


_decode = msgspec.json.Decoder(_Whole).decode


class Catalogues:
    """Every catalogue by its content hash."""

    def __init__(self, log: Log, partitions: int) -> None:
        self._partitions = partitions
        self.newest: str | None = None
        self._raw: dict[str, bytes] = {}
        self._built: OrderedDict[str, tuple[Catalogue, Intake] | None] = OrderedDict()
        source = log.source(topics.CATALOGUES, 0)
        while messages := source.poll():
            for message in messages:
                key, value = message.key(), message.value()
                if isinstance(key, bytes) and key != BIRTH_KEY and isinstance(value, bytes):
                    self.newest = key.decode(errors="replace")
                    self._raw[self.newest] = value

    def find(self, version: str) -> tuple[Catalogue, Intake] | None:
        """Return the catalogue *version* and its way to judge messages.

        None if nobody kept it, or if what was kept under its name is another one.
        """
        if version not in self._built:
            self._built[version] = self._build(version)
            while len(self._built) > _MOST_BUILT:
                self._built.popitem(last=False)
        return self._built[version]

    def _build(self, version: str) -> tuple[Catalogue, Intake] | None:
        raw = self._raw.get(version)
        if raw is None:
            return None
        try:
            catalogue = build_catalogue(_decode(raw).files)
        except (msgspec.MsgspecError, CatalogueFaults):
            return None
        if catalogue.version != version:
            return None
        return catalogue, Intake(catalogue, self._partitions)
