"""What the replay of one partition has learnt so far: what Redis holds for the trigger.

About 1.6 kB for a matter on which nothing bears, the record itself among them; some 6 kB for one
with an action, 1 kB for an entry. One partition at a time.
"""

from msgspec.structs import replace

from schemas.ids import decision_id
from schemas.lean import DecisionData, ListFreshness, Matter, SubjectEntries, encode
from streams.rules.catalogue import Catalogue
from streams.rules.open_matter import forgotten_on
from streams.trigger.moment import PartitionMoment
from streams.trigger.moves import Changes
from streams.trigger.working import decode_entries, decode_matter

_NOT_DUE = b'"due":null'


class Known:
    """Matters, entries and lists of one partition, as folded so far."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, str]] = {}  # list code -> entry id -> revision
        self.lists: dict[str, ListFreshness] = {}
        self._matters: dict[str, bytes] = {}  # by <USCC>/<matter id>
        self._seen: dict[str, str] = {}  # <USCC>/<decision id> -> matter id
        self._actions: dict[str, str] = {}  # <USCC>/<action id> -> matter id
        self._entries: dict[str, bytes] = {}

    def __len__(self) -> int:
        """Return how many matters are known."""
        return len(self._matters)

    def matter(self, subject: str, name: str) -> bytes | None:
        """Return the record of a matter, due for nothing: the log says when days brought it on."""
        return self._matters.get(f"{subject}/{name}")

    def matter_of_action(self, subject: str, action: str) -> str | None:
        """Return the id of the matter in which that action was issued."""
        return self._actions.get(f"{subject}/{action}")

    def seen(self, subject: str, decision: str) -> str | None:
        """Return the id of the matter in which that event was decided."""
        return self._seen.get(f"{subject}/{decision}")

    def entries(self, subject: str) -> SubjectEntries:
        """Return the entries of *subject*, with nothing left to sweep."""
        return decode_entries(self._entries.get(subject))

    def listed(self) -> frozenset[str]:
        """Return the USCCs of all who have entries, removed ones too."""
        return frozenset(self._entries)

    def members(self, _: int, code: str) -> list[tuple[str, str]]:
        """Return id and revision of the entries, not removed, of a list."""
        return [*self._members.get(code, {}).items()]

    def matters(self) -> list[str]:
        """Return the name of every matter, `<USCC>/<matter id>`."""
        return list(self._matters)

    def apply(self, changes: Changes) -> None:
        """Take over what a fold changed, and leave *changes* empty."""
        for subject, name, record, decision in changes.matters:
            kept = (
                record if _NOT_DUE in record else encode(replace(decode_matter(record), due=None))
            )
            self._matters[f"{subject}/{name}"] = kept
            if decision:
                self._seen[f"{subject}/{decision}"] = name
        for where, diary in changes.diaries.items():
            subject, _, name = where.partition("/")
            for action in diary.actions:
                self._actions[f"{subject}/{action}"] = name
        self._entries |= changes.entries
        for code, entry, revision in changes.members:
            members = self._members.setdefault(code, {})
            members[entry] = revision
            if not revision:
                del members[entry]
        changes.matters.clear()
        changes.diaries.clear()
        changes.entries.clear()
        changes.members.clear()
        changes.sweeps.clear()

    def forget_if_over(
        self, subject: str, name: str, catalogue: Catalogue, moment: PartitionMoment
    ) -> None:
        """Forget a matter that nobody needs any more, as the trigger did on the day that came."""
        record = self.matter(subject, name)
        if record is None:
            return
        matter = decode_matter(record)
        end, day = forgotten_on(matter, catalogue), moment.day
        if not matter.actions and subject not in self._entries:
            day = day.replace(day=1)  # on which nothing bears, it goes when a month begins
        if end is None or end > day:
            return
        del self._matters[f"{subject}/{name}"]
        for event in matter.events:
            self._seen.pop(f"{subject}/{decision_id(event.source, event.id)}", None)
        for action in matter.actions:
            self._actions.pop(f"{subject}/{action.action_id}", None)

    def adopt(self, subject: str, name: str, told: DecisionData) -> None:
        """Go on from what the log says of a decision that could not be reproduced."""
        record = self.matter(subject, name)
        if record is None:
            return
        matter = decode_matter(record)
        events = tuple(
            replace(e, sequence=told.sequence, verdict=told.verdict)
            if (e.source, e.id) == (told.event.source, told.event.id)
            else e
            for e in matter.events
        )
        self._keep(subject, name, replace(matter, events=events))

    def _keep(self, subject: str, name: str, matter: Matter) -> None:
        self._matters[f"{subject}/{name}"] = encode(matter)
