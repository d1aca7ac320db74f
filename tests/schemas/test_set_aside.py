"""What is written of a refused message, whoever refuses it: the trigger, dispatch, follow-up."""

import hashlib
from datetime import UTC, datetime

import pytest

from schemas.dead_letter import MAX_CARRIED_BYTES
from schemas.errors import Reason, RejectRecordError
from schemas.set_aside import Refused, set_aside
from tests.schemas.given import RESIDENT as NUMBER

RESIDENT = NUMBER.encode()

AT = datetime(2026, 6, 10, tzinfo=UTC)
FAULT = RejectRecordError(Reason.BAD_FIELD, "data.x: wrong; correct it")
MESSAGE = Refused("credit.decisions", 2, 7, b"key", b"value", [("trace", b"t"), ("dlq-at", b"old")])


def test_it_is_carried_as_it_came_with_the_reason() -> None:
    letter = set_aside(MESSAGE, FAULT, at=AT)
    told = dict(letter.headers)
    assert (letter.key, letter.value, letter.reason) == (b"key", b"value", Reason.BAD_FIELD)
    assert told["trace"] == b"t"
    assert [name for name, _ in letter.headers].count("dlq-at") == 1
    assert (told["dlq-topic"], told["dlq-partition"], told["dlq-offset"]) == (
        b"credit.decisions",
        b"2",
        b"7",
    )


@pytest.mark.parametrize(
    "where",
    [{"value": RESIDENT}, {"key": RESIDENT}, {"headers": [("note", RESIDENT)]}],
    ids=["value", "key", "header"],
)
def test_nothing_of_a_person_is_left(where: dict[str, object]) -> None:
    letter = set_aside(MESSAGE._replace(**where), FAULT, at=AT)  # type: ignore[arg-type]
    assert (letter.key, letter.value, letter.reason) == (None, None, Reason.NATURAL_PERSON)
    assert all(name.startswith("dlq-") and RESIDENT not in text for name, text in letter.headers)


def test_what_is_too_large_is_told_by_its_digest() -> None:
    large = b"x" * (MAX_CARRIED_BYTES + 1)
    letter = set_aside(MESSAGE._replace(value=large), FAULT, at=AT)
    assert (letter.key, letter.value) == (b"key", None)
    assert dict(letter.headers)["dlq-sha256"] == hashlib.sha256(large).hexdigest().encode()
