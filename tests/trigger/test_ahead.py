"""Many list changes at once: what an event waits for goes ahead, the rest in its turn.

What comes out must be what it would have been in turn; a watermark counts what stands before it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RejectRecordError
from schemas.lean import KnownEntry, PartitionState
from streams.trigger import backlog
from streams.trigger.backlog import Backlog
from streams.trigger.fold_lists import ListFold, member_revision
from streams.trigger.intake import Intake
from streams.trigger.items import ChangeIn, PublishedIn
from streams.trigger.moves import Changes
from streams.trigger.outbox import Outbox
from streams.trigger.restore import members_of
from streams.trigger.working import Recent, Working, decode_entries
from tests.rules.given import real_catalogue
from tests.trigger.messages import (
    AT,
    CREDIT_OFFICE,
    PARTITIONS,
    TODAY,
    Json,
    Sent,
    Watermarks,
    change,
    event,
    firm,
    on_events,
    on_lists,
    partition_of,
    removal,
    revised,
)
from tests.trigger.running import Town
from tests.trigger.test_fuzz import Lying

LIST = "licence-bar"
LISTS = real_catalogue().lists


def in_partition(number: int, count: int) -> list[str]:
    """Return as many organisations that share a partition."""
    found: list[str] = []
    while len(found) < count:
        subject = firm()
        if partition_of(subject) == number:
            found.append(subject)
    return found


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that holds back what it would otherwise fold at once."""
    monkeypatch.setattr(backlog, "MOST_AT_ONCE", 20)
    monkeypatch.setattr(backlog, "SHARE", 5)


@pytest.mark.usefixtures("small")
def test_an_event_waits_for_its_own_changes_alone(new_town: Town) -> None:
    new_town.start()
    new_town.publish_all()
    new_town.stop()
    mine, *others = in_partition(2, 100)
    entered = [change(subject) for subject in others]
    for each in entered:
        new_town.lists.note(each)
    # The watermark does not count what stands behind it: folded ahead, that must not spoil it.
    watermark = new_town.lists.published(LIST)[2]
    listed = change(mine)
    new_town.lists.note(listed)
    messages = [*map(on_lists, entered), watermark, on_lists(listed), on_events(event(mine))]
    new_town.post(*messages)
    new_town.start()
    told = new_town.settle()
    (decision,) = told.decisions
    assert decision.data.verdict == "deny"
    data = decision.body.data
    assert data.watermark_position is not None
    assert data.watermark_position.offset < data.list_position.offset
    assert {a.data.kind for a in told.alerts} == {"deny"}, "a list was unsound"
    after = new_town.tell(on_events(event(others[-1]))).decisions[0]
    assert (after.data.verdict, after.body.data.watermark_position) == ("deny", None)


class Turns:
    """The changes of a few organisations of one partition, folded in any order that may happen."""

    def __init__(self, sent: list[Sent]) -> None:
        intake = Intake(real_catalogue(), PARTITIONS)
        self.lying = [Lying(each, offset) for offset, each in enumerate(sent)]
        intake.learn(self.lying)  # type: ignore[arg-type]
        self.items = intake.list_messages(self.lying)  # type: ignore[arg-type]
        self.records: dict[str, bytes] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.state = PartitionState({}, TODAY, {})
        self.dead: list[int] = []
        self.alerts = 0

    def fold(self, turn: list[int], ahead: list[int]) -> None:
        """Fold one batch: those whose *turn* it is, then those *ahead*."""
        outbox = Outbox(AT)
        changes = {p: Changes() for p in range(PARTITIONS)}
        working = Working(outbox, changes, Recent())

        def before(_: int, code: str) -> list[tuple[str, str]]:
            return [*self.members.get(code, {}).items()]

        fold = ListFold(outbox, working, before, CREDIT_OFFICE, LISTS)
        for place, item in [(n, i) for n, i in zip(turn, self._of(turn), strict=True)]:
            if isinstance(item, PublishedIn):
                self.state = fold.published(item, self.state)
            elif isinstance(item, ChangeIn):
                self._change(fold.change, place, item, working)
        for place, item in zip(ahead, self._of(ahead), strict=True):
            if isinstance(item, ChangeIn):
                self._change(fold.change_ahead, place, item, working)
        fold.write()
        for each in changes.values():
            self.records |= each.entries
            for code, entry, revision in each.members:
                kept = {**self.members.get(code, {}), entry: revision}
                self.members[code] = {entry: text for entry, text in kept.items() if text}
        self.alerts += sum(record[0] == "credit.alerts" for record in outbox.records)

    def _of(self, places: list[int]) -> Iterator[Any]:
        return (self.items[place] for place in places)

    def _change(self, fold: Any, place: int, item: ChangeIn, working: Working) -> None:
        subject = item.change.subject
        try:
            fold(item, working.entries(subject, self.records.get(subject)), runs=False)
        except RejectRecordError:
            self.dead.append(place)

    def entries(self) -> dict[str, dict[str, KnownEntry]]:
        """Return what is known of each organisation, by entry id."""
        return {
            uscc: {entry.change.entry_id: entry for entry in decode_entries(raw).entries}
            for uscc, raw in self.records.items()
            if decode_entries(raw).entries
        }

    def rebuilt(self) -> dict[str, dict[str, str]]:
        """Return the members of the lists as a restore makes them of the records."""
        made: dict[str, dict[str, str]] = {}
        for raw in self.records.values():
            for code, entry, revision in members_of(decode_entries(raw)):
                if revision:
                    made.setdefault(code, {})[entry] = revision
        return made


