"""An explanation on a terminal: entry, measure, article, term, and what can be done about it."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.decision_words import (
    CHANGES,
    FORCES,
    POLARITIES,
    STATES,
    VERDICTS,
    Words2,
    in_words,
)
from cli.explanation import Explanation
from cli.import_words import Words
from cli.plain_text import plain
from cli.screen import screen
from consumers.effect_words import EFFECTS
from schemas.lean import ActionData, Notice
from schemas.measure import NoticeText
from streams.rules.catalogue import Catalogue

_PIPED_COLUMNS = 100
_COLOURS = {"pass": "green", "hold": "yellow", "deny": "red"}
_REMEDIES = (
    ("object", "异议", "objection"),
    ("repair", "信用修复", "repair"),
    ("remove", "移出名单", "removal"),
    ("reconsider", "行政复议", "reconsider"),
    ("sue", "行政诉讼", "lawsuit"),
)


class ExplanationView:
    """Renders explanations; *catalogue* gives titles, and the English of a notice's fixed words."""

    def __init__(self, catalogue: Catalogue, say: Words) -> None:
        self._catalogue = catalogue
        self._say = say

    def render(self, told: Explanation) -> RenderableType:
        """Return one explanation as a panel, those of a consortium's other members below it."""
        parts: list[RenderableType] = [self._head(told), *self._reasons(told)]
        parts += [self._action(n, told, action) for n, action in enumerate(told.actions, 1)]
        if not told.actions:
            parts.append(Text(self._say("没有奖惩措施", "no measure applies"), style="dim"))
        title = Text(
            self._word(VERDICTS, told.verdict).upper(), style=f"bold {_COLOURS[told.verdict]}"
        )
        panel = Panel(Group(*parts), title=title, title_align="left", border_style="dim")
        if not told.members:
            return panel
        return Group(panel, *(self.render(each) for each in told.members), self._bid(told))

    def _head(self, told: Explanation) -> Table:
        say, table = self._say, _grid()
        item = self._catalogue.items.get(told.item_code)
        matter = f"{told.item_code} {item.title.zh if item else ''}".strip()
        department = self._catalogue.department(told.department)
        by = department.name if department else told.department
        _row(table, say("决定", "decision"), self._decision(told))
        _row(table, say("主体", "subject"), told.uscc)
        _row(table, say("事项", "matter"), f"{matter}; {by}; {told.application_no}")
        event = told.event
        _row(table, say("事件", "event"), f"{event.type}  {event.time}  {event.source} {event.id}")
        when = f"{told.decided_at} ({say('法定日', 'legal day')} {told.day}, {told.cause})"
        _row(table, say("决定时间", "decided"), when)
        if told.consortium_of is not None:
            of = f"{told.consortium_of.uscc} ({told.consortium_of.id})"
            _row(table, say("牵头人", "leader of the bid"), of)
        for sequence, verdict, at in told.earlier:
            _row(table, say("此前", "earlier"), f"{sequence}: {verdict}, {at}")
        return table

    def _decision(self, told: Explanation) -> str:
        if told.sequence is not None:
            return f"{told.decision_id}/{told.sequence}"
        trial = self._say("离线试算, 不具效力", "decided here from a file, binds nobody")
        return f"{told.decision_id} ({trial})"

    def _reasons(self, told: Explanation) -> list[RenderableType]:
        say = self._say
        lines: list[RenderableType] = [
            Padding(Text(f"• {plain(say(each.zh, each.en))}"), (0, 0, 0, 2))
            for each in told.reasons
        ]
        looked = ", ".join(f"{e.list_code}/{e.entry_id}@{e.revision}" for e in told.entries)
        none = say("无", "none")
        checked = Text(f"{say('核对的名单条目', 'entries looked at')}: {plain(looked) or none}")
        if not lines:
            return [checked]
        return [Text(say("原因", "reasons"), style="bold"), *lines, checked]

    def _action(self, number: int, told: Explanation, action: ActionData) -> RenderableType:
        say, table = self._say, _grid()
        zh, en = self._titles(action)
        heading = f"{self._word(POLARITIES, action.polarity)} {number}: {say(zh, en)}"
        effect = self._word(EFFECTS, action.effect)
        if action.proposed_effect:
            effect += f" → {self._word(EFFECTS, action.proposed_effect)}"
        force, state = self._word(FORCES, action.force), self._word(STATES, action.state)
        _row(table, say("效果", "effect"), f"{effect}; {force}; {state}")
        if not action.verified:
            warning = say("依据尚未核实, 不自动限制", "basis not verified yet: never by itself")
            _row(table, say("注意", "note"), warning)
        _row(table, say("名单条目", "entry"), self._entry(action))
        for basis in action.legal_basis:
            law = f"《{basis.act.strip('《》')}》 {basis.article} ({basis.level}) {basis.url}"
            _row(table, say("法律依据", "article"), law)
        _row(table, say("期限", "term"), self._term(action))
        _row(table, say("措施编号", "action"), f"{action.action_id} ({action.measure.id})")
        for step in told.history:
            if step.action.action_id == action.action_id and step.action.revision:
                reason = f" ({step.action.reason})" if step.action.reason else ""
                what = f"{self._word(CHANGES, step.change)}{reason}, {step.at}"
                _row(table, say("变更", "changed"), what)
        self._notice(table, action)
        return Group(Text(""), Text(plain(heading), style="bold"), Padding(table, (0, 0, 0, 2)))

    def _entry(self, action: ActionData) -> str:
        entry = action.entry
        spec = self._catalogue.lists.get(entry.list_code)
        title = self._say(spec.title.zh, spec.title.en) if spec else ""
        return f"{title} [{entry.list_code}] {entry.entry_id}@{entry.revision}"

    def _term(self, action: ActionData) -> str:
        say = self._say
        until = str(action.until) if action.until else say("移出之日", "removal")
        text = f"{action.from_} → {until} ({say('不含', 'exclusive')})"
        if action.review_due_on:
            text += f"; {say('复核期限', 'review due')} {action.review_due_on}"
        if action.due_on:
            text += f"; {say('反馈期限', 'receipt due')} {action.due_on}"
        provisional = say("(暂定)", "(provisional)")
        return f"{text} {provisional}" if action.due_provisional else text

    def _notice(self, table: Table, action: ActionData) -> None:
        """Add the notice (告知书), and what the organisation can do about it."""
        say, notice, english = self._say, action.notice, self._english(action)
        table.add_row(Text(say("告知书", "notice"), style="bold"), Text(""))
        _row(table, say("事实", "facts"), notice.facts)
        _row(table, say("依据", "basis"), notice.basis)
        fixed = english.measure.en if english else None
        _row(table, say("措施", "measure"), _beside(notice.measure, fixed, say))
        _row(table, say("期限", "term"), notice.term)
        table.add_row(Text(say("可以怎么做", "what to do"), style="bold"), Text(""))
        for name, zh, en in _REMEDIES:
            text = _beside(
                _remedy(notice, name), _remedy_en(english, name) if english else None, say
            )
            _row(table, say(zh, en), text)

    def _titles(self, action: ActionData) -> tuple[str, str]:
        measure = self._catalogue.measure(action.measure.id)
        return action.measure.title, measure.title.en if measure else action.measure.id

    def _english(self, action: ActionData) -> NoticeText | None:
        """Return the measure's own words, only if it is still the version that was applied."""
        ref = action.measure
        if self._catalogue.measure_versions.get(ref.id) != ref.version:
            return None
        measure = self._catalogue.measure(ref.id)
        return measure.notice if measure else None

    def _bid(self, told: Explanation) -> Text:
        worst = [e.uscc for e in (told, *told.members) if e.verdict == told.bid_verdict]
        text = (
            f"{self._say('联合体整体', 'the bid as a whole')}: "
            f"{self._word(VERDICTS, told.bid_verdict)} ({', '.join(worst)})"
        )
        return Text(text, style=f"bold {_COLOURS[told.bid_verdict]}")

    def _word(self, words: Words2, code: str) -> str:
        return self._say(*in_words(words, code))


