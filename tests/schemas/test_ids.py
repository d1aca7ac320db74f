"""Identities: what replay must reproduce, so the plain definition of contracts F is held here."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import action_id, decision_id, decision_ids, identity

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://credit-trigger/ids")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_an_identity_is_the_uuid5_of_its_parts_in_lines(parts: list[str]) -> None:
    assert identity(*parts) == str(uuid.uuid5(NAMESPACE, "\n".join(parts)))


def test_the_namespace_never_changes() -> None:
    assert str(NAMESPACE) == "09a606c8-8fcf-5ea0-8b1e-4114da07d771"
    assert decision_id("/benxi/approvals", "BX-1") == "b2552b57-86ac-54c0-a6c6-1cedab45619a"


@given(TEXT, TEXT)
def test_a_decision_is_named_by_source_and_id_of_its_event(source: str, event_id: str) -> None:
    assert decision_id(source, event_id) == str(uuid.uuid5(NAMESPACE, f"{source}\n{event_id}"))


@given(TEXT, TEXT, TEXT, TEXT, TEXT)
def test_an_action_is_named_by_event_entry_and_measure(
    source: str, event_id: str, list_code: str, entry_id: str, measure: str
) -> None:
    name = f"{source}\n{event_id}\n{list_code}/{entry_id}\n{measure}"
    made = action_id(source, event_id, list_code, entry_id, measure)
    assert made == str(uuid.uuid5(NAMESPACE, name))


@given(st.lists(st.tuples(TEXT, TEXT), max_size=20))
def test_many_decisions_at_once_have_the_names_that_each_has_alone(
    events: list[tuple[str, str]],
) -> None:
    assert decision_ids(events) == [decision_id(*each) for each in events]
