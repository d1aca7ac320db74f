import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules import conditions
from streams.rules.catalogue import Catalogue

EVENT = conditions.event_view(family="bidding", stage="registered", department="", item_code="x")


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("a && b", {"a", "b"}),
        ("!item.safety_critical && (a || b)", {"!item.safety_critical", "(a||b)"}),
        ("a && b || c", {"a&&b||c"}),
        ("a ? b : c && d", {"a?b:c&&d"}),
        ("'x && y' == z && (a && b)", {"'x&&y'==z", "(a&&b)"}),
        ("a[b && c] && d", {"a[b&&c]", "d"}),
    ],
)
def test_a_guard_counts_only_where_every_branch_needs_it(source: str, parts: set[str]) -> None:
    assert conditions.conjuncts(source) == parts


@pytest.mark.parametrize(
    "source",
    [
        "event.region != ''",
        "event . region == 'x'",
        'event["region"] == "x"',
        "event['\\x72egion'] == 'x'",
        "event.attributes['reg' + 'ion'] == 'x'",
        "event.attributes.exists(k, event.attributes[k] == '210500')",
        "event.attributes.all(k, k != 'from')",
        "event.attributes.is_local",
        "event.attributes.registered_in_city == 'x'",
        "event.attributes.uscc.startsWith('91210500')",
        "event.department.contains('210500')",
    ],
)
def test_locality_is_seen_in_every_spelling(source: str) -> None:
    assert conditions.reads_locality(source)


@pytest.mark.parametrize(
    "source",
    [
        "event.attributes.capacity > 5",
        "event.item_code in ['bx-fg-001', 'bx-zj-001']",
        "event.department == '11210500105000111B'",
        "entry.scope[0] == 'bx-sj-001'",
        "has(event.attributes.allocation) && event.attributes.allocation.startsWith('A')",
    ],
)
def test_what_is_no_locality_may_be_read(source: str) -> None:
    assert not conditions.reads_locality(source)


def test_an_attribute_that_is_missing_does_not_hold() -> None:
    program = conditions.compile_condition("event.attributes.tender_kind == 'statutory'")
    assert not conditions.holds(program, event=EVENT)


@pytest.mark.parametrize(
    "source", ["1 / 0 == 1", "event.amount_fen + 'x' == ''", "event.stage", "'('.matches('(')"]
)
def test_what_cannot_be_evaluated_to_true_does_not_hold(source: str) -> None:
    assert not conditions.holds(conditions.compile_condition(source), event=EVENT)


def test_an_unknown_amount_is_zero_and_said_to_be_unknown() -> None:
    unknown = conditions.compile_condition("event.amount_fen == 0 && !event.has_amount")
    assert conditions.holds(unknown, event=EVENT)
    paid = {**EVENT, "amount_fen": 0, "has_amount": True}
    assert not conditions.holds(unknown, event=paid)


def test_an_unregistered_item_gets_no_relief() -> None:
    view = conditions.item_view(None, "bx-unknown")
    assert view["known"] is False
    assert view["safety_critical"] is view["full_coverage"] is True
    assert view["gaps_allowed"] is view["commitment_allowed"] is False


attributes = st.dictionaries(
    st.sampled_from(["tender_kind", "financing_consent", "wage_clean_years", "bond_required", "x"]),
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=50),
    max_size=5,
)


@given(
    attributes=attributes,
    facts_code=st.none() | st.text(max_size=20),
    scope=st.none() | st.lists(st.text(max_size=8)),
)
def test_no_attribute_of_an_event_can_break_a_condition(
    catalogue: Catalogue,
    attributes: dict[str, object],
    facts_code: str | None,
    scope: list[str] | None,
) -> None:
    event = conditions.event_view(
        family="bidding", stage="registered", department="", item_code="x", attributes=attributes
    )
    spec = catalogue.lists["bidding-ban"]
    entry = conditions.entry_view(spec, facts_code=facts_code, scope=scope)
    for measure in catalogue.measures:
        held = catalogue.condition_holds(measure, event, entry, catalogue.item_view("x"))
        assert held in {True, False}
