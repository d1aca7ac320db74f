"""What is measured: how many events and entries, how many hits, and what the messages say."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bench.subjects import subject_code
from schemas.ids import identity
from schemas.list_change import ENTERED, PUBLISHED
from schemas.times import format_instant, legal_day

_DAYS_OF_LISTING = 330
EVENT_ID_PREFIX, PACED_ID_PREFIX = "bench-", "paced-"


@dataclass(frozen=True)
class Place:
    """Where in the catalogue the bench plays: a hit here leads to one action.

    `bench.place_check` holds these names to the catalogue that the trigger will load.
    """

    family: str = "approval"
    stage: str = "applied"
    department: str = "11210500105000445U"  # class emergency
    department_source: str = "/bench/benxi/approvals"
    item_code: str = "bx-yj-001"
    item_name: str = "危险化学品经营许可"
    list_code: str = "licence-bar"
    provider: str = "/licensing/benxi"
    facts_code: str = "licence-79"


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
    """Return the list entry of organisation *number*, in force for a year.

    It began on one of 330 days, as real listings did: whoever remembers what a listing of one day
    comes to gains no more here than in a city.
    """
    place = scenario.place
    since = today - timedelta(days=30 + number % _DAYS_OF_LISTING)
    return {
        "entry_id": f"BENCH{number:09d}",  # of one width: number order is text order
        "revision": 1,
        "list_code": place.list_code,
        "subject_name": f"合成测试单位{subject_code(number)[10:16]}",
        "doc_no": f"合成〔2026〕{number:09d}号",
        "recognised_by": "合成认定机关",
        "effective_from": since.isoformat(),
        "effective_until": (since + timedelta(days=365)).isoformat(),
        "facts": f"合成测试数据{number:09d}，不涉及任何真实单位",
        "facts_code": place.facts_code,
        "severity": "serious",
        "scope": [place.item_code],
    }


def entered_message(scenario: Scenario, number: int, now: datetime) -> bytes:
    """Return the list change that enters organisation *number*."""
    data = entry_data(scenario, number, legal_day(now))
    message_id = f"{data['entry_id']}@1"
    return _cloud_event(
        scenario.place.provider, ENTERED, subject_code(number), message_id, now, data
    )


def published_message(
    list_code: str, provider: str, now: datetime, *, count: int, digest: str
) -> bytes:
    """Return the watermark that closes a list of *count* entries in one partition."""
    data = {
        "list_code": list_code,
        "generation": 1,
        "published_at": format_instant(now),
        "count": count,
        "digest": digest,
    }
    message_id = identity(list_code, "1", digest)
    return _cloud_event(provider, PUBLISHED, list_code, message_id, now, data)


def _cloud_event(  # noqa: PLR0913, PLR0917  # the attributes of an envelope
    source: str,
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
            "source": source,
            "type": message_type,
            "subject": subject,
            "time": format_instant(now),
            "datacontenttype": "application/json",
            "data": data,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
