"""A month of one city as it lies on the topics: four actions, what departments said of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.lean import (
    ActionBasis,
    ActionData,
    EntryRef,
    EventRef,
    ListChangeData,
    MeasureRef,
    Outgoing,
    encode,
)
from schemas.topics import TRIGGER_SOURCE
from tests.cli.recorded import FINANCE, FIRM, SHOP, action

HOUSING = "11210500105000226H"
BLOCKED, WATCHED, DISMISSED, LAPSED = "a-blocked", "a-watched", "a-dismissed", "a-lapsed"
_ROUTES = {
    BLOCKED: ("procurement-serious", "ps-1"),
    WATCHED: ("city-focus", "cf-1"),
    DISMISSED: ("court-defaulter", "cd-1"),
    LAPSED: ("court-defaulter", "cd-1"),
}


@dataclass(frozen=True)
class Told:
    """One message: topic, key, value, headers."""

    topic: str
    key: str
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


def act(action_id: str, **changes: Any) -> ActionData:
    """Return an action of that id as it was issued; *changes* override."""
    code, entry = _ROUTES[action_id]
    watched = action_id == WATCHED
    issued = action(
        action_id=action_id,
        decision_id=f"d-{action_id}",
        event=EventRef("/x", f"e-{action_id}", "credit.bidding.registered", at(3)),
        entry=EntryRef(code, entry, 1),
        polarity="supervise" if watched else "punish",
        effect="inspect_up" if watched else "block",
        proposed_effect=None,
        state="in_force",
        application_no="A-1",
        legal_basis=(ActionBasis("政府采购法", "77", "law", "https://law.example/77", None),),
        review_due_on=None,
    )
    measure = (
        ("p18-focus-inspect-up", "提高抽查比例")
        if watched
        else ("p07-procurement-banned", "禁止参加政府采购活动")
    )
    return replace(issued, measure=MeasureRef(measure[0], "v1", measure[1]), **changes)


def at(day: int, hour: int = 9) -> str:
    """Return an instant of March 2025."""
    return f"2025-03-{day:02}T{hour:02}:00:00.000+08:00"


def action_told(data: ActionData, when: str, change: str, subject: str = FIRM) -> Told:
    """Return a message of `credit.actions`."""
    kind = f"credit.action.{change}"
    message = Outgoing(
        f"{data.action_id}/{data.revision}", TRIGGER_SOURCE, kind, subject, when, data
    )
    return Told(topics.ACTIONS, subject, encode(message))


def receipt_told(
    receipt_id: str, action_id: str, when: str, subject: str = FIRM, **more: Any
) -> Told:
    """Return a message of `credit.receipts`."""
    data = {
        "receipt_id": receipt_id,
        "action_id": action_id,
        "department": FINANCE,
        "outcome": "executed",
        "at": when,
    } | more
    return _told(topics.RECEIPTS, "credit.receipt.recorded", subject, when, receipt_id, data)


def entry_told(code: str, entry: str, subject: str, revision: int = 1, **more: Any) -> Told:
    """Return a message of `credit.lists`."""
    data = ListChangeData(
        entry_id=entry, revision=revision, list_code=code, subject_name="本溪示例公司",
        doc_no=f"{code} 1 号", recognised_by="本溪市财政局", effective_from=date(2025, 1, 1),
        effective_until=date(2026, 1, 1), facts="x",
    )  # fmt: skip
    body = msgspec.to_builtins(replace(data, **more))
    return _told(topics.LISTS, "credit.list.entered", subject, at(1), f"{entry}/{revision}", body)


def decision_told(action_id: str, sequence: int, version: str, when: str) -> Told:
    """Return a message of `credit.decisions`, as far as it is looked at."""
    data = {
        "decision_id": f"d-{action_id}",
        "sequence": sequence,
        "decided_at": when,
        "catalogue_version": version,
    }
    kind = "credit.decision.made"
    return _told(topics.DECISIONS, kind, FIRM, when, f"d-{action_id}/{sequence}", data)


def _told(  # noqa: PLR0917  # one an attribute
    topic: str, kind: str, subject: str, when: str, told_id: str, data: Any
) -> Told:
    envelope = {
        "specversion": "1.0", "id": told_id, "source": "/x", "type": kind, "subject": subject,
        "time": when, "datacontenttype": "application/json", "data": data,
    }  # fmt: skip
    return Told(topic, subject, msgspec.json.encode(envelope))


def month() -> list[Told]:
    """Return the messages; `golden/exported` says what March 2025 comes to, made by hand."""
    published = {"list_code": "city-focus", "generation": 1, "published_at": at(1), "count": 1,
                 "digest": "0" * 64}  # fmt: skip
    kind = "credit.list.published"
    return [
        entry_told("procurement-serious", "ps-1", FIRM),
        entry_told("procurement-serious", "ps-1", FIRM, 2, doc_no="后来的文号"),
        entry_told("procurement-serious", "ps-1", SHOP, doc_no="别人的文号"),
        entry_told("city-focus", "cf-1", FIRM, effective_until=None),
        entry_told("court-defaulter", "cd-1", SHOP, recognised_by="本溪某法院"),
        _told(topics.LISTS, kind, "city-focus", at(1), "p", published),
        action_told(act(BLOCKED), at(3), "issued"),
        decision_told(BLOCKED, 1, "cat-2", at(5)),
        decision_told(BLOCKED, 0, "cat-1", at(3)),
        decision_told(BLOCKED, 2, "cat-3", "2025-04-02T09:00:00.000+08:00"),
        receipt_told(
            "r1", BLOCKED, at(4), outcome="executed", result="=已拒绝", amount_fen=0,
            started_on="2025-03-04", served_at=at(4, 10),
        ),
        receipt_told("r0", BLOCKED, at(3, 23), outcome="other"),
        action_told(act(WATCHED), at(6), "issued"),
        action_told(
            act(DISMISSED, state="awaiting_review", effect="refer"), at(7), "issued", SHOP
        ),
        action_told(
            act(
                DISMISSED, state="dismissed", effect="refer", revision=1, reason="review-dismissed"
            ),
            at(8), "dismissed", SHOP,
        ),
        receipt_told(
            "r2", DISMISSED, at(9), SHOP, outcome="not_executed", reason_code="discretion_not_used"
        ),
        action_told(
            act(LAPSED, state="dismissed", effect="refer", reason="review-lapsed"),
            at(8), "dismissed", SHOP,
        ),
        receipt_told("r3", "a-unknown", at(9)),
        receipt_told("r4", WATCHED, at(9), department=HOUSING),
        Told(topics.RECEIPTS, FIRM, b"{}"),
        action_told(
            act(BLOCKED, revision=1, state="withdrawn", reason="overturned"),
            "2025-04-02T09:00:00.000+08:00", "withdrawn",
        ),
    ]  # fmt: skip
