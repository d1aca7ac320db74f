"""Bytes from Kafka to a lean message, or the reason why not; the only place that parses them.

The lean decoder goes first. What it refuses is given to the pydantic model, which either says
exactly what is wrong or, having the last word, takes it.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas import lean
from schemas.base import Model
from schemas.cloudevent import CloudEvent
from schemas.dead_letter import MAX_CARRIED_BYTES, Header
from schemas.department_event import DepartmentEvent, MemberEvent
from schemas.errors import Reason, RejectRecordError
from schemas.list_change import REMOVED, ListChange, ListPublished
from schemas.person_search import doubtful
from schemas.receipt import Receipt
from schemas.review import REVIEW_RECORDED, Review
from schemas.times import read_instant
from schemas.uscc import fault_text, is_resident_number, uscc_fault

E = TypeVar("E", bound=CloudEvent)
D = TypeVar("D")

# Digits as 0, blanks and the bytes of wide ones as blanks, all else as -: enough to see where a
# long number may be.
_BLANK_BYTES = frozenset(b" \t" + "\u00a0\u200b\u3000".encode())
_MASK = bytes(
    48 if chr(byte) in "0123456789" else 32 if byte in _BLANK_BYTES else 45 for byte in range(256)
)
_LONG_NUMBER = b"0" * 17
_GROUP_ENDS = b"0 "
_BLANKS = re.compile(
    rb"(?<=[0-9])(?:[ \t]|\xc2\xa0|\xe2\x80\x8b|\xe3\x80\x80)+(?=[0-9Xx])"  # as in _BLANK_BYTES
)
_FULL_WIDTH = b"\xef"  # also begins every full-width comma
_FULL_WIDTH_DIGIT = re.compile(rb"\xef(?:\xbc[\x90-\x99\xb8]|\xbd\x98)")  # and the X
_ESCAPE, _NUL = b"\\", b"\0"  # NUL: UTF-16
_ESCAPED = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|[tnrfb])")
# What is neither a digit nor a blank however wide: the characters of Chinese, in most messages.
_WIDE_ESCAPED = re.compile(rb"\\u(?!00|20|30|[fF][fF])[0-9a-fA-F]{4}")
_WORST_FIRST = (Reason.NATURAL_PERSON, Reason.SUSPECT_TYPO, Reason.BAD_USCC, Reason.UNKNOWN_FIELD)
_ENVELOPE = frozenset({"specversion", "id", "source", "type", "subject", "data"})
_MAX_NAMED_FIELDS = 5
_MAX_FIELD_NAME = 64

_event = msgspec.json.Decoder(lean.Envelope[lean.EventData]).decode
_member = msgspec.json.Decoder(lean.Envelope[lean.MemberEventData]).decode
_change = msgspec.json.Decoder(lean.Envelope[lean.ListChangeData]).decode
_review = msgspec.json.Decoder(lean.Envelope[lean.ReviewData]).decode

_known_codes: dict[str, Reason | None] = {}
_MAX_KNOWN_CODES = 20_000


def code_fault(code: str) -> Reason | None:
    """Return `uscc_fault(code)`, remembered: the same few organisations come again and again."""
    try:
        return _known_codes[code]
    except KeyError:
        if len(_known_codes) >= _MAX_KNOWN_CODES:
            _known_codes.clear()
        fault = _known_codes[code] = uscc_fault(code)
        return fault


def refuse_natural_person(raw: bytes) -> None:
    """Raise RejectRecordError if *raw* holds a resident-identity number anywhere.

    Raises too for bytes that are no UTF-8; a person in them is the worse reason.
    """
    if names_person(raw):
        raise RejectRecordError(Reason.NATURAL_PERSON, fault_text(Reason.NATURAL_PERSON))
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise RejectRecordError(
            Reason.NOT_CLOUDEVENTS, "the value is not UTF-8; send CloudEvents as UTF-8 JSON"
        ) from None


def names_person(raw: bytes) -> bool:
    """Tell whether *raw*, whatever it is, holds a resident-identity number.

    One pass over the bytes; only what has 17 digits in a row, or could hide them, is looked at
    closely. Never decoded as a whole: that costs a hundred times as much.
    """
    if _shows_person(raw):
        return True
    return (_ESCAPE in raw or _NUL in raw) and _shows_person(_unescaped(raw))


def _shows_person(raw: bytes) -> bool:
    """Tell whether *raw* holds such a number in plain digits, in full width or in groups."""
    if _FULL_WIDTH in raw:
        raw = _FULL_WIDTH_DIGIT.sub(_half_width, raw)
    mask = raw.translate(_MASK)
    if _holds_plain_number(raw, mask):
        return True
    if _GROUP_ENDS not in mask:
        return False
    whole = _BLANKS.sub(b"", raw)
    return _holds_plain_number(whole, whole.translate(_MASK))


def _half_width(sign: re.Match[bytes]) -> bytes:
    return unicodedata.normalize("NFKC", sign[0].decode()).encode()


def _unescaped(raw: bytes) -> bytes:
    """Return *raw* without the escapes of JSON and the NULs of UTF-16.

    Not parsed: of two equal keys a parser keeps the last, and what is no JSON travels on as well.
    """
    return _ESCAPED.sub(_meant, _WIDE_ESCAPED.sub(b"-", raw.replace(_NUL, b"")))


def _meant(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode() if escape[1] else b" "


def _holds_plain_number(raw: bytes, mask: bytes) -> bool:
    """Look only where *mask* shows 17 digits: most are the codes of government departments."""
    place = mask.find(_LONG_NUMBER)
    while place >= 0:
        end = place + 17
        if mask[end + 1 : end + 2] != b"0" and _is_resident(raw[place : end + 1]):
            return True
        while mask[end : end + 1] == b"0":  # a longer number is another thing
            end += 1
        place = mask.find(_LONG_NUMBER, end)
    return False


@lru_cache(maxsize=10_000)
def _is_resident(number: bytes) -> bool:
    return is_resident_number(number.decode("ascii", errors="replace"))


def plain_events(raws: Sequence[bytes]) -> Iterator[lean.Envelope[lean.EventData] | None]:
    """Return each event whose bytes are beyond doubt; None is for `department_event` to judge.

    One by one, so that an event is used while it is at hand. Its time and codes are not looked at.
    """
    doubted = doubtful(raws)
    for index, raw in enumerate(raws):
        try:
            beyond_doubt = index not in doubted and len(raw) <= MAX_CARRIED_BYTES
            event = _event(raw) if beyond_doubt else None
        except (msgspec.MsgspecError, RecursionError):
            event = None
        yield event


def plain_event(raw: bytes) -> lean.Envelope[lean.EventData]:
    """Return an event that `plain_scan` found plain: nothing about it is looked at again."""
    return _event(raw)


def department_event(
    raw: bytes, headers: Callable[[], Sequence[Header]], *, sound_code: str | None = None
) -> lean.Envelope[lean.EventData]:
    """Return the event of a department. Raises: RejectRecordError with its closed reason.

    *sound_code*: a code that is known to be sound, so that such a subject is not checked again.
    """
    event = _parse(raw, headers, _event, DepartmentEvent)
    if (
        (event.subject != sound_code and code_fault(event.subject))
        or code_fault(event.data.department)
        or event.data.members
    ):
        _refuse_codes(event)
    return event


def member_event(
    raw: bytes, headers: Callable[[], Sequence[Header]]
) -> lean.Envelope[lean.MemberEventData]:
    """Return one member's share of a consortium event. Raises: RejectRecordError."""
    event = _parse(raw, headers, _member, MemberEvent)
    _refuse_codes(event)
    return event


