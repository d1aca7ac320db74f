"""The notice of an action (告知书): what the organisation is told, in official Chinese.

Facts, basis article by article, measure, term, how to get off the list, how to object, where to
ask for reconsideration or sue, how to repair. Source: 国办发〔2020〕49号 (六)-(八);
信用修复管理办法(国家发展改革委令第36号); 行政复议法 art. 20; 行政诉讼法 art. 46.
"""

from datetime import date, timedelta
from functools import lru_cache

from msgspec import Struct

from schemas.lean import (
    ActionBasis,
    EventData,
    ListChangeData,
    Notice,
    ObjectionRoute,
    ReconsiderRoute,
    SueRoute,
)
from schemas.measure import CAN_STOP, EntryKind, Measure
from schemas.registry import Department, ListSpec
from schemas.uscc import is_individual_business
from streams.rules.masking import shown_name, shown_text

_MAX_FACTS = 12_000  # leaves room for our own words within the limit of a text field
_WIDE = str.maketrans("(),;:", "（），；：")
_AWAITING = "本措施须经人工复核确认后方可实施。"
_PAUSED = "复核期间暂缓办理的，不视为已对贵单位作出限制。"


class Wording(Struct, frozen=True):
    """What all notices of one measure at one place have in common.

    `measure` says what is done, `awaiting` that an officer has yet to confirm it.
    """

    basis: str
    measure: str
    awaiting: str
    term: str
    remove: str
    object: ObjectionRoute
    reconsider: ReconsiderRoute
    sue: SueRoute
    repair: str


def wording_of(measure: Measure, basis: tuple[ActionBasis, ...]) -> Wording:
    """Return the words of *measure* where it rests on *basis*, in Chinese."""
    text = measure.notice
    return Wording(
        basis=basis_of(basis),
        measure=measure_of(measure, awaiting=False),
        awaiting=measure_of(measure, awaiting=True),
        term=measure.term.text.zh,
        remove=text.remove.zh,
        object=ObjectionRoute(to=text.object.to.zh, within=text.object.within.zh),
        reconsider=ReconsiderRoute(body=text.reconsider.body.zh, within=text.reconsider.within.zh),
        sue=SueRoute(court=text.sue.court.zh, within=text.sue.within.zh),
        repair=text.repair.zh,
    )


def notice_for(  # noqa: PLR0913  # the parts of the packet, each from another register
    wording: Wording,
    entry: ListChangeData,
    spec: ListSpec,
    department: Department,
    event: EventData,
    *,
    uscc: str,
    from_: date,
    until: date | None,
    awaiting: bool,
) -> Notice:
    """Return the notice to the organisation *uscc* about one action, in Chinese.

    `from_` inclusive, `until` exclusive or null until the entry is removed; `awaiting`: an officer
    has yet to confirm. The name of an individual business is masked.
    """
    return Notice(
        "zh",
        facts_of(entry, spec, department, event, uscc=uscc),
        wording.basis,
        wording.awaiting if awaiting else wording.measure,
        f"{_span(from_, until)}{wording.term}",
        wording.remove,
        wording.object,
        wording.reconsider,
        wording.sue,
        wording.repair,
    )


def facts_of(
    entry: ListChangeData,
    spec: ListSpec,
    department: Department,
    event: EventData,
    *,
    uscc: str,
) -> str:
    """Return who was listed by whom, by which document and why, and the matter that it touches."""
    name, facts, item = entry.subject_name, entry.facts, event.item_name
    recogniser, document = entry.recognised_by, entry.doc_no
    if is_individual_business(uscc):
        names = name, event.subject_name
        facts, item, recogniser, document = (
            shown_text(uscc, text, *names) for text in (facts, item, recogniser, document)
        )
        name = shown_name(uscc, name)
    if len(facts) > _MAX_FACTS:
        facts = facts[:_MAX_FACTS] + "……（全文见认定文书）"
    verb = "记入" if spec.kind is EntryKind.RECORD else "列入"
    return (
        f"{name}（统一社会信用代码 {uscc}）：经查，贵单位由{recogniser}以“{document}”"
        f"{verb}“{spec.title.zh}”，{_listed_between(entry)}。认定事实：{_full_stop(facts)}"
        f"贵单位在{department.name}办理的“{item}”（申请编号 {event.application_no}）"
        f"属于本措施的适用范围。"
    )


def measure_of(measure: Measure, *, awaiting: bool) -> str:
    """Return what is done, and that nothing is done yet where an officer has to confirm it."""
    text = measure.notice.measure.zh
    if not awaiting:
        return text
    pauses = _PAUSED if measure.effect in CAN_STOP else ""
    return f"{_full_stop(text)}{_AWAITING}{pauses}"


def basis_of(basis: tuple[ActionBasis, ...]) -> str:
    """Return the articles in one sentence, one after the other."""
    return "依据" + "；".join(_cited(b) for b in basis) + "。"


def term_of(measure: Measure, from_: date, until: date | None) -> str:
    """Return how long *measure* holds, `until` exclusive, with what the measure says of it."""
    return f"{_span(from_, until)}{measure.term.text.zh}"


def day_of(day: date) -> str:
    """Return *day* as notices write it: 2026年6月18日."""
    return _day(day)


def _span(from_: date, until: date | None) -> str:
    """Return from when until when in words; the last day is named, as notices do."""
    if until is None:
        return f"自{_day(from_)}起至相关名单信息移出或者信用修复完成之日止。"
    return f"自{_day(from_)}起至{_last_day(until)}止。"


def _listed_between(entry: ListChangeData) -> str:
    if entry.effective_until is None:
        return f"自{_day(entry.effective_from)}起生效，至移出之日止"
    return f"自{_day(entry.effective_from)}起至{_last_day(entry.effective_until)}止有效"


@lru_cache(maxsize=4096)  # the days of one week's notices are few
def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


@lru_cache(maxsize=4096)
def _last_day(until: date) -> str:
    return _day(until - timedelta(days=1))


def _cited(basis: ActionBasis) -> str:
    """Return an article as law is cited: 《act》 with its number outside, then 第53条."""
    act, bracket, number = basis.act.strip("《》").translate(_WIDE).partition("（")
    return f"《{act}》{bracket}{number}{_article(basis.article)}"


def _article(article: str) -> str:
    """Return `53` as 第53条, `30(一)` as 第30条第(一)项; words stay as they are."""
    number, bracket, item = article.translate(_WIDE).partition("（")
    if number and not number.isdigit():
        return article.translate(_WIDE)
    items = f"第{bracket}{item}项" if bracket else ""
    return f"第{number}条{items}" if number else items


def _full_stop(text: str) -> str:
    return text if text.endswith(("。", "；", "！")) else f"{text}。"
