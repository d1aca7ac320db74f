"""What is refused at the edge, with which reason, and that no refusal repeats what it refuses."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import incoming
from schemas.dead_letter import MAX_CARRIED_BYTES, Header
from schemas.errors import Reason, RejectRecordError
from schemas.uscc import holds_resident_number
from tests.schemas.given import (
    COMPANY,
    COMPANY_2,
    COOPERATIVE,
    DEPARTMENT,
    RESIDENT,
    event,
    list_change,
    member_event,
    no_headers,
    published,
    raw,
)

TYPO, WRONG = "9121O500MA0BX0015F", "91210500MA0BX0015G"

Parse = Callable[[bytes, Callable[[], Any]], Any]


def refusal(message: object, parse: Parse = incoming.department_event) -> RejectRecordError:
    value = message if isinstance(message, bytes) else raw(message)
    with pytest.raises(RejectRecordError) as refused:
        parse(value, no_headers)
    return refused.value


def reason_of(value: bytes, parse: Parse) -> Reason | None:
    """Return why *value* is refused, None if it is taken; any other exception is a failure."""
    try:
        parse(value, no_headers)
    except RejectRecordError as fault:
        return fault.reason
    return None


def without(message: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return *message* less one field."""
    copy = json.loads(json.dumps(message))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return dict(copy)


@pytest.mark.parametrize(
    ("parse", "message"),
    [
        (incoming.department_event, event()),
        (incoming.member_event, member_event()),
        (incoming.list_change, list_change()),
        (
            incoming.list_change,
            list_change("removed", removed_on="2026-05-01", removal_reason="repaired"),
        ),
        (incoming.list_published, published()),
    ],
)
def test_a_valid_message_is_taken(parse: Parse, message: dict[str, Any]) -> None:
    taken = parse(raw(message), no_headers)
    assert (taken.subject, taken.id, taken.type) == (
        message["subject"],
        message["id"],
        message["type"],
    )


@pytest.mark.parametrize(
    "field", ["specversion", "id", "source", "type", "subject", "time", "data"]
)
def test_without_an_attribute_of_the_envelope_it_is_no_cloudevent(field: str) -> None:
    assert refusal(without(event(), field)).reason is Reason.NOT_CLOUDEVENTS


@pytest.mark.parametrize(
    "value",
    [b"", b"null", b"[]", b"7", b'"text"', b"{", b"\xff\xfe{}", raw(event())[:-1], b"[" * 100_000],
)
def test_what_is_no_json_object_is_no_cloudevent(value: bytes) -> None:
    assert refusal(value).reason is Reason.NOT_CLOUDEVENTS


@pytest.mark.parametrize("parse", [incoming.list_change, incoming.department_event])
@pytest.mark.parametrize("depth", [150, 900, 100_000])
def test_deep_nesting_is_refused_and_never_overflows(parse: Parse, depth: int) -> None:
    message = list_change() if parse is incoming.list_change else event()
    deep = raw(message)[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"
    assert incoming.type_of(deep, no_headers) in {"", message["type"]}
    assert reason_of(deep, parse) in {None, Reason.NOT_CLOUDEVENTS, Reason.BAD_FIELD}


def test_another_specversion_is_no_cloudevent() -> None:
    assert refusal(event() | {"specversion": "0.3"}).reason is Reason.NOT_CLOUDEVENTS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("item_code", ""),
        ("item_code", "x" * 129),
        ("item_name", None),
        ("amount_fen", -1),
        ("amount_fen", 2**53),
        ("amount_fen", 1.5),
        ("amount_fen", "7"),
        ("members", {}),
        ("members", [{"uscc": COMPANY_2, "name": "合成"}] * 101),
        ("attributes", {"k": 1.5}),
        ("attributes", {"k": None}),
        ("attributes", {"k": 2**53}),
        ("attributes", {"": 1}),
        ("attributes", {"k": "x" * 2049}),
        ("attributes", {str(n): n for n in range(65)}),
    ],
)
def test_a_field_out_of_its_bounds_is_named_and_refused(field: str, value: object) -> None:
    fault = refusal(event(**{field: value}))
    assert fault.reason is Reason.BAD_FIELD
    assert f"data.{field}" in fault.detail


@pytest.mark.parametrize("field", ["item_code", "application_no", "department", "subject_name"])
def test_a_missing_field_of_data_is_named(field: str) -> None:
    fault = refusal(without(event(), "data", field))
    assert (fault.reason, f"data.{field}" in fault.detail) == (Reason.BAD_FIELD, True)


