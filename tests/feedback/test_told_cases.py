"""The join: what a period tells is what changed in it, each change once."""

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.feedback.case_table import case_table, csv_bytes
from consumers.feedback.mapping import UNION, load_shape
from consumers.feedback.told_cases import Period, ToldCases, cases_of
from infra.data_files import data_dir
from infra.settings import Settings
from schemas.times import SHANGHAI
from streams.catalogue_in_force import load_catalogue
from streams.rules.catalogue import Catalogue
from tests.cli.recorded import FIRM
from tests.feedback.told import (
    BLOCKED,
    DISMISSED,
    LAPSED,
    WATCHED,
    Told,
    act,
    action_told,
    at,
    entry_told,
    month,
    receipt_told,
)

GOLDEN = Path(__file__).parent / "golden" / "exported"
MARCH = datetime(2025, 3, 1, tzinfo=SHANGHAI)
APRIL = datetime(2025, 4, 1, tzinfo=SHANGHAI)
MAY = datetime(2025, 5, 1, tzinfo=SHANGHAI)


@cache
def catalogue() -> Catalogue:
    return load_catalogue(Settings())


def cases(messages: Sequence[Told], start: datetime = MARCH, end: datetime = APRIL) -> ToldCases:
    sent_ms = int(start.timestamp() * 1000)
    return cases_of(
        lambda topic: [
            (sent_ms, each.value, lambda each=each: each.headers)
            for each in messages
            if each.topic == topic
        ],
        catalogue(),
        Period(start, end),
    )


def test_a_case_joins_its_entry_its_last_word_and_its_catalogue() -> None:
    found = {case.case_id: case for case in cases(month()).cases}
    blocked = found[BLOCKED]
    assert blocked.idempotency_key == f"{BLOCKED}/0/r1"  # the later word, whichever lies last
    assert (blocked.recognition_doc_no, blocked.catalogue_version) == (
        "procurement-serious 1 号",  # of the revision that the action names
        "cat-2",  # as it stood at the period's end
    )
    assert (blocked.executing_dept_name, blocked.district_code) == ("本溪市财政局", "210500")
    assert blocked.recogniser_uscc == blocked.executing_dept_uscc
    assert found[WATCHED].handle_type == ""
    assert {found[each].decided_by for each in (BLOCKED, WATCHED, LAPSED)} == {"auto"}
    assert found[DISMISSED].decided_by == "human"
    assert (found[DISMISSED].status, found[DISMISSED].subject_name) == ("dismissed", "***")


def test_a_recogniser_is_known_by_its_name_whatever_width_its_brackets_have() -> None:
    entry = entry_told("city-focus", "cf-1", FIRM, recognised_by="本溪市营商环境建设局(市信用办)")
    (case,) = cases([entry, action_told(act(WATCHED), at(6), "issued")]).cases
    assert case.recogniser_uscc == "11210500105000111B"
    assert case.recogniser_name == "本溪市营商环境建设局(市信用办)"


def test_receipts_that_stand_in_no_case_are_counted_in_their_period() -> None:
    found = cases(month())
    assert (found.unreadable, found.without_action, found.of_others) == (1, 1, 1)
    readable = [each for each in month() if each.value != b"{}"]
    assert cases(readable, APRIL, MAY).findings == 0


def test_a_receipt_in_the_binary_binding_counts_as_any_other() -> None:
    whole = receipt_told("r", BLOCKED, at(4))
    event = json.loads(whole.value)
    data = json.dumps(event.pop("data")).encode()
    headers = [(f"ce_{name}", value.encode()) for name, value in event.items()]
    binary = Told(whole.topic, whole.key, data, headers)
    issued = action_told(act(BLOCKED), at(3), "issued")
    found = cases([issued, binary])
    assert (found.findings, found.cases) == (0, cases([issued, whole]).cases)
    assert found.cases[0].handle_type == "executed"


def test_what_changes_after_it_was_reported_comes_again_as_a_correction() -> None:
    (case,) = cases(month(), APRIL, MAY).cases
    assert (case.idempotency_key, case.correction_of) == (f"{BLOCKED}/1/r1", f"{BLOCKED}/0/r1")
    assert (case.status, case.decided_by, case.catalogue_version) == ("withdrawn", "human", "cat-3")


@pytest.mark.parametrize(
    ("when", "is_in"),
    [("2025-03-31T23:59:59.999+08:00", True), ("2025-04-01T00:00:00.000+08:00", False)],
)
def test_the_first_day_is_in_and_the_last_named_is_out(when: str, *, is_in: bool) -> None:
    told = [
        action_told(act(BLOCKED), at(3), "issued"),
        receipt_told("r", BLOCKED, when),
    ]
    (case,) = cases(told).cases
    assert (case.handle_type == "executed") is is_in
    assert len(cases(told, APRIL, MAY).cases) == (not is_in)
    issued = [action_told(act(BLOCKED), when, "issued")]
    assert len(cases(issued).cases) == is_in


@pytest.mark.parametrize("shape", ["union", "transport-25414", "chongqing", "liaoning"])
def test_the_month_in_each_shape_is_the_file_made_by_hand(shape: str) -> None:
    how = UNION if shape == "union" else load_shape(data_dir("mappings") / f"{shape}.yaml")
    written = csv_bytes(case_table(how, cases(month()).cases))
    assert written == (GOLDEN / f"{shape}.csv").read_bytes()


@settings(max_examples=25)
@given(
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 60 * 24), min_size=1, max_size=6),
    st.lists(st.integers(0, 60 * 24), min_size=1, max_size=4),
    st.lists(st.integers(1, 59), max_size=4, unique=True),
)
def test_periods_that_follow_each_other_tell_every_change_once(
    order: random.Random,
    receipt_hours: list[int],
    action_hours: list[int],
    cuts: list[int],
) -> None:
    def when(hours: int) -> str:
        return (MARCH + timedelta(hours=hours)).isoformat(timespec="milliseconds")

    changes = [
        action_told(act(BLOCKED, revision=n), when(hours), "amended")
        for n, hours in enumerate(sorted(action_hours))
    ]
    words = [receipt_told(f"r{n}", BLOCKED, when(hours)) for n, hours in enumerate(receipt_hours)]
    order.shuffle(words)
    told = [*changes, *words]
    days = [MARCH + timedelta(days=day) for day in sorted({0, *cuts, 61})]
    chain = [case for start, end in pairwise(days) for case in cases(told, start, end).cases]
    keys = [case.idempotency_key for case in chain]
    assert [case.correction_of for case in chain] == ["", *keys[:-1]]
    (whole,) = cases(told, days[0], days[-1]).cases
    assert (whole.idempotency_key, whole.correction_of) == (keys[-1], "")
