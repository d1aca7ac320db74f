"""Messages of a synthetic Benxi as they lie in Kafka, written by hand: what the trigger reads."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from kafka.partitioner import murmur2

from schemas.times import SHANGHAI, format_instant
from schemas.uscc import ALPHABET, make_uscc

AT = datetime(2026, 6, 10, 10, 0, tzinfo=SHANGHAI)
TODAY = date(2026, 6, 10)
PARTITIONS = 4

EMERGENCY = "11210500105000445U"
FINANCE = "1121050010500055XW"
HOUSING = "11210500105000226H"
CREDIT_OFFICE = "11210500105000111B"
COURT = "112105001050018J6B"  # registered, but reports no matters

PROVIDERS = {
    "court-defaulter": "/court/benxi",
    "procurement-serious": "/ccgp",
    "wage-arrears": "/hrss/benxi",
    "market-serious": "/samr/benxi",
    "tax-serious": "/tax/benxi",
    "safety-serious": "/emergency/benxi",
    "social-insurance-serious": "/hrss/benxi",
    "bidding-ban": "/tender-supervision/benxi",
    "licence-bar": "/licensing/benxi",
    "major-penalty": "/credit-office/benxi",
    "subsidy-fraud": "/finance/benxi",
    "sme-arrears": "/industry/benxi",
    "discharge-credit": "/ecology/benxi",
    "abnormal-operation": "/samr/benxi",
    "city-focus": "/credit-office/benxi",
    "city-red": "/credit-office/benxi",
    "tax-a": "/tax/benxi",
    "customs-aeo": "/customs/benxi",
}

_numbers = count(1)

Json = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One message on its way to a topic; without a partition it lies where its key belongs."""

    topic: str
    value: bytes | None
    key: bytes | None
    partition: int
    headers: list[tuple[str, bytes]] = field(
        default_factory=lambda: [("content-type", b"application/cloudevents+json")]
    )
    at: datetime = AT


def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """Return where Kafka's default partitioner puts *key*, told by kafka-python, not by us."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


def firm(kind: str = "91210500") -> str:
    """Return a synthetic organisation that no test has met before."""
    number, text = next(_numbers), ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return make_uscc(kind, "MA" + text)


def serial(prefix: str) -> str:
    """Return an identifier that no test has used before."""
    return f"{prefix}-{next(_numbers)}"


def event(
    subject: str,
    type_: str = "credit.approval.applied",
    *,
    by: str = EMERGENCY,
    item: str = "bx-yj-001",
    time: datetime = AT,
    source: str = "/business/benxi",
    event_id: str | None = None,
    application: str | None = None,
    data: Json | None = None,
    **envelope: object,
) -> Json:
    """Return a department's event; *data* and *envelope* override or add."""
    return {
        "specversion": "1.0",
        "id": event_id or serial("event"),
        "source": source,
        "type": type_,
        "subject": subject,
        "time": format_instant(time),
        "datacontenttype": "application/json",
        "data": {
            "department": by,
            "item_code": item,
            "item_name": "合成事项",
            "application_no": application or serial("BX-2026"),
            "subject_name": "合成测试单位",
            **(data or {}),
        },
        **envelope,
    }


def bid(subject: str, stage: str = "registered", **more: Any) -> Json:
    """Return a procurement's event: on `procurement-serious` it is denied (measure P7)."""
    data = {"attributes": {"tender_kind": "procurement"}, **more.pop("data", {})}
    more = {"by": FINANCE, "item": "bx-cz-001", **more}
    return event(subject, f"credit.bidding.{stage}", data=data, **more)


def change(
    subject: str,
    list_code: str = "licence-bar",
    *,
    entry_id: str | None = None,
    revision: int = 1,
    what: str = "entered",
    since: date = date(2026, 1, 1),
    time: datetime = AT,
    source: str | None = None,
    data: Json | None = None,
) -> Json:
    """Return one change of one entry; a licence bar names the item of `event`."""
    bar = {"facts_code": "licence-79", "scope": ["bx-yj-001"]}
    entry_id = entry_id or serial("entry")
    return {
        "specversion": "1.0",
        "id": f"{entry_id}@{revision}",
        "source": source or PROVIDERS[list_code],
        "type": f"credit.list.{what}",
        "subject": subject,
        "time": format_instant(time),
        "data": {
            "entry_id": entry_id,
            "revision": revision,
            "list_code": list_code,
            "subject_name": "合成测试单位",
            "doc_no": "合成〔2026〕1号",
            "recognised_by": "合成认定机关",
            "effective_from": since.isoformat(),
            "facts": "合成测试数据",
            "severity": "serious",
            **(bar if list_code == "licence-bar" else {}),
            **(data or {}),
        },
    }


