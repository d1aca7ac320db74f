"""`supervision` beside a broker: who is on the list, what is counted, and the refusal."""

import json
from datetime import date

import pytest

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from streams.rules.catalogue import build_catalogue
from tests.cli.conftest import Run
from tests.cli.recorded import FIRM, SHOP, action, record, write
from tests.streams.followed_city import receipt

DUE = date(2026, 6, 26)
ON = ("--on", "2026-07-01")


@pytest.fixture(scope="module")
def lapsed(broker: str) -> dict[str, str]:
    """Three actions of a department of its own: silent, late, in time; return them by name."""
    catalogue = build_catalogue(read_catalogue(data_dir("catalogue")))
    mine = max(catalogue.departments)
    made = {}
    for number, (name, subject) in enumerate(
        [("silent", SHOP), ("late", FIRM), ("in time", FIRM), ("of others", FIRM)]
    ):
        one = action(state="in_force", review_due_on=None, due_on=DUE, department=mine)
        record(broker, one, subject=subject)
        made[name] = one.action_id
        at = {"late": "2026-06-30T09:00:00+08:00", "in time": "2026-06-26T23:00:00+08:00"}
        if name != "silent":
            who = mine if name in at else min(catalogue.departments)
            told = receipt(
                subject, one.action_id, number, at=at.get(name, at["late"]), department=who
            )
            write(broker, "credit.receipts", [(subject, told)])
    return made | {"department": mine, "broker": broker}


@pytest.fixture
def beside(run: Run, lapsed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CREDIT_KAFKA", lapsed["broker"])
    return run


def test_the_list_names_what_is_open_and_the_assessment_counts_what_lapsed(
    beside: Run, lapsed: dict[str, str]
) -> None:
    """Exit code 1: something is overdue."""
    mine = lapsed["department"]
    ran = beside("supervision", *ON, "--department", mine, "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert {each["action_id"] for each in told["overdue"][mine]} == {
        lapsed["silent"],
        lapsed["of others"],
    }
    assert {each["working_days_late"] for each in told["overdue"][mine]} == {3}
    assert told["assessment"] == {
        "from": "2026-07-01",
        "until": "2027-01-01",
        "departments": [],
        "promises": [],
    }
    before = json.loads(
        beside("supervision", "--on", "2026-06-30", "--department", mine, "--json").out
    )
    assert before["assessment"]["departments"] == [
        {"department": mine, "terms_ended": 4, "lapsed": 3, "still_open": 2, "repeated": True}
    ]


def test_people_read_it_in_chinese_and_no_code_of_an_individual_business(
    beside: Run, lapsed: dict[str, str]
) -> None:
    """The department's name, the working days, and that it is assessed."""
    ran = beside("supervision", "--on", "2026-06-30", "--department", lapsed["department"])
    assert "逾期" in ran.out
    assert "多次逾期" in ran.out
    assert SHOP not in ran.out
    assert SHOP[:12] in ran.out


def test_where_nothing_is_overdue_it_says_so_and_a_strange_department_is_refused(
    beside: Run, lapsed: dict[str, str]
) -> None:
    """A day within the term."""
    mine = lapsed["department"]
    ran = beside("supervision", "--on", "2026-06-26", "--department", mine)
    assert (ran.code, "没有逾期" in ran.out) == (0, True)
    strange = beside("supervision", "--department", "91210500MA0BX0015F")
    assert (strange.code, "departments.yaml" in strange.err) == (2, True)