def test_an_unknown_field_of_data_is_refused_and_an_unknown_extension_is_carried() -> None:
    assert refusal(event(amount_yuan=3)).reason is Reason.UNKNOWN_FIELD
    assert incoming.department_event(raw(event() | {"benxiextension": "x"}), no_headers)


@pytest.mark.parametrize(
    "time",
    [
        "2026-06-18T09:30:00",
        "2026-06-18 09:30:00+08:00",
        "2026-06-18",
        "2026-02-30T09:30:00Z",
        "2026-06-18T24:00:00Z",
        "2026-06-18T09:30:00+24:00",
        1781746200,
        "２026-06-18T09:30:00Z",
    ],
)
def test_a_time_that_is_no_rfc_3339_is_a_bad_field(time: object) -> None:
    fault = refusal(event() | {"time": time})
    assert (fault.reason, "time" in fault.detail) == (Reason.BAD_FIELD, True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(WRONG, Reason.BAD_USCC), (TYPO, Reason.SUSPECT_TYPO), (RESIDENT, Reason.NATURAL_PERSON)],
)
@pytest.mark.parametrize(
    ("parse", "place"),
    [
        (incoming.department_event, "subject"),
        (incoming.department_event, "department"),
        (incoming.department_event, "member"),
        (incoming.member_event, "parent"),
        (incoming.member_event, "subject"),
        (incoming.list_change, "subject"),
    ],
)
def test_every_code_is_checked(code: str, reason: Reason, parse: Parse, place: str) -> None:
    message = list_change() if parse is incoming.list_change else member_event()
    if parse is incoming.department_event:
        message = event()
    if place == "subject":
        message["subject"] = code
    elif place == "department":
        message["data"]["department"] = code
    elif place == "parent":
        message["data"]["consortium_of"]["uscc"] = code
    else:
        message["data"]["members"] = [{"uscc": code, "name": "合成"}]
    fault = refusal(message, parse)
    assert fault.reason is reason
    assert code not in fault.detail


def test_the_worst_reason_is_given() -> None:
    message = event(amount_fen=-1)
    assert refusal(message).reason is Reason.BAD_FIELD
    message["data"]["extra"] = 1
    assert refusal(message).reason is Reason.UNKNOWN_FIELD
    message["subject"] = WRONG
    assert refusal(message).reason is Reason.BAD_USCC
    message["data"]["department"] = TYPO
    assert refusal(message).reason is Reason.SUSPECT_TYPO
    message["data"]["item_name"] = RESIDENT
    assert refusal(message).reason is Reason.NATURAL_PERSON


def test_the_worst_reason_is_given_among_codes_alone() -> None:
    message = event(department=TYPO, members=[{"uscc": WRONG, "name": "合成"}])
    fault = refusal(message)
    assert (fault.reason, fault.detail.split(":")[0]) == (Reason.SUSPECT_TYPO, "data.department")


WRITTEN = {
    "plain": RESIDENT,
    "in a text": f"证件号{RESIDENT}，已核验",
    "with x": "11010119900101004x",
    "full width": RESIDENT.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"}),
    "half full width": RESIDENT[:9]
    + RESIDENT[9:].translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"}),
    "full-width X": "11010119900101004Ｘ",
    "full-width x": "11010119900101004ｘ",
    "groups": f"{RESIDENT[:6]} {RESIDENT[6:14]} {RESIDENT[14:]}",
    "wide groups": f"{RESIDENT[:6]}   {RESIDENT[6:14]}  {RESIDENT[14:]}",
    "tab groups": f"{RESIDENT[:6]}\t{RESIDENT[6:]}",
    "ideographic groups": f"{RESIDENT[:6]}\u3000{RESIDENT[6:]}",
    "no-break groups": f"{RESIDENT[:6]}\u00a0{RESIDENT[6:]}",
    "zero-width groups": f"{RESIDENT[:6]}\u200b{RESIDENT[6:]}",
}
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda text: event(subject_name=text),
    "application": lambda text: event(application_no=text),
    "attribute": lambda text: event(attributes={"k": text}),
    "attribute key": lambda text: event(attributes={text: 1}),
    "unknown field": lambda text: event(idcard=text),
    "extension": lambda text: event() | {"idcard": text},
    "id": lambda text: event() | {"id": text},
    "another shape": lambda text: {"person": [text]},
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_person_is_found_in_any_field_however_written(
    written: str, place: str, *, ascii_only: bool
) -> None:
    value = json.dumps(PLACES[place](WRITTEN[written]), ensure_ascii=ascii_only).encode()
    fault = refusal(value)
    assert fault.reason is Reason.NATURAL_PERSON
    assert RESIDENT[:17] not in fault.detail


