"""One dead letter before a person's eyes: nothing of a natural person, nothing that steers."""

import json
from typing import Any

import pytest

from cli.dead_letter_view import letter_json, letter_lines
from cli.dead_letter_words import CURES, LEFT_ALONE
from cli.import_words import Words
from consumers.dead_letters import DeadLetter
from consumers.replay_plan import Stays
from schemas.errors import Reason
from tests.cli.test_replay_plan import letter

PERSON = "11010519491231002X"


def shown(each: DeadLetter) -> str:
    lines = "\n".join(letter_lines(each, None, Words("both")))
    return lines + json.dumps(letter_json(each, None), ensure_ascii=False)


def test_every_reason_has_a_cure_and_every_refusal_its_words() -> None:
    assert set(CURES) == {reason.value for reason in Reason}
    assert set(LEFT_ALONE) == set(Stays)


def test_a_letter_tells_origin_reason_and_what_to_do() -> None:
    told = shown(letter(Reason.WRONG_PARTITION, detail="lies in partition 2"))
    for words in ("credit.events.bidding/2/5", "lies in partition 2", "murmur2", "0/7"):
        assert words in told


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": Reason.NATURAL_PERSON, "value": b"secret"},
        {"value": f'{{"name": "{PERSON}"}}'.encode()},
        {"value": b"\xff secret " + PERSON.encode()},
        {"key": PERSON.encode(), "value": b"secret"},
        {"headers": (("x", PERSON.encode()),), "value": b"secret"},
    ],
)
def test_nothing_of_a_natural_person_is_shown(changes: dict[str, Any]) -> None:
    told = shown(letter(**changes))
    assert PERSON not in told
    assert "secret" not in told


@pytest.mark.parametrize("where", ["key", "value"])
def test_what_names_an_individual_business_is_masked(where: str) -> None:
    raw = '{"subject": "92210522MAXY006226", "name": "示例小店"}'.encode()
    told = shown(letter(**{where: raw}))
    assert "示例小店" not in told


def test_bytes_of_a_sender_cannot_steer_the_terminal() -> None:
    lines = letter_lines(letter(value=b"\x1b[2J\xff", detail="\x1b[31m"), None, Words("both"))
    assert "\x1b" not in "\n".join(lines)