def print_explanation(told: Explanation, view: ExplanationView) -> None:
    """Print *told* on stdout, as wide as the terminal, 100 columns where there is none."""
    screen(piped_columns=_PIPED_COLUMNS).print(view.render(told))


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _row(table: Table, name: str, value: str) -> None:
    table.add_row(Text(name), Text(plain(value)))


def _beside(zh: str, en: str | None, say: Words) -> str:
    """Return the notice's own words, which are Chinese in any case, with the English if known."""
    return zh if en is None or say("zh", "en") == "zh" else f"{zh} / {en}"


def _remedy(notice: Notice, name: str) -> str:
    match name:
        case "object":
            return f"{notice.object.to}; {notice.object.within}"
        case "reconsider":
            return f"{notice.reconsider.body}; {notice.reconsider.within}"
        case "sue":
            return f"{notice.sue.court}; {notice.sue.within}"
        case "repair":
            return notice.repair
        case _:
            return notice.remove


def _remedy_en(text: NoticeText, name: str) -> str:
    match name:
        case "object":
            return f"{text.object.to.en}; {text.object.within.en}"
        case "reconsider":
            return f"{text.reconsider.body.en}; {text.reconsider.within.en}"
        case "sue":
            return f"{text.sue.court.en}; {text.sue.within.en}"
        case "repair":
            return text.repair.en
        case _:
            return text.remove.en