@pytest.mark.parametrize(
    "parse", [incoming.member_event, incoming.list_change, incoming.list_published]
)
def test_a_person_is_found_on_every_topic(parse: Parse) -> None:
    assert refusal(event(subject_name=RESIDENT), parse).reason is Reason.NATURAL_PERSON


def test_a_person_as_a_bare_number_is_found() -> None:
    value = raw(event()).replace(b'"documents":7', b'"documents":' + RESIDENT.encode())
    assert refusal(value).reason is Reason.NATURAL_PERSON


@pytest.mark.parametrize(
    "value",
    [
        f'{{"a":"{RESIDENT}","a":"\\u4e2d"}}'.encode(),  # a reader keeps the last of equal keys
        b'{"a":"\\u0032' + RESIDENT[1:].encode() + b'","a":1}',
        b'{"a":"\\u0032' + RESIDENT[1:].encode(),  # no JSON
        b'{"a":"\\u8b' + RESIDENT.encode() + b'"',  # an escape cut short takes the first digits
        f'{{"a":"{{\\\\u0022{RESIDENT}\\\\u0022}}"}}'.encode(),  # JSON within JSON
        f"证件号{RESIDENT}".encode("gb18030"),
        json.dumps(event(subject_name=f"合成 {RESIDENT}"), ensure_ascii=False).encode("gb18030"),
        json.dumps(event(subject_name=RESIDENT)).encode("utf-16"),
        json.dumps(event(subject_name=RESIDENT)).encode("utf-16-le"),
        RESIDENT.encode(),
    ],
)
def test_a_person_is_found_in_what_can_never_be_read(value: bytes) -> None:
    assert refusal(value).reason is Reason.NATURAL_PERSON


_parts = (
    *(*"0123456789", "X", "x", " ", "\t", ",", "中", "，", "１", "Ｘ", "\u3000", "\u00a0"),
    *(RESIDENT, RESIDENT[:6], RESIDENT[6:], "11010119900101004X"),
)


@given(st.lists(st.sampled_from(_parts), max_size=40).map("".join))
def test_the_look_at_bytes_finds_what_a_look_at_the_text_finds(text: str) -> None:
    found = reason_of(text.encode(), lambda value, _: incoming.refuse_natural_person(value))
    assert found == (Reason.NATURAL_PERSON if holds_resident_number(text) else None)


@pytest.mark.parametrize("number", ["210502202606180018", "21050219900101001", "2" + RESIDENT])
def test_application_numbers_of_the_same_shape_are_no_persons(number: str) -> None:
    assert incoming.department_event(raw(event(application_no=number)), no_headers)


def test_above_900_kb_a_message_is_too_large() -> None:
    fault = refusal(raw(event(subject_name="x" * MAX_CARRIED_BYTES)))
    assert (fault.reason, "split" in fault.detail) == (Reason.TOO_LARGE, True)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("removed", {}),
        ("removed", {"removed_on": "2026-05-01"}),
        ("entered", {"removed_on": "2026-05-01", "removal_reason": "early"}),
        ("amended", {"removal_reason": "early"}),
        ("entered", {"effective_until": "2026-01-01"}),
        ("entered", {"effective_until": "2025-12-31"}),
        ("entered", {"effective_from": "2026-1-1"}),
        ("entered", {"effective_from": "2026-02-29"}),
        ("entered", {"severity": "grave"}),
        ("entered", {"scope": [""]}),
        ("entered", {"revision": -1}),
        ("vanished", {}),
    ],
)
def test_a_list_change_that_contradicts_itself_is_refused(kind: str, data: dict[str, Any]) -> None:
    fault = refusal(list_change(kind, **data), incoming.list_change)
    assert fault.reason in {Reason.BAD_FIELD, Reason.NOT_CLOUDEVENTS}


@pytest.mark.parametrize(
    "data", [{"digest": "x" * 64}, {"digest": "0" * 63}, {"count": -1}, {"published_at": "2026"}]
)
def test_a_watermark_out_of_bounds_is_refused(data: dict[str, Any]) -> None:
    assert refusal(published(**data), incoming.list_published).reason is Reason.BAD_FIELD