def removal(entered: Json, *, reason: str = "repaired", on: date = TODAY) -> Json:
    """Return the removal of the entry that *entered* told of."""
    data = entered["data"]
    told = {**data, "removed_on": on.isoformat(), "removal_reason": reason}
    return revised(entered, what="removed", **{**told, "revision": data["revision"] + 1})


def revised(entered: Json, *, what: str = "amended", **data: object) -> Json:
    """Return *entered* told again with other *data*."""
    told = {**entered["data"], **data}
    return {
        **entered,
        "id": f"{told['entry_id']}@{told['revision']}",
        "type": f"credit.list.{what}",
        "data": told,
    }


def review(
    subject: str, action_id: str, outcome: str, *, at: datetime = AT, **data: object
) -> Json:
    """Return what an officer decided about an action."""
    review_id = serial("review")
    return {
        "specversion": "1.0",
        "id": review_id,
        "source": "/credit-trigger/console",
        "type": "credit.review.recorded",
        "subject": subject,
        "time": format_instant(at),
        "data": {
            "review_id": review_id,
            "action_id": action_id,
            "outcome": outcome,
            "reason": "合成理由",
            "reviewer": "staff-07",
            "reviewer_department": EMERGENCY,
            "at": format_instant(at),
            **data,
        },
    }


def on_reviews(message: Json, **how: Any) -> Sent:
    """Address *message* to `credit.reviews`."""
    return addressed("credit.reviews", message, **how)


def on_events(message: Json, **how: Any) -> Sent:
    """Address *message* to the topic of its family."""
    family = message["type"].split(".")[1]
    return addressed(f"credit.events.{family}", message, **how)


def on_lists(message: Json, **how: Any) -> Sent:
    """Address *message* to `credit.lists`."""
    return addressed("credit.lists", message, **how)


def addressed(topic: str, message: Json, **how: Any) -> Sent:
    """Address *message* to *topic*, key and partition by its subject unless *how* says else."""
    key = how.pop("key", message["subject"].encode())
    partition = how.pop("partition", partition_of(message["subject"]))
    return Sent(topic, as_json(message), key, partition, **how)


def as_json(message: Json) -> bytes:
    """Return *message* as a department would write it."""
    return json.dumps(message, ensure_ascii=False).encode()


def digest_of(held: dict[str, int]) -> str:
    """Return the digest of contracts E over `entry_id@revision` lines."""
    lines = sorted(f"{entry}@{revision}\n" for entry, revision in held.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Watermarks:
    """The office's own book of the lists, so that what it publishes adds up."""

    def __init__(self, partitions: int = PARTITIONS) -> None:
        self._partitions = partitions
        self._held: dict[tuple[str, int], dict[str, int]] = {}
        self._generation = count(1)

    def note(self, told: Json) -> None:
        """Remember a change that was sent."""
        data = told["data"]
        where = data["list_code"], partition_of(told["subject"], self._partitions)
        held = self._held.setdefault(where, {})
        if told["type"] == "credit.list.removed":
            held.pop(data["entry_id"], None)
        elif data["revision"] >= held.get(data["entry_id"], -1):
            held[data["entry_id"]] = data["revision"]

    def published(
        self,
        list_code: str,
        *,
        at: datetime = AT - timedelta(minutes=5),
        spoil: Json | None = None,
    ) -> list[Sent]:
        """Return one watermark for each partition; *spoil* overrides what they say."""
        generation = next(self._generation)
        sent = []
        for partition in range(self._partitions):
            held = self._held.get((list_code, partition), {})
            message = {
                "specversion": "1.0",
                "id": f"{list_code}-{generation}-{partition}",
                "source": PROVIDERS[list_code],
                "type": "credit.list.published",
                "subject": list_code,
                "time": format_instant(at),
                "data": {
                    "list_code": list_code,
                    "generation": generation,
                    "published_at": format_instant(at),
                    "count": len(held),
                    "digest": digest_of(held),
                    **(spoil or {}),
                },
            }
            sent.append(on_lists(message, partition=partition, at=at))
        return sent
