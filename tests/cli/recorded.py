"""Actions and alerts as the trigger records them, on an embedded broker."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

from confluent_kafka import Producer
from msgspec.structs import replace

from infra.kafka import producer_config
from schemas.ids import identity
from schemas.lean import (
    ActionBasis,
    ActionData,
    AlertData,
    EntryRef,
    EventRef,
    MeasureRef,
    Notice,
    ObjectionRoute,
    Outgoing,
    ReconsiderRoute,
    SueRoute,
    encode,
)
from schemas.topics import ACTIONS, ALERTS, TRIGGER_SOURCE
from schemas.uscc import make_uscc

FIRM, SHOP = "91210500MA0BX0015F", "92210502MA0BX00234"
FINANCE = "1121050010500055XW"
AT = "2026-06-16T09:31:02.123+08:00"
_numbers = count(1)


def department() -> str:
    """Return the code of a department that no test has met before."""
    return make_uscc("11210500", f"MAXX{next(_numbers):04d}")


def action(measure: str = "p07-procurement-banned", **changes: Any) -> ActionData:
    """Return a block of FINANCE that awaits review; *changes* override."""
    number = next(_numbers)
    made = ActionData(
        action_id=identity("test-action", str(number)),
        revision=0,
        decision_id=identity("test-decision", str(number)),
        event=EventRef("/x", f"e-{number}", "credit.bidding.registered", AT),
        entry=EntryRef("procurement-serious", "ban-1", 1),
        measure=MeasureRef(measure, "v1", "禁止参加政府采购活动"),
        polarity="punish",
        effect="refer",
        proposed_effect="block",
        force="mandatory",
        verified=True,
        state="awaiting_review",
        resumes_to=None,
        legal_basis=(ActionBasis("政府采购法", "77", "law", "https://law.example/77", None),),
        department=FINANCE,
        item_code="bx-cz-001",
        application_no=f"A-{number}",
        from_=date(2026, 6, 16),
        until=None,
        notice=Notice(
            lang="zh", facts="f", basis="b", measure="m", term="t", remove="r",
            object=ObjectionRoute("o", "w"), reconsider=ReconsiderRoute("b", "w"),
            sue=SueRoute("c", "w"), repair="p",
        ),
        due_on=None,
        due_provisional=False,
        review_due_on=date(2026, 6, 20),
        objection=None,
        reason=None,
    )  # fmt: skip
    return replace(made, **changes)


def record(broker: str, *actions: ActionData, subject: str = FIRM, change: str = "issued") -> None:
    """Write *actions* to `credit.actions` under *subject*, in one transaction."""
    values = []
    for each in actions:
        message = Outgoing(
            f"{each.action_id}/{each.revision}", TRIGGER_SOURCE, f"credit.action.{change}",
            subject, AT, each,
        )  # fmt: skip
        values.append((subject, encode(message)))
    write(broker, ACTIONS, values)


def alert(to: str, **changes: Any) -> AlertData:
    """Return an alert for the department *to* that cannot wait; *changes* override."""
    number = next(_numbers)
    made = AlertData(
        alert_id=identity("test-alert", str(number)),
        kind="hold",
        urgency="now",
        department=to,
        uscc=FIRM,
        action_id=identity("test-action", str(number)),
        decision_id=identity("test-decision", str(number)),
        text_zh=f"提醒 {number}",
        text_en=f"alert {number}",
        raised_at=AT,
    )
    return replace(made, **changes)


def alert_bytes(told: AlertData, what: str = "raised") -> bytes:
    """Return *told* as it lies on `credit.alerts`."""
    kind = f"credit.alert.{what}"
    return encode(
        Outgoing(told.alert_id, TRIGGER_SOURCE, kind, told.department, told.raised_at, told)
    )


def raise_alerts(broker: str, *alerts: AlertData, what: str = "raised") -> None:
    """Write *alerts* to `credit.alerts`, in one transaction."""
    write(broker, ALERTS, [(each.department, alert_bytes(each, what)) for each in alerts])


def write(broker: str, topic: str, messages: Sequence[tuple[str, bytes]]) -> None:
    """Write *messages* (key, value) in one transaction."""
    producer = Producer(producer_config(broker, transactional_id=f"test-{next(_numbers)}"))
    producer.init_transactions(10)
    producer.begin_transaction()
    for key, value in messages:
        producer.produce(topic, value, key)
    producer.commit_transaction(10)
