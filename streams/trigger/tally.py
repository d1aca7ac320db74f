"""How many decisions a batch holds, counted while it is folded."""

from collections import Counter


class Tally:
    """The decisions of one input partition that are counted together, the day apart."""

    __slots__ = ("_days", "_times", "last")

    def __init__(self) -> None:
        self.last = 0  # offset of the newest event
        self._times: list[str] = []
        self._days: Counter[str] = Counter()

    def add(self, time_text: str, offset: int) -> None:
        """Count the decision on the event at *offset*.

        *time_text*: its business time at +08:00.
        """
        self._times.append(time_text)
        self.last = max(self.last, offset)

    def add_many(self, day: str, count: int, offset: int) -> None:
        """Count *count* decisions on events of one business day, the newest at *offset*."""
        self._days[day] += count
        self.last = max(self.last, offset)

    def days(self) -> Counter[str]:
        """Return how many decisions there are of each business day."""
        days = self._days.copy()
        for time_text, n in Counter(self._times).items():  # events come in bursts of one second
            days[time_text[:10]] += n
        return days
