"""The notice of an action (告知书): what the organisation is told, in official Chinese.

Facts, basis article by article, measure, term, how to get off the list, how to object, where to
ask for reconsideration or sue, how to repair. Source: 国办发〔2020〕49号 (六)-(八); 信用修复管理办法
(国家发展改革委令第36号); 行政复议法 art. 20; 行政诉讼法 art. 46.
"""

from datetime import date, timedelta

from schemas.lean import (
    ActionBasis,
    EventData,
    ListChangeData,
    Notice,
    ObjectionRoute,
    ReconsiderRoute,
    SueRoute,
)
from schemas.measure import Measure, Polarity
from schemas.registry import Department, ListSpec
from streams.rules.masking import shown_name, shown_text

_MAX_FACTS = 12_000  # leaves room for our own words within the limit of a text field
_AWAITING = {
    Polarity.PUNISH: "本措施须经人工复核确认后方可实施;复核期间申请暂缓办理的,不视为对贵单位的限制决定。",
    Polarity.REWARD: "本措施须经人工复核确认后方可实施,不影响贵单位事项的正常办理。",
    Polarity.SUPERVISE: "本措施须经人工复核确认后方可实施,不影响贵单位事项的正常办理。",
}


def notice_for(  # noqa: PLR0913  # the parts of the packet, each from another register
    measure: Measure,
    entry: ListChangeData,
    spec: ListSpec,
    department: Department,
    event: EventData,
    *,
    uscc: str,
    basis: tuple[ActionBasis, ...],
    from_: date,
    until: date | None,
    awaiting: bool,
) -> Notice:
    """Return the notice to the organisation *uscc* about one action, in Chinese.

    `from_` inclusive, `until` exclusive or null until the entry is removed; `awaiting`: an officer
    has yet to confirm. The name of an individual business is masked.
    """
    text = measure.notice
    return Notice(
        lang="zh",
        facts=facts_of(entry, spec, department, event, uscc=uscc),
        basis=basis_of(basis),
        measure=text.measure.zh + ("" if not awaiting else _ended(text.measure.zh) + _AWAITING[measure.polarity]),
        term=term_of(measure, from_, until),
        remove=text.remove.zh,
        object=ObjectionRoute(to=text.object.to.zh, within=text.object.within.zh),
        reconsider=ReconsiderRoute(
            body=text.reconsider.body.zh, within=text.reconsider.within.zh
        ),
        sue=SueRoute(court=text.sue.court.zh, within=text.sue.within.zh),
        repair=text.repair.zh,
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
    name = shown_name(uscc, entry.subject_name)
    names = entry.subject_name, event.subject_name
    facts = shown_text(uscc, entry.facts, *names)
    if len(facts) > _MAX_FACTS:
        facts = facts[:_MAX_FACTS] + "……(全文见认定文书)"
    listed = _listed_between(entry)
    verb = "认定为" if spec.title.zh.endswith(("主体", "对象", "企业", "纳税人")) else "列入"
    return (
        f"{name}(统一社会信用代码 {uscc}):经查,贵单位由{shown_text(uscc, entry.recognised_by, *names)}"
        f"依据《{shown_text(uscc, entry.doc_no, *names)}》{verb}“{spec.title.zh}”,{listed}。"
        f"认定事实:{_ended_once(facts)}"
        f"贵单位在{department.name}办理的“{shown_text(uscc, event.item_name, *names)}”"
        f"(申请编号 {event.application_no})属于本措施的适用范围。"
    )


def basis_of(basis: tuple[ActionBasis, ...]) -> str:
    """Return the articles in one sentence, one after the other."""
    return "依据" + ";".join(f"《{_bare(b.act)}》{_article(b.article)}" for b in basis) + "。"


def term_of(measure: Measure, from_: date, until: date | None) -> str:
    """Return from when until when in words; the last day is named, as notices do."""
    end = (
        f"至{_day(until - timedelta(days=1))}止"
        if until is not None
        else "至相关名单信息移出或者信用修复完成之日止"
    )
    return f"自{_day(from_)}起{end}。{measure.term.text.zh}"


def _listed_between(entry: ListChangeData) -> str:
    if entry.effective_until is None:
        return f"自{_day(entry.effective_from)}起生效,至移出之日止"
    last = entry.effective_until - timedelta(days=1)
    return f"自{_day(entry.effective_from)}起至{_day(last)}止有效"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _bare(act: str) -> str:
    return act.removeprefix("《").removesuffix("》")


def _article(article: str) -> str:
    """Return *article* as law is cited: `53` and `22(1)(5)` become 第…条; words stay as they are."""
    number, bracket, rest = article.partition("(")
    return f"第{number}条{bracket}{rest}" if number.isdigit() else article


def _ended(text: str) -> str:
    return "" if text.endswith(("。", ";", "!")) else "。"


def _ended_once(text: str) -> str:
    return text + _ended(text)
