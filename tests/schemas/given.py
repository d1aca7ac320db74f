"""Messages that are valid in every field, and ways to damage them."""

import json
from collections.abc import Sequence
from typing import Any

from schemas.dead_letter import Header

COMPANY = "91210500MA0BX0015F"
COMPANY_2 = "91210500MA0BX0103X"
DEPARTMENT = "11210500105000445U"
COOPERATIVE = "93210521MA0BX0031C"
# A synthetic resident number: division 210502, born 1990-01-01, check digit as GB 11643 says.
RESIDENT = "210502199001010017"


def no_headers() -> Sequence[Header]:
    return ()


def event(**data: Any) -> dict[str, Any]:
    """Return a department event; *data* replaces or adds fields of its `data`."""
    return {
        "specversion": "1.0",
        "id": "BX-2026-000001#0123456789ab",
        "source": "/benxi/approvals",
        "type": "credit.approval.applied",
        "subject": COMPANY,
        "time": "2026-06-18T09:30:00+08:00",
        "datacontenttype": "application/json",
        "data": {
            "department": DEPARTMENT,
            "item_code": "bx-yj-001",
            "item_name": "危险化学品经营许可",
            "application_no": "SQ-2026-000001",
            "subject_name": "合成测试单位",
            "amount_fen": 1_250_000,
            "region": "210500",
            "members": [],
            "attributes": {"channel": "window", "documents": 7, "urgent": False},
        }
        | data,
    }


def member_event(**data: Any) -> dict[str, Any]:
    """Return one member's share of a consortium bid."""
    share = event(
        consortium_of={"uscc": COOPERATIVE, "source": "/benxi/bidding", "id": "BID-1"}, **data
    )
    return share | {"source": "/credit-trigger/trigger", "type": "credit.bidding.registered"}


def list_change(kind: str = "entered", **data: Any) -> dict[str, Any]:
    """Return one change of one entry."""
    return {
        "specversion": "1.0",
        "id": "BX-0001@1",
        "source": "/safety/benxi",
        "type": f"credit.list.{kind}",
        "subject": COMPANY,
        "time": "2026-06-18T09:30:00.000+08:00",
        "data": {
            "entry_id": "BX-0001",
            "revision": 1,
            "list_code": "safety-serious",
            "subject_name": "合成测试单位",
            "doc_no": "合成〔2026〕1号",
            "recognised_by": "合成认定机关",
            "effective_from": "2026-01-01",
            "effective_until": "2027-01-01",
            "facts": "合成测试数据",
            "facts_code": None,
            "severity": "serious",
            "scope": ["bx-yj-001"],
        }
        | data,
    }


def published(**data: Any) -> dict[str, Any]:
    """Return the watermark of one list in one partition."""
    return {
        "specversion": "1.0",
        "id": "safety-serious/1",
        "source": "/safety/benxi",
        "type": "credit.list.published",
        "subject": "safety-serious",
        "time": "2026-06-18T09:30:00+08:00",
        "data": {
            "list_code": "safety-serious",
            "generation": 1,
            "published_at": "2026-06-18T09:30:00+08:00",
            "count": 0,
            "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        }
        | data,
    }


def raw(message: object) -> bytes:
    """Return *message* as it travels."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
