"""Alerts for officers: one line each, what cannot wait first."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import click
import msgspec

from cli.decision_words import in_words
from cli.import_words import Words
from cli.plain_text import plain
from consumers.alert_feed import FedAlert
from consumers.alert_place import Lost
from schemas.lean import AlertData
from streams.rules.masking import shown_code

KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "hold": ("暂缓", "hold"),
        "deny": ("不予通过", "deny"),
        "reward": ("激励", "reward"),
        "withdrawn": ("已撤回", "withdrawn"),
        "remedy": ("补救", "remedy"),
        "overdue": ("逾期", "overdue"),
        "due_soon": ("即将到期", "due soon"),
        "interview": ("约谈", "interview"),
        "stale_list": ("名单过期", "stale list"),
        "unlisted_name": ("名称疑似", "unlisted name"),
        "unserved": ("未送达", "unserved"),
        "too_late": ("复核过迟", "too late"),
    }
)
LOST: Mapping[Lost, tuple[str, str]] = MappingProxyType(
    {
        "retention": (
            "上次的位置之后有提醒已过保存期; 从最早的开始",
            "some alerts since last time are past their retention; going on from the earliest",
        ),
        "another log": (
            "提醒主题已重建, 上次的位置无效; 从最早的开始",
            "the topic was made anew, last time's place means nothing; going on from the earliest",
        ),
        "unreadable": (
            "已读位置文件损坏; 从最早的开始",
            "the file with last time's place is damaged; going on from the earliest",
        ),
    }
)
_COLOURS = {"deny": "red", "overdue": "red", "hold": "yellow", "reward": "green"}


def in_order(alerts: Sequence[FedAlert]) -> list[FedAlert]:
    """Return *alerts* as a listing: what cannot wait first, then by time.

    One that was cleared since is there once, as cleared, and no longer urgent.
    """
    cleared = {each.alert.alert_id for each in alerts if each.cleared}
    return sorted(
        (each for each in alerts if each.cleared or each.alert.alert_id not in cleared),
        key=lambda each: (not is_urgent(each), each.alert.raised_at),
    )


def is_urgent(fed: FedAlert) -> bool:
    """Tell whether somebody should act on it at once."""
    return fed.alert.urgency == "now" and not fed.cleared


def alert_line(fed: FedAlert, say: Words) -> str:
    """Return *fed* as one line: time, kind, organisation, text, and the id to go on with.

    Coloured; `click.echo` takes the colours out where there is no terminal.
    """
    alert = fed.alert
    mark = "!" if is_urgent(fed) else " "
    when = plain(alert.raised_at)[:19].replace("T", " ")
    kind = say(*in_words(KINDS, plain(alert.kind)))
    if fed.cleared:
        kind = f"{say('已解除', 'cleared')}: {kind}"
    who = f"{shown_code(plain(alert.uscc))}  " if alert.uscc else ""
    text = plain(say(alert.text_zh, alert.text_en))
    styled = click.style(
        f"{mark} {kind}",
        fg=_COLOURS.get(alert.kind),
        bold=is_urgent(fed) or None,
        dim=fed.cleared or None,
    )
    return f"{when}  {styled}  {who}{text}{_go_on(alert, say)}"


def alert_json(fed: FedAlert) -> dict[str, Any]:
    """Return *fed* as plain data; the code of an individual business is masked here too."""
    told: dict[str, Any] = msgspec.to_builtins(fed.alert)
    told["uscc"] = fed.alert.uscc and shown_code(fed.alert.uscc)
    return told | {"cleared": fed.cleared}


def _go_on(alert: AlertData, say: Words) -> str:
    if alert.action_id:
        return f"  [{say('措施', 'action')} {plain(alert.action_id)}]"
    if alert.decision_id:
        return f"  [{say('决定', 'decision')} {plain(alert.decision_id)}]"
    return ""