def in_doubt(raws: Sequence[bytes]) -> set[int]:
    """Return the places of those of *raws* that must be searched for persons one by one.

    All at once, a fifth of the price; the rest may be called `searched`.
    """
    return doubtful(raws)


def list_change(
    raw: bytes,
    headers: Callable[[], Sequence[Header]],
    *,
    sound_code: str | None = None,
    searched: bool = False,
) -> lean.Envelope[lean.ListChangeData]:
    """Return one change of one entry. Raises: RejectRecordError.

    *sound_code*: a code that is known to be sound, so that such a subject is not checked again.
    *searched*: no person is in *raw*, by `in_doubt`.
    """
    event = _parse(raw, headers, _change, ListChange, searched=searched)
    data = event.data
    removed = event.type == REMOVED
    if (
        (event.subject != sound_code and code_fault(event.subject))
        or (data.removed_on is not None, data.removal_reason is not None) != (removed, removed)
        or (data.effective_until is not None and data.effective_until <= data.effective_from)
        or event.type not in _CHANGE_TYPES
    ):
        _validate(raw, ListChange)
    return event


_CHANGE_TYPES = frozenset(
    f"credit.list.{what}" for what in ("entered", "amended", "suspended", "resumed", "removed")
)


def review(raw: bytes, headers: Callable[[], Sequence[Header]]) -> lean.Envelope[lean.ReviewData]:
    """Return what an officer decided about an action. Raises: RejectRecordError."""
    event = _parse(raw, headers, _review, Review)
    codes = event.subject, event.data.reviewer_department
    if event.type != REVIEW_RECORDED or any(code_fault(code) for code in codes):
        _validate(_structured(raw, headers), Review)
    return event


def list_published(raw: bytes, headers: Callable[[], Sequence[Header]]) -> ListPublished:
    """Return a watermark. Raises: RejectRecordError."""
    refuse_natural_person(raw)
    return _validate(_structured(raw, headers), ListPublished)


def receipt(raw: bytes, headers: Callable[[], Sequence[Header]]) -> Receipt:
    """Return what a department did about an action. Raises: RejectRecordError."""
    _refuse_too_large(raw)
    refuse_natural_person(raw)
    return _validate(_structured(raw, headers), Receipt)


def type_of(raw: bytes, headers: Callable[[], Sequence[Header]]) -> str:
    """Return the CloudEvents type of *raw*, empty if it has none that can be read."""
    try:
        return _type(_structured(raw, headers)).type
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, RejectRecordError):
        return ""


class _Typed(msgspec.Struct, frozen=True, gc=False):
    type: str


