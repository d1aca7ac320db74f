"""A kept answer is the answer that the condition itself would give."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules import conditions
from streams.rules.condition_memo import Asked, asked_of, fields_read, holding
from tests.budget import examples
from tests.rules.given import real_catalogue

CATALOGUE = real_catalogue()
CONDITIONAL = [measure for measure in CATALOGUE.measures if measure.when is not None]
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["tender_kind", "financing_consent", "wage_clean_years", "subject_class", "bond_required"]
    ),
    st.sampled_from([True, False, 1, 0, 2, "statutory", "procurement", "government", "1"]),
)


@settings(max_examples=examples(200))
@given(
    st.sampled_from(CONDITIONAL),
    ATTRIBUTES,
    st.sampled_from(["licence-78", "bidding-53", "bidding-54", None]),
    st.lists(st.sampled_from(sorted(CATALOGUE.items)[:3]), max_size=2),
    st.sampled_from(sorted(CATALOGUE.items)[:3]),
)
def test_a_kept_answer_is_that_of_the_condition(
    measure: object,
    attributes: Mapping[str, object],
    facts_code: str | None,
    scope: list[str],
    item_code: str,
) -> None:
    chosen = CONDITIONAL[CONDITIONAL.index(measure)]  # type: ignore[arg-type]  # drawn from it
    views = {
        "event": conditions.event_view(
            family="bidding",
            stage="registered",
            department="d",
            item_code=item_code,
            attributes=attributes,
        ),
        "entry": conditions.entry_view(
            CATALOGUE.lists["bidding-ban"], facts_code=facts_code, scope=scope
        ),
        "item": CATALOGUE.item_view(item_code),
    }
    (asked,) = asked_of([chosen])

    kept = chosen.id in holding(CATALOGUE, asked, **views)

    assert kept == CATALOGUE.condition_holds(chosen, views["event"], views["entry"], views["item"])


def test_one_question_answers_all_conditions_on_the_same_fields_and_none_without() -> None:
    asked = asked_of(CATALOGUE.measures)
    assert sorted(m for each in asked for m in each.measures) == sorted(m.id for m in CONDITIONAL)
    assert len({each.fields for each in asked}) == len(asked)
    for each in asked:
        for measure_id in each.measures:
            measure = CATALOGUE.measure(measure_id)
            assert measure is not None
            assert fields_read(measure.when) == each.fields


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        (None, ()),
        ("entry.facts_code == 'event.region'", (("entry", "facts_code", None),)),
        (
            "has(event.attributes.a) && event . attributes . b == 1",
            (("event", "attributes", "a"), ("event", "attributes", "b")),
        ),
        ("event.attributes['a'] == 1", (("event", "attributes", None),)),
        ("'a' in event.attributes", (("event", "attributes", None),)),
        ("event.attributes.exists(k, k == 'a')", (("event", "attributes", None),)),
        ("event.attributes.all (k, true)", (("event", "attributes", None),)),
    ],
)
def test_the_fields_that_a_condition_can_depend_on_are_read_off_its_text(
    source: str | None, fields: tuple[object, ...]
) -> None:
    assert fields_read(source) == fields


def test_an_unknown_measure_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        holding(CATALOGUE, Asked(("none-such",), (), "none-such"), event={}, entry={}, item={})


def test_one_is_not_true_for_a_condition_whichever_came_first() -> None:
    consent = next(m for m in CATALOGUE.measures if m.effect == "push_financing")
    (asked,) = asked_of([consent])
    listed = conditions.entry_view(CATALOGUE.lists["city-red"])

    def kept(value: object) -> bool:
        happened = conditions.event_view(
            family="financing",
            stage="applied",
            department="d",
            item_code="bx-jr-001",
            attributes={"financing_consent": value},
        )
        item = CATALOGUE.item_view("bx-jr-001")
        return consent.id in holding(CATALOGUE, asked, event=happened, entry=listed, item=item)

    assert [kept(value=True), kept(1), kept(value=True)] == [True, False, True]
