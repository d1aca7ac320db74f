"""What a review says, what it will do, and why it cannot be: Chinese, English."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from cli.decision_words import STATES, in_words
from cli.import_words import Words
from cli.plain_text import plain
from consumers.action_records import ActionRecord
from consumers.effect_words import EFFECTS
from schemas.lean import ActionData
from sources.review_outcome import Outcome
from streams.rules.catalogue import Catalogue
from streams.rules.masking import shown_code
from streams.rules.transitions import NotNow, TooLate

OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "confirm": ("确认", "confirm"),
        "dismiss": ("不予采取", "dismiss"),
        "object": ("提出异议", "object"),
        "uphold": ("异议不成立, 维持", "uphold"),
        "overturn": ("推翻", "overturn"),
    }
)
FOUR_EYES = (
    "须由两名不同的复核人确认: 加 --second-reviewer",
    "two different reviewers must confirm it: add --second-reviewer",
)
UNKNOWN_MEASURE = (
    "目录中没有它的措施, 不能确认; 核对 CREDIT_CATALOGUE, 或用 --dismiss, --overturn",
    "its measure is not in this catalogue: check CREDIT_CATALOGUE, or --dismiss or --overturn it",
)
_RELEASES = (
    "没有其他拦截或待复核的惩戒时, 部门即可办理",
    "the department may go on, unless something else stops the matter",
)


def review_lines(
    record: ActionRecord, outcome: Outcome, becomes: ActionData, catalogue: Catalogue, say: Words
) -> Iterator[str]:
    """Yield what a reviewer should see before agreeing; *becomes* is the action afterwards."""
    action = record.action
    department = catalogue.department(action.department)
    by = department.name if department else action.department
    measure = catalogue.measure(action.measure.id)
    title = say(action.measure.title, measure.title.en if measure else action.measure.id)
    yield f"{say('措施', 'action')}: {action.action_id} ({action.measure.id})"
    yield f"{say('主体', 'organisation')}: {shown_code(record.uscc)}"
    matter = f"{action.item_code}; {by}; {action.application_no}"
    yield f"{say('事项', 'matter')}: {plain(matter)}"
    yield f"{say('措施名称', 'measure')}: {plain(title)}"
    for basis in action.legal_basis:
        law = f"《{basis.act.strip('《》')}》 {basis.article} ({basis.level})"
        yield f"{say('法律依据', 'article')}: {plain(law)}"
    yield f"{say('现状', 'state')}: {_state(action, say)}"
    yield f"{say('您的意见', 'your review')}: {say(*OUTCOMES[outcome])}"
    yield f"{say('后果', 'it will')}: {say(*_consequence(outcome, becomes))}"


def refusal(action: ActionData, outcome: Outcome, step: TooLate | NotNow) -> tuple[str, str]:
    """Return why *outcome* cannot be said of *action* as it stands, and what can."""
    zh, en = in_words(STATES, action.state)
    if isinstance(step, TooLate):
        return (
            f"{zh}, 不能再复核; 来龙去脉见 explain {action.decision_id}",
            f"it is {en}, for good; how that came: explain {action.decision_id}",
        )
    if outcome == "object":
        marked = action.objection.marked_at if action.objection else ""
        return (
            f"异议已于 {marked} 标注; 用 --uphold 或 --overturn 答复",
            f"an objection is open since {marked}; answer it: --uphold or --overturn",
        )
    if outcome == "uphold":
        return (
            "没有待答复的异议; 先用 --object 标注, 或用 --confirm 确认待复核的措施",
            "no objection is open; mark it first (--object), or --confirm what awaits review",
        )
    return (
        f"现状为{zh}, 不是待复核; 可用 --object 或 --overturn",
        f"it is {en} and does not await review; possible: --object or --overturn",
    )


def _state(action: ActionData, say: Words) -> str:
    text = say(*in_words(STATES, action.state))
    effect = say(*in_words(EFFECTS, action.effect))
    if action.proposed_effect:
        effect += f" → {say(*in_words(EFFECTS, action.proposed_effect))}"
    text += f"; {effect}"
    if action.review_due_on:
        text += f"; {say('复核期限', 'review due')} {action.review_due_on}"
    if action.objection is not None and action.objection.outcome is None:
        text += f"; {say('异议处理中, 自', 'objection open since')} {action.objection.marked_at}"
    return text


def _consequence(outcome: Outcome, becomes: ActionData) -> tuple[str, str]:
    zh, en = in_words(EFFECTS, becomes.effect)
    match outcome:
        case "confirm":
            denies = becomes.effect == "block"
            return (
                f"{zh}生效, 部门须在 {becomes.due_on} 前反馈"
                + ("; 办件不予通过" if denies else ""),
                f"{en} comes into force, the department reports by {becomes.due_on}"
                + ("; the matter is denied" if denies else ""),
            )
        case "dismiss":
            return f"不予采取, 不可恢复; {_RELEASES[0]}", f"be dropped for good; {_RELEASES[1]}"
        case "object":
            return (
                "立即标注异议处理中, 措施暂不变, 等待 --uphold 或 --overturn",
                "be marked as objected to, stay as it is, and wait for --uphold or --overturn",
            )
        case "uphold":
            return "异议答复为不成立, 措施继续", "stay as it is, the objection answered"
        case "overturn":
            return (
                f"撤回, 不可恢复; {_RELEASES[0]}",
                f"be withdrawn for good; {_RELEASES[1]}",
            )
