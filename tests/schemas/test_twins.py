"""The lean structs are twins of the pydantic models: same refusals, same values, same bytes."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas import action, alert, decision, department_event, incoming, lean, review, state, tally
from schemas import list_change as list_changes
from schemas.action import Action
from schemas.alert import Alert
from schemas.cloudevent import CloudEvent
from schemas.decision import Decision
from schemas.department_event import DepartmentEvent, DepartmentEventData, MemberEvent
from schemas.errors import Reason, RejectRecordError
from schemas.list_change import ListChange
from schemas.tally import Tally
from schemas.times import parse_instant
from tests.schemas.any_message import any_of
from tests.schemas.given import (
    COMPANY,
    COMPANY_2,
    COOPERATIVE,
    event,
    list_change,
    member_event,
    no_headers,
    raw,
)

MODULES = (action, alert, decision, department_event, list_changes, review, state, tally)
BASE = msgspec.Struct

# What comes in

INCOMING: dict[str, tuple[Callable[..., Any], type[CloudEvent], tuple[dict[str, Any], ...]]] = {
    "event": (
        incoming.department_event,
        DepartmentEvent,
        (event(), event(members=[{"uscc": COMPANY_2, "name": "合成"}])),
    ),
    "member": (incoming.member_event, MemberEvent, (member_event(),)),
    "change": (
        incoming.list_change,
        ListChange,
        (
            list_change(),
            list_change("removed", removed_on="2026-05-01", removal_reason="expired"),
        ),
    ),
}

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [
            *("", "x" * 128, "x" * 129, "中" * 512, "中" * 513, "x" * 16_385, "1.0", "2026-06-18"),
            *(COMPANY, COMPANY_2, COOPERATIVE, "91210500MA0BX0015G", "9121O500MA0BX0015F"),
            *("2026-06-18T09:30:00Z", "2026-06-18T09:30:00.5+05:45", "2026-02-30T00:00:00Z"),
            *("credit.list.removed", "credit.list.entered", "early", "serious"),
            *(2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 0, -1),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
_NAMES = st.sampled_from(
    [
        *("specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype"),
        *("dataschema", "traceparent", "extension", "department", "amount_fen", "members"),
        *("attributes", "region", "uscc", "name", "k", "consortium_of", "removed_on", "scope"),
        *("removal_reason", "effective_from", "effective_until", "severity", "revision"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn, valid: tuple[dict[str, Any], ...]) -> bytes:
    """Return a valid message with up to three fields replaced, removed or added."""
    message = json.loads(json.dumps(draw(st.sampled_from(valid))))
    for _ in range(draw(st.integers(0, 3))):
        holder = message
        while draw(st.booleans()):
            inner = [
                v
                for v in (holder.values() if isinstance(holder, dict) else holder)
                if isinstance(v, dict | list) and v
            ]
            if not inner:
                break
            holder = draw(st.sampled_from(inner))
        if isinstance(holder, list):
            holder[draw(st.integers(0, len(holder) - 1))] = draw(_JSON)
            continue
        name = draw(st.sampled_from(sorted(holder)) | _NAMES if holder else _NAMES)
        if draw(st.booleans()):
            holder[name] = draw(_JSON)
        else:
            holder.pop(name, None)
    return raw(message)


def by_model(value: bytes, model: type[CloudEvent]) -> CloudEvent | Reason:
    try:
        return model.model_validate_json(value)
    except ValidationError as refused:
        return incoming.rejection(refused, model).reason


def by_lean(value: bytes, parse: Callable[..., Any]) -> Any:
    try:
        return parse(value, no_headers)
    except RejectRecordError as fault:
        return fault.reason


@pytest.mark.parametrize("kind", INCOMING)
@settings(max_examples=250, deadline=None)
@given(chosen=st.data())
def test_what_comes_in_is_refused_or_read_alike(kind: str, chosen: st.DataObject) -> None:
    parse, model, valid = INCOMING[kind]
    value = chosen.draw(damaged(valid))
    expected, got = by_model(value, model), by_lean(value, parse)
    if isinstance(expected, Reason) or isinstance(got, Reason):
        assert got == expected
        return
    assert json.loads(lean.encode(got.data)) == expected.model_dump(mode="json")["data"]
    assert parse_instant(got.time) == expected.time
    for name in ("id", "source", "type", "subject", "dataschema", "traceparent"):
        assert getattr(got, name) == getattr(expected, name)


LITERALS = {
    "amount": (b"1250000", [b"-0", b"1.0", b"1e2", b"true", b'"7"', b"null", b"1" * 400, b"01"]),
    "attribute": (b":7,", [b":-0,", b":7.0,", b":NaN,", b":1e400,", b":null,", b":[],", b":-,"]),
    "extension": (b'"subject":', [b'"x":NaN,"subject":', b'"x":1e999,"subject":']),
    "repeated key": (b'"id":', [b'"id":"first","id":', b'"data":7,"id":', b'"\\u0069d":1,"id":']),
    "text": (
        "合成测试单位".encode(),
        [b"\\ud83d\\ude00", b"\\ud800", b"a\\u0000b", b"a\x01b", b"a\nb", b"\\x41", b"\xc0\x80"],
    ),
    "time": (
        b"09:30:00+08:00",
        [b"09:30:00z", b"09:30:60Z", b"09:30:00.123456789Z", b"09:30:00.1234567891Z", b"9:30:00Z"],
    ),
    "day": (b"2026-06-18T", [b"9999-12-31T", b"0001-01-01T", b"0000-01-01T", b"2026-06-18 "]),
    "frame": (b'{"specversion"', [b'\xef\xbb\xbf{"specversion"', b' {"specversion"', b"{{"]),
}


@pytest.mark.parametrize("place", LITERALS)
def test_spellings_of_json_are_refused_or_read_alike(place: str) -> None:
    written, others = LITERALS[place]
    value = raw(event())
    assert written in value
    for other in others:
        changed = value.replace(written, other, 1)
        expected = by_model(changed, DepartmentEvent)
        got = by_lean(changed, incoming.department_event)
        assert isinstance(got, Reason) == isinstance(expected, Reason), other


@settings(max_examples=100)
@given(any_of(DepartmentEvent))
def test_every_event_that_the_model_takes_is_taken(message: DepartmentEvent) -> None:
    value = message.model_dump_json(exclude_unset=True).encode()
    got = by_lean(value, incoming.department_event)
    if got is not Reason.NATURAL_PERSON:  # a drawn text may hold such a number
        assert json.loads(lean.encode(got.data)) == message.model_dump(mode="json")["data"]


# What goes out

# Fields of the envelope that the trigger leaves to their defaults.
ENVELOPE = ("datacontenttype", "dataschema", "traceparent")
OUTGOING: dict[str, tuple[type[BaseModel], Any, tuple[str, ...]]] = {
    "decision": (Decision, lean.Outgoing[lean.DecisionData], ENVELOPE),
    "action": (Action, lean.Outgoing[lean.ActionData], ENVELOPE),
    "alert": (Alert, lean.Outgoing[lean.AlertData], ENVELOPE),
    "tally": (Tally, lean.Outgoing[lean.TallyData], ENVELOPE),
    "entries": (state.SubjectEntries, lean.SubjectEntries, ()),
    "matter": (state.Matter, lean.Matter, ()),
}


@pytest.mark.parametrize("kind", OUTGOING)
@settings(max_examples=40, deadline=None)
@given(chosen=st.data())
def test_what_goes_out_is_the_same_bytes(kind: str, chosen: st.DataObject) -> None:
    model, twin, left_out = OUTGOING[kind]
    message = chosen.draw(any_of(model, *left_out))
    whole = message.model_dump_json(by_alias=True).encode()
    written = lean.encode(msgspec.json.decode(whole, type=twin))

    read = model.model_validate_json(written)

    assert read.model_dump_json(by_alias=True, exclude_unset=True).encode() == written
    assert read == message


@settings(max_examples=40, deadline=None)
@given(any_of(state.PartitionState))
def test_a_position_is_the_same_values(position: state.PartitionState) -> None:
    whole = position.model_dump_json().encode()
    written = lean.encode(msgspec.json.decode(whole, type=lean.PartitionState))
    assert state.PartitionState.model_validate_json(written) == position


@settings(max_examples=10, deadline=None)
@given(any_of(Decision, *ENVELOPE))
def test_a_trace_is_carried_in_the_envelope(message: Decision) -> None:
    whole = json.loads(message.model_dump_json()) | {"traceparent": "00-ab-cd-01"}
    written = lean.encode(msgspec.json.decode(raw(whole), type=lean.Outgoing[lean.DecisionData]))
    assert Decision.model_validate_json(written).traceparent == "00-ab-cd-01"


def fields_of(struct: Any) -> dict[str, bool]:
    """Return the names on the wire of *struct*'s fields, and which must be there."""
    return {f.encode_name: f.required for f in msgspec.structs.fields(struct)}


PAIRS = [
    (struct, model)
    for struct, model in (
        (struct, getattr(module, name, None))
        for name, struct in vars(lean).items()
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct)
        for module in MODULES
    )
    if isinstance(model, type) and issubclass(model, BaseModel)
]


@pytest.mark.parametrize(("struct", "model"), PAIRS, ids=lambda each: each.__name__)
def test_twins_have_the_same_fields(struct: Any, model: type[BaseModel]) -> None:
    of_model = {f.alias or n: f.is_required() for n, f in model.model_fields.items()}
    assert fields_of(struct) == of_model


def test_every_lean_struct_has_its_twin() -> None:
    alone = {lean.Envelope, lean.EventData, lean.Outgoing}  # twins of another name
    structs = {s for s in vars(lean).values() if isinstance(s, type) and issubclass(s, BASE)}
    assert structs - {BASE} - alone == {struct for struct, _ in PAIRS}
    assert fields_of(lean.EventData) == {
        n: f.is_required() for n, f in DepartmentEventData.model_fields.items()
    }