SUBJECTS = in_partition(1, 3)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(range(len(SUBJECTS))),
        st.sampled_from(("entered", "amended", "suspended", "resumed", "removed", "publish")),
        st.integers(1, 4),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def history(steps: list[tuple[int, str, int, bool]]) -> list[Sent]:
    """Return changes, some told twice, some out of order, some with another content."""
    book, sent = Watermarks(), []
    firsts = [change(subject, entry_id=f"E{n}") for n, subject in enumerate(SUBJECTS)]
    noted = False
    for subject, what, revision, other in steps:
        first = firsts[subject]
        if what == "publish":
            if not noted:
                book.note(first)
                noted = True
            sent += book.published(LIST)[1:2]
            continue
        facts = {"facts": "另述"} if other else {}
        told: Json = (
            removal(revised(first, revision=revision, **facts))
            if what == "removed"
            else revised(first, what=what, revision=revision, **facts)
        )
        sent.append(on_lists(told))
    return sent


@given(steps=_STEPS, data=st.data())
def test_what_goes_ahead_ends_as_it_would_have_in_turn(
    steps: list[tuple[int, str, int, bool]], data: st.DataObject
) -> None:
    """Also where a worker dies in between: what it had read and not folded is read again."""
    sent = history(steps)
    plain, mixed = Turns(sent), Turns(sent)
    for place in range(len(sent)):
        plain.fold([place], [])
    done = 0
    while done < len(sent):
        share = data.draw(st.integers(1, min(5, len(sent) - done)), "share")
        turn = list(range(done, done + share))
        read = data.draw(st.integers(done + share, len(sent)), "read")
        wanted = data.draw(st.sets(st.sampled_from(SUBJECTS)), "waiting")
        ahead = [
            place
            for place in range(done + share, read)
            if isinstance(item := mixed.items[place], ChangeIn) and item.change.subject in wanted
        ]
        mixed.fold(turn, ahead)
        done += share
        assert mixed.rebuilt() == {code: held for code, held in mixed.members.items() if held}
    assert mixed.entries() == plain.entries()
    assert mixed.members == plain.members
    assert sorted(mixed.dead) == plain.dead
    assert mixed.state == plain.state
    assert mixed.alerts == plain.alerts
    assert all(decode_entries(raw).ahead is None for raw in mixed.records.values())
    for uscc, held in mixed.entries().items():
        assert uscc in SUBJECTS
        for entry in held.values():
            told = plain.members.get(LIST, {}).get(entry.change.entry_id, "")
            assert member_revision(entry) == told


def test_a_change_is_given_out_ahead_once(small: None) -> None:  # noqa: ARG001
    mine, *others = in_partition(3, 60)
    held = Backlog()
    sent = [on_lists(change(subject)) for subject in (*others, mine)]
    lying: list[Any] = [Lying(each, offset) for offset, each in enumerate(sent)]
    held.add(lying)
    waiting: list[Any] = [Lying(on_events(event(mine)), 0)]
    first, second = held.take(waiting), held.take(waiting)
    assert [m.offset() for m in first.lists] == list(range(5))
    assert [m.offset() for m in first.ahead] == [59]
    assert (second.ahead, first.known) == ([], {3: 60})
    rest = [m.offset() for _ in range(20) for m in held.take().lists]
    assert rest == list(range(10, 60))
    assert held.take(waiting) == ([], [], [], {})


def test_no_event_waits_for_what_is_little() -> None:
    held = Backlog()
    held.add([Lying(on_lists(change(firm())), 0)])  # type: ignore[list-item]
    taken = held.take([Lying(on_events(event(firm())), 0)])  # type: ignore[list-item]
    assert (len(taken.lists), taken.ahead, taken.known) == (1, [], {})