_type = msgspec.json.Decoder(_Typed).decode


def _parse(
    raw: bytes,
    headers: Callable[[], Sequence[Header]],
    decode: Callable[[bytes], lean.Envelope[D]],
    model: type[E],
    *,
    searched: bool = False,
) -> lean.Envelope[D]:
    _refuse_too_large(raw)
    if not searched:
        refuse_natural_person(raw)
    try:
        event = decode(raw)
        read_instant(event.time)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, RecursionError):
        refuse_natural_person(raw)
        event = _by_contract(_structured(raw, headers), decode, model)
    return event


def _refuse_too_large(raw: bytes) -> None:
    if len(raw) > MAX_CARRIED_BYTES:
        raise RejectRecordError(
            Reason.TOO_LARGE,
            f"{len(raw)} bytes; at most {MAX_CARRIED_BYTES} are taken: split the record",
        )


def _by_contract(
    raw: bytes, decode: Callable[[bytes], lean.Envelope[D]], model: type[E]
) -> lean.Envelope[D]:
    """Return the message that the pydantic model takes although the lean decoder did not."""
    message = _validate(raw, model)
    try:
        return decode(message.model_dump_json(by_alias=True, exclude_unset=True).encode())
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise RejectRecordError(
            Reason.BAD_FIELD, f"not a {model.__name__} that can be carried on. See docs/schemas.md"
        ) from None


def _structured(raw: bytes, headers: Callable[[], Sequence[Header]]) -> bytes:
    """Return the structured form of a message in the binary Kafka binding (`ce_*` headers)."""
    attributes = {
        name[3:]: value.decode(errors="replace")
        for name, value in headers() or ()
        if name.startswith("ce_") and value is not None
    }
    if "specversion" not in attributes:
        return raw
    try:
        data: Any = json.loads(raw)
        whole = json.dumps({**attributes, "data": data}, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RejectRecordError(
            Reason.NOT_CLOUDEVENTS, "ce_ headers, but the value is not JSON; send data as JSON"
        ) from None
    refuse_natural_person(whole)  # an attribute may name a person where the value does not
    return whole


def _refuse_codes(event: lean.Envelope[Any]) -> None:
    data = event.data
    codes = {"subject": event.subject, "data.department": data.department}
    codes |= {f"data.members.{place}.uscc": m.uscc for place, m in enumerate(data.members)}
    if isinstance(data, lean.MemberEventData):
        codes["data.consortium_of.uscc"] = data.consortium_of.uscc
    faults = {where: fault for where, code in codes.items() if (fault := code_fault(code))}
    if faults:
        worst = min(faults.values(), key=_rank)
        named = [where for where, fault in faults.items() if fault is worst]
        raise RejectRecordError(worst, f"{', '.join(named)}: {fault_text(worst)}")


def _validate(raw: bytes, model: type[E]) -> E:
    try:
        return model.model_validate_json(raw)
    except ValidationError as refused:
        raise rejection(refused, model) from None
    except RecursionError:
        raise RejectRecordError(
            Reason.NOT_CLOUDEVENTS, "nested too deeply; send flat JSON"
        ) from None


def rejection(refused: ValidationError, model: type[Model]) -> RejectRecordError:
    """Return the dead letter that *refused* means: worst reason, fields named, no values."""
    errors = refused.errors(include_url=False, include_context=False, include_input=False)
    reasons = [_reason(error) for error in errors]
    worst = min(reasons, key=_rank)
    fields = {
        ".".join(_shown(part) for part in error["loc"]): error["msg"]
        for error, reason in zip(errors, reasons, strict=True)
        if reason is worst
    }
    named = [f"{where or 'value'}: {what}" for where, what in fields.items()]
    more = f" (and {len(named) - _MAX_NAMED_FIELDS} more)" if len(named) > _MAX_NAMED_FIELDS else ""
    return RejectRecordError(
        worst,
        f"not a {model.__name__}: {'; '.join(named[:_MAX_NAMED_FIELDS])}{more}."
        " See docs/schemas.md",
    )


def _shown(part: int | str) -> str:
    """Return a field's name fit for one line: a sender may have called it anything."""
    text = str(part)[:_MAX_FIELD_NAME]
    return "".join(c if c.isprintable() else "?" for c in text)


def _reason(error: ErrorDetails) -> Reason:
    kind = error["type"]
    if kind in {reason.value for reason in _WORST_FIRST}:
        return Reason(kind)
    if kind == "extra_forbidden":
        return Reason.UNKNOWN_FIELD
    where = error["loc"]
    if kind == "value_error" and not where:  # fields that do not go together
        return Reason.BAD_FIELD
    if kind == "json_invalid" or not where or (len(where) == 1 and kind == "missing"):
        return Reason.NOT_CLOUDEVENTS
    if where == ("specversion",):
        return Reason.NOT_CLOUDEVENTS
    return Reason.BAD_FIELD


def _rank(reason: Reason) -> int:
    order = (*_WORST_FIRST, Reason.NOT_CLOUDEVENTS, Reason.BAD_FIELD)
    return order.index(reason) if reason in order else len(order)
