"""What is the same for all matters of one subject in one batch, worked out once for all of them."""

from datetime import date, datetime
from functools import cached_property

from schemas.lean import KnownEntry
from streams.rules.catalogue import Catalogue
from streams.rules.ground import Scene, scene_of
from streams.rules.outcome import AsOf
from streams.rules.time_passes import first_turn
from streams.trigger.again_form import AgainForms
from streams.trigger.moment import PartitionMoment

_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+08:00")


class SubjectNow:
    """A subject (USCC) with its *entries* at a *moment*; *at*: the instant of the batch."""

    def __init__(
        self,
        subject: str,
        entries: tuple[KnownEntry, ...],
        moment: PartitionMoment,
        catalogue: Catalogue,
        at: datetime,
    ) -> None:
        self._subject = subject
        self._entries = entries
        self._moment = moment
        self._catalogue = catalogue
        self._at = at

    def is_of(self, subject: str, entries: tuple[KnownEntry, ...], moment: PartitionMoment) -> bool:
        """Tell whether it was made of these very objects."""
        return entries is self._entries and moment is self._moment and subject == self._subject

    @cached_property
    def scene(self) -> Scene:
        """Return the scene in which its matters are decided again.

        Each event has a business time of its own.
        """
        as_of = AsOf(self._at, self._moment.day, self._moment.standing, _LONG_AGO)
        return scene_of(self._entries, self._catalogue, as_of, self._subject)

    @cached_property
    def forms(self) -> AgainForms:
        """Return the forms from which its matters are written where they are alike."""
        return AgainForms(self._subject, self._moment.partition, self._entries)

    @cached_property
    def turn(self) -> date | None:
        """Return the next day on which its entries, or a measure, begin or end."""
        return first_turn(self._entries, self._catalogue, self._moment.day)
