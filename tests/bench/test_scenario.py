"""What the bench writes is what the contracts say, and means what the bench says it means."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchStopError
from bench.place_check import check_place
from bench.scenario import Place, Scenario, entered_message, event_message, published_message
from bench.subjects import COUNT, subject_code
from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from schemas.department_event import DepartmentEvent
from schemas.list_change import ListChange, ListPublished
from schemas.times import format_instant
from schemas.uscc import ALPHABET, make_uscc
from streams.rules.catalogue import Catalogue, build_catalogue

NOW = datetime(2026, 6, 18, 1, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_catalogue(read_catalogue(data_dir("catalogue")))


@given(st.integers(0, COUNT - 1))
def test_a_synthetic_subject_is_the_valid_code_of_its_number(number: int) -> None:
    digits, rest = "", number
    for _ in range(6):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    assert subject_code(number) == make_uscc("91210500", f"MA{digits}")


@given(st.integers(1, 2_000), st.integers(1, 500))
def test_every_twentieth_event_is_about_a_listed_subject_and_no_other_is(
    events: int, entries: int
) -> None:
    scenario = Scenario(events=events, entries=entries)
    listed = {subject_code(number) for number in range(entries)}
    hits = [n for n in range(events) if scenario.subject_of(n) in listed]
    assert hits == list(range(0, events, 20))
    assert len(hits) == scenario.hits


def test_hits_spread_over_all_entries_instead_of_a_warm_few() -> None:
    scenario = Scenario()
    subjects = {scenario.subject_of(n) for n in islice(range(0, scenario.events, 20), 25_000)}
    assert len(subjects) == scenario.hits


def test_an_event_is_valid_and_about_500_bytes() -> None:
    message = event_message(Scenario(), "bench-499999", subject_code(7), format_instant(NOW))
    assert DepartmentEvent.model_validate_json(message).subject == subject_code(7)
    assert 450 <= len(message) <= 550


def test_a_list_change_and_a_watermark_are_valid() -> None:
    change = ListChange.model_validate_json(entered_message(Scenario(), 7, NOW))
    assert (change.subject, change.data.entry_id) == (subject_code(7), "BENCH000000007")
    watermark = published_message("licence-bar", "/licensing/benxi", NOW, count=3, digest="0" * 64)
    assert ListPublished.model_validate_json(watermark).data.count == 3


def test_a_hit_is_denied_by_one_action_and_a_miss_passes(catalogue: Catalogue) -> None:
    check_place(Scenario(), catalogue, NOW)


@pytest.mark.parametrize(
    "place",
    [Place(facts_code="licence-78-unheard-of"), Place(department="11210500001234562F")],
    ids=["no measure matches", "unknown department"],
)
def test_a_place_that_the_catalogue_no_longer_knows_stops_the_bench(
    catalogue: Catalogue, place: Place
) -> None:
    with pytest.raises(BenchStopError, match="mend Place"):
        check_place(Scenario(place=place), catalogue, NOW)
