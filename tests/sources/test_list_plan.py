"""What a list file changes: only differences, revisions that grow, removals that are final."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import lean
from schemas.list_change import ENTERED, REMOVED, ListChangeData
from schemas.registry import Recognition
from sources.held_lists import HeldEntry, HeldLists, _take
from sources.list_plan import Plan, WholeList, plan_absent, plan_changes
from sources.list_writer import digest_of
from sources.listed_row import StatedEntry
from sources.shown_entry import standing
from streams.rules.join import is_active
from tests.rules.given import real_catalogue
from tests.sources.conftest import COMPANY, OTHER

TODAY = date(2026, 6, 16)
PROVIDER = "/court/benxi"


def data(entry_id: str = "a", **changes: Any) -> ListChangeData:
    return ListChangeData.model_validate(
        {
            "entry_id": entry_id, "revision": 0, "list_code": "court-defaulter",
            "subject_name": "本溪示例公司", "doc_no": "示例1号", "recognised_by": "示例法院",
            "effective_from": date(2026, 1, 1), "facts": "拒不履行", **changes,
        }
    )  # fmt: skip


def stated(entry_id: str = "a", state: Any = "listed", **changes: Any) -> StatedEntry:
    return StatedEntry(2, COMPANY, state, data(entry_id, **changes))


def gone(entry_id: str = "a") -> StatedEntry:
    return stated(entry_id, "removed", removed_on=TODAY, removal_reason="repaired")


def apply(held: dict[str, HeldEntry], plan: Plan) -> dict[str, HeldEntry]:
    """Return what the list is once *plan* is written and read again."""
    lists = HeldLists(4, {("court-defaulter", entry): known for entry, known in held.items()})
    for change in plan.changes:
        entry = msgspec.json.decode(change.data.model_dump_json(), type=lean.ListChangeData)
        message = lean.Envelope(
            "1.0", "id", PROVIDER, change.type, change.subject, "2026-06-16T18:00:00+08:00", entry
        )
        assert _take(lists, message, None)
    return lists.of("court-defaulter")


def after(*files: list[StatedEntry]) -> dict[str, HeldEntry]:
    held: dict[str, HeldEntry] = {}
    for file in files:
        held = apply(held, plan_changes(held, file))
    return held


def kinds(plan: Plan) -> list[tuple[str, str, int]]:
    return [(c.type.rpartition(".")[2], c.data.entry_id, c.data.revision) for c in plan.changes]


@pytest.mark.parametrize(
    ("before", "statement", "expected"),
    [
        ([], stated(), [("entered", "a", 1)]),
        ([], stated(state="suspended"), [("entered", "a", 1), ("suspended", "a", 2)]),
        ([], gone(), []),
        ([stated()], stated(), []),
        ([stated()], stated(facts="其他"), [("amended", "a", 2)]),
        ([stated()], stated(state="suspended"), [("suspended", "a", 2)]),
        ([stated(state="suspended")], stated(), [("resumed", "a", 3)]),
        ([stated()], gone(), [("removed", "a", 2)]),
        (
            [stated()],
            stated(state="suspended", facts="其他"),
            [("amended", "a", 2), ("suspended", "a", 3)],
        ),
    ],
)
def test_only_what_differs_is_written_and_revisions_grow(
    before: list[StatedEntry], statement: StatedEntry, expected: list[tuple[str, str, int]]
) -> None:
    assert kinds(plan_changes(after(before), [statement])) == expected


def test_a_removal_is_final_and_a_new_listing_gets_a_new_id_once() -> None:
    held = after([stated()], [gone()])
    again = plan_changes(held, [stated()])
    assert kinds(again) == [("entered", "a~2", 1)]
    assert again.relisted == 1
    relisted = apply(held, again)
    assert kinds(plan_changes(relisted, [stated()])) == []
    assert kinds(plan_changes(relisted, [gone()])) == [("removed", "a~2", 2)]
    assert kinds(plan_changes(after([stated()], [gone()]), [gone()])) == []


@pytest.mark.parametrize(
    ("until", "reason", "day"),
    [
        (date(2026, 6, 16), "expired", date(2026, 6, 16)),
        (date(2026, 6, 10), "expired", date(2026, 6, 10)),
        (date(2026, 6, 17), "repaired", TODAY),
        (None, "repaired", TODAY),
    ],
)
def test_what_a_full_file_no_longer_states_is_removed_with_the_reason_of_its_term(
    until: date | None, reason: str, day: date
) -> None:
    held = after([stated(effective_until=until), stated("b")])
    plan = plan_changes(held, [stated("b")])
    plan_absent(plan, held, WholeList(frozenset({"b"}), PROVIDER, TODAY, "repaired"))
    (change,) = plan.changes
    assert change.type == REMOVED
    assert (change.data.removal_reason, change.data.removed_on) == (reason, day)
    assert plan.disappeared == (reason != "expired")
    assert set(plan.members) == {"b"}


def test_a_full_file_of_one_provider_leaves_the_entries_of_another_alone() -> None:
    held = after([stated()])
    plan = plan_changes(held, [])
    plan_absent(plan, held, WholeList(frozenset(), "/court/liaoning", TODAY, "early"))
    assert plan.changes == []


STATES = st.sampled_from(["listed", "suspended", "removed"])


TOLD = st.tuples(st.sampled_from("abc"), STATES, st.sampled_from(["x", "y"]))


@given(st.lists(TOLD, max_size=25))
def test_the_same_file_twice_writes_nothing_the_second_time(
    told: list[tuple[str, Any, str]],
) -> None:
    held: dict[str, HeldEntry] = {}
    for entry_id, state, facts in told:
        ending = {"removed_on": TODAY, "removal_reason": "early"} if state == "removed" else {}
        statement = stated(entry_id, state, facts=facts, **ending)
        plan = plan_changes(held, [statement])
        for change in plan.changes:
            known = held.get(change.data.entry_id)
            assert known is None or (known.live and change.data.revision > known.data.revision)
            held = apply(held, Plan(changes=[change]))
        assert plan_changes(held, [statement]).changes == []
        live = {e: (h.subject, h.data.revision) for e, h in held.items() if h.live}
        assert plan.members == live


@pytest.mark.parametrize("suspended", [False, True])
@pytest.mark.parametrize("until", [None, TODAY, date(2026, 6, 17)])
@pytest.mark.parametrize("since", [date(2026, 1, 1), TODAY, date(2026, 6, 17)])
@pytest.mark.parametrize(
    "ending",
    [{}]
    + [
        {"removed_on": day, "removal_reason": reason}
        for day in (TODAY, date(2026, 6, 17))
        for reason in ("repaired", "annulled")
    ],
)
def test_show_says_active_exactly_when_the_rules_do(
    *,
    suspended: bool,
    until: date | None,
    since: date,
    ending: dict[str, Any],
) -> None:
    if until is not None and until <= since:
        return
    entry = msgspec.json.decode(
        data(effective_from=since, effective_until=until, **ending).model_dump_json(),
        type=lean.ListChangeData,
    )
    held = HeldEntry(OTHER, PROVIDER, suspended, entry)
    known = lean.KnownEntry(entry, suspended, PROVIDER, "2026-06-16T00:00:00.000+08:00")
    active, zh, en = standing(held, real_catalogue().lists[entry.list_code], TODAY)
    assert active == is_active(known, TODAY)
    assert zh
    assert en


def test_the_digest_is_over_sorted_lines_each_ended() -> None:
    expected = hashlib.sha256(b"a@2\nb@1\n").hexdigest()
    assert digest_of({"b": 1, "a": 2}) == expected
    assert digest_of({}) == hashlib.sha256(b"").hexdigest()


def test_an_entry_of_another_city_is_shown_with_what_it_counts_for() -> None:
    """Without an agreement that holds it is for information, whatever its own dates say."""
    entry = msgspec.json.decode(data().model_dump_json(), type=lean.ListChangeData)
    spec = real_catalogue().lists[entry.list_code]
    agreement = Recognition.model_validate_json(
        json.dumps(
            {
                "provider": "/elsewhere",
                "jurisdiction": "210100",
                "from": "2026-01-01",
                "until": TODAY.isoformat(),
                "effect": "effective",
                "basis": {"act": "示例办法", "article": "3", "level": "normative_document"},
            }
        )
    )
    agreed = spec.model_copy(update={"recognition": (agreement,)})
    held = HeldEntry(OTHER, "/elsewhere", suspended=False, data=entry, jurisdiction="210100")
    active, zh, _ = standing(held, agreed, TODAY - timedelta(days=1))
    assert (active, "互认" in zh) == (True, True)
    active, zh, _ = standing(held, agreed, TODAY)
    assert (active, "仅供参考" in zh) == (False, True)


def test_who_is_of_elsewhere_changes_his_own_entries_alone() -> None:
    held = HeldLists(1)
    entry = msgspec.json.decode(data().model_dump_json(), type=lean.ListChangeData)

    def take(source: str, revision: int, place: str | None) -> bool:
        change = msgspec.structs.replace(entry, revision=revision)
        told = lean.Envelope("1.0", "id", source, ENTERED, OTHER, "", change)
        return _take(held, told, place)

    assert take("/elsewhere", 1, "210100")
    assert not take(PROVIDER, 2, None)
    assert not take("/other", 2, "210200")
    assert take("/elsewhere", 2, "210100")
    assert held.of(entry.list_code) == {}, "our own list counts our own alone"
