"""Events, entries and moments of a synthetic Benxi, as short as a rule needs them."""

from collections.abc import Iterable
from datetime import date, datetime, time
from functools import cache
from pathlib import Path

from infra.catalogue_files import read_catalogue
from schemas.lean import Envelope, EventData, KnownEntry, ListChangeData
from schemas.times import SHANGHAI, format_instant, parse_instant
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.outcome import AsOf
from streams.rules.standing import Standing

FIRM = "91210500MA0BX0015F"
INDIVIDUAL = "92210502MA0BX00234"
TODAY = date(2026, 6, 18)
FRESH = Standing()


@cache
def catalogue_files() -> dict[str, str]:
    return read_catalogue(Path(__file__).parents[2] / "catalogue")


@cache
def real_catalogue() -> Catalogue:
    return build_catalogue(catalogue_files())


def department(class_: str) -> str:
    """Return the code of the first department of *class_* that still holds its duties."""
    registered = real_catalogue().departments.values()
    return next(d.uscc for d in registered if d.class_ == class_ and d.successor is None)


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


def event(
    type_: str = "credit.bidding.registered",
    by: str = "finance",
    item: str = "bx-cz-001",
    *,
    subject: str = FIRM,
    on: date = TODAY,
    attributes: dict[str, bool | int | str] | None = None,
    event_id: str = "event-1",
    amount_fen: int | None = None,
    subject_name: str = "示例有限公司",
) -> Envelope[EventData]:
    return Envelope(
        specversion="1.0",
        id=event_id,
        source="/department/example",
        type=type_,
        subject=subject,
        time=format_instant(at_noon(on)),
        data=EventData(
            department=department(by),
            item_code=item,
            item_name="示例事项",
            application_no="BX-2026-0001",
            subject_name=subject_name,
            amount_fen=amount_fen,
            attributes=attributes or {},
        ),
    )


def entry(
    list_code: str,
    entry_id: str = "entry-1",
    *,
    since: date = date(2026, 1, 1),
    until: date | None = None,
    facts_code: str | None = None,
    severity: str | None = None,
    scope: list[str] | None = None,
    removed_on: date | None = None,
    removal_reason: str | None = None,
    suspended: bool = False,
    facts: str = "提供虚假材料",
    subject_name: str = "示例有限公司",
) -> KnownEntry:
    change = ListChangeData(
        entry_id=entry_id,
        revision=1,
        list_code=list_code,
        subject_name=subject_name,
        doc_no="示例〔2026〕1号",
        recognised_by="示例认定单位",
        effective_from=since,
        facts=facts,
        effective_until=until,
        facts_code=facts_code,
        severity=severity,  # type: ignore[arg-type]  # one of the three words
        scope=scope,
        removed_on=removed_on,
        removal_reason=removal_reason,  # type: ignore[arg-type]  # one of the five words
    )
    return KnownEntry(change, suspended, "/provider/example", "2026-01-01T08:00:00.000+08:00")


def as_of(happened: Envelope[EventData], day: date = TODAY, standing: Standing = FRESH) -> AsOf:
    return AsOf(at_noon(day), day, standing, parse_instant(happened.time))


def standing(*, missing: Iterable[str] = (), stale: Iterable[str] = ()) -> Standing:
    return Standing(missing=frozenset(missing), stale=frozenset(stale))
