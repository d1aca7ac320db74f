"""What is measured: how many events and entries, how many hits, and what the messages say."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bench.subjects import subject_code
from schemas.department_event import DepartmentEvent
from schemas.ids import identity
from schemas.list_change import ENTERED, PUBLISHED
from schemas.times import format_instant, legal_day

EVENT_ID_PREFIX, PACED_ID_PREFIX = "bench-", "paced-"


@dataclass(frozen=True)
class Place:
    """Where in the catalogue the bench plays: a hit here leads to one action.

    `bench.place_check` holds these names to the catalogue that the trigger will load.
    """

    family: str = "approval"
    stage: str = "applied"
    department: str = ""
    department_source: str = "/bench/benxi/approvals"
    item_code: str = ""
    item_name: str = ""
    list_code: str = ""
    provider: str = ""
    facts_code: str | None = None
    scope: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Scenario:
    """The size of a run. Organisation 0 to `entries` - 1 are listed, once each."""

    events: int = 500_000
    entries: int = 1_000_000
    hit_every: int = 20  # 5 %
    partitions: int = 4
    place: Place = Place()

    @property
    def hits(self) -> int:
        """Events whose subject is listed."""
        return -(-self.events // self.hit_every)

    def subject_of(self, sequence: int) -> str:
        """Return who event *sequence* is about: a listed one on every 20th event, else a new one.

        Hits are spread over all entries by a fixed stride, so that no cache is warm for them.
        """
        if sequence % self.hit_every == 0:
            return subject_code(sequence // self.hit_every * 7_919 % self.entries)
        return subject_code(self.entries + sequence)


def event_message(scenario: Scenario, event_id: str, subject: str, time: str) -> bytes:
    """Return one department event of about 500 bytes, as contracts E and design §4 say."""
    place = scenario.place
    return (
        f'{{"specversion":"1.0","id":"{event_id}","source":"{place.department_source}",'
        f'"type":"credit.{place.family}.{place.stage}","subject":"{subject}","time":"{time}",'
        f'"datacontenttype":"application/json","data":{{"department":"{place.department}",'
        f'"item_code":"{place.item_code}","item_name":"{place.item_name}",'
        f'"application_no":"SQ{event_id}","subject_name":"合成测试单位{subject[10:16]}",'
        f'"amount_fen":1250000,"region":"210500","attributes":{{"channel":"window",'
        f'"documents":7,"urgent":false}}}}}}'
    ).encode()


def entry_data(scenario: Scenario, number: int, today: date) -> dict[str, Any]:
    """Return the list entry of organisation *number*, in force since a month for a year."""
    place = scenario.place
    return {
        "entry_id": f"BENCH{number:09d}",  # of one width: number order is text order
        "revision": 1,
        "list_code": place.list_code,
        "subject_name": f"合成测试单位{subject_code(number)[10:16]}",
        "doc_no": f"合成〔2026〕{number:09d}号",
        "recognised_by": "合成认定机关",
        "effective_from": (today - timedelta(days=30)).isoformat(),
        "effective_until": (today + timedelta(days=335)).isoformat(),
        "facts": "合成测试数据，不涉及任何真实单位",
        "facts_code": place.facts_code,
        "severity": "serious",
        "scope": None if place.scope is None else list(place.scope),
    }


def entered_message(scenario: Scenario, number: int, now: datetime) -> bytes:
    """Return the list change that enters organisation *number*."""
    data = entry_data(scenario, number, legal_day(now))
    return _cloud_event(
        scenario, ENTERED, subject_code(number), f"{data['entry_id']}@1", now, data
    )


def published_message(
    scenario: Scenario, now: datetime, *, generation: int, count: int, digest: str
) -> bytes:
    """Return the watermark that closes the list in one partition of `count` entries."""
    code = scenario.place.list_code
    data = {
        "list_code": code,
        "generation": generation,
        "published_at": format_instant(now),
        "count": count,
        "digest": digest,
    }
    return _cloud_event(scenario, PUBLISHED, code, identity(code, str(generation)), now, data)


def _cloud_event(  # noqa: PLR0913  # the attributes of an envelope
    scenario: Scenario,
    message_type: str,
    subject: str,
    message_id: str,
    now: datetime,
    data: dict[str, Any],
) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": message_id,
            "source": scenario.place.provider,
            "type": message_type,
            "subject": subject,
            "time": format_instant(now),
            "datacontenttype": "application/json",
            "data": data,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def sample_event(scenario: Scenario, now: datetime) -> DepartmentEvent:
    """Return the first event as its model. Raises: ValidationError if the bench writes nonsense."""
    message = event_message(
        scenario, f"{EVENT_ID_PREFIX}0", scenario.subject_of(0), format_instant(now)
    )
    return DepartmentEvent.model_validate_json(message)