def binary(message: dict[str, Any]) -> tuple[bytes, list[Header]]:
    """Return *message* in the binary Kafka binding."""
    attributes = {k: v for k, v in message.items() if k not in {"data", "datacontenttype"}}
    headers = [(f"ce_{name}", str(value).encode()) for name, value in attributes.items()]
    return raw(message["data"]), [("content-type", b"application/json"), *headers]


@pytest.mark.parametrize(
    ("parse", "message"),
    [
        (incoming.department_event, event()),
        (incoming.member_event, member_event()),
        (incoming.list_change, list_change()),
        (incoming.list_published, published()),
    ],
)
def test_the_binary_binding_says_the_same_as_the_structured(
    parse: Parse, message: dict[str, Any]
) -> None:
    value, headers = binary(message | {"traceparent": "00-abc-def-01", "benxiext": "x"})
    assert parse(value, lambda: headers).data == parse(raw(message), no_headers).data
    assert parse(value, lambda: headers).traceparent == "00-abc-def-01"
    assert incoming.type_of(value, lambda: headers) == message["type"]


@pytest.mark.parametrize(
    ("parse", "message"),
    [
        (incoming.department_event, event()),
        (incoming.list_change, list_change()),
        (incoming.member_event, member_event()),
    ],
)
@pytest.mark.parametrize(
    ("code", "reason"),
    [(WRONG, Reason.BAD_USCC), (TYPO, Reason.SUSPECT_TYPO), (RESIDENT, Reason.NATURAL_PERSON)],
)
def test_the_binary_binding_is_refused_for_the_same_reason(
    parse: Parse, message: dict[str, Any], code: str, reason: Reason
) -> None:
    value, headers = binary(message | {"subject": code})
    with pytest.raises(RejectRecordError) as refused:
        parse(value, lambda: headers)
    assert refused.value.reason is reason


def test_a_person_in_a_header_of_the_binary_binding_is_found() -> None:
    value, headers = binary(event() | {"id": f"row {RESIDENT}"})
    with pytest.raises(RejectRecordError) as refused:
        incoming.department_event(value, lambda: headers)
    assert refused.value.reason is Reason.NATURAL_PERSON


@pytest.mark.parametrize("value", [b"", b"{", b"\xff", b"1" * 5000, b'"\\ud800"'])
def test_the_binary_binding_without_json_is_refused(value: bytes) -> None:
    _, headers = binary(event())
    with pytest.raises(RejectRecordError) as refused:
        incoming.department_event(value, lambda: headers)
    assert refused.value.reason in {Reason.NOT_CLOUDEVENTS, Reason.BAD_FIELD}


def test_no_detail_repeats_a_value_of_the_message() -> None:
    written = "秘密"  # stands for anything that a department may have written
    hostile = [
        event(subject_name=[written]),
        event(attributes={"k": [written]}),
        event(amount_fen=written),
        event() | {"time": written, "specversion": written},
        list_change(severity=written, effective_from=written),
    ]
    for message in hostile:
        for parse in (incoming.department_event, incoming.list_change, incoming.member_event):
            fault = refusal(message, parse)
            assert written not in str(fault)
            assert "\n" not in fault.detail
            assert not re.search(f"{COMPANY}|{DEPARTMENT}|{COOPERATIVE}", fault.detail)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason_and_nothing_else(value: bytes) -> None:
    for parse in (
        incoming.department_event,
        incoming.member_event,
        incoming.list_change,
        incoming.list_published,
    ):
        assert isinstance(refusal(value, parse).reason, Reason)
    assert incoming.type_of(value, no_headers) == ""


def test_a_receipt_that_names_a_person_or_is_too_large_is_refused() -> None:
    """Wherever receipts are read: a department may write anything into `result`."""
    data = {
        "receipt_id": "r-1",
        "action_id": "a-1",
        "department": DEPARTMENT,
        "outcome": "executed",
        "at": "2026-06-17T10:00:00+08:00",
    }
    good = event() | {"type": "credit.receipt.recorded", "data": data}
    assert reason_of(raw(good), incoming.receipt) is None
    person = good | {"data": data | {"result": f"已通知 {RESIDENT}"}}
    assert reason_of(raw(person), incoming.receipt) is Reason.NATURAL_PERSON
    large = raw(good) + b" " * MAX_CARRIED_BYTES
    assert reason_of(large, incoming.receipt) is Reason.TOO_LARGE
