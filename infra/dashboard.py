"""The Grafana dashboard of all roles, made from a short table so that it can be read in review.

`make docs` writes it to infra/deploy/grafana/trigger.json. Nothing of a single organisation is on
it; rates are over a minute, by instance where one worker may differ from the others. Every role
exports every metric: a gauge is asked of the roles that set it (`role` comes from the scrape file).
"""

import json
from typing import Any, NamedTuple

_STAT_HEIGHT, _GRAPH_HEIGHT, _COLUMNS = 4, 8, 24


class Panel(NamedTuple):
    """One panel: its title, unit, PromQL queries with their legend, and how wide it is of 24."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    kind: str = "timeseries"
    width: int = 8


def _quantiles(metric: str, by: str = "") -> tuple[tuple[str, str], ...]:
    labels = ", ".join(filter(None, ("le", by)))
    legend = f"{{{{{by}}}}} " if by else ""
    return tuple(
        (
            f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket[1m])))",
            f"{legend}p{int(q * 100)}",
        )
        for q in (0.5, 0.99)
    )


PANELS: tuple[Panel, ...] = (
    Panel("就绪 / Ready", "short", (("min by (role) (credit_ready_info)", "{{role}}"),), "stat", 4),
    Panel("Redis", "short", (('min(credit_redis_up_info{role="trigger"})', "up"),), "stat", 4),
    Panel(
        "过期名单 / Stale lists",
        "short",
        (("count(max by (list_code) (credit_list_stale_info) > 0) or vector(0)", "lists"),),
        "stat",
        4,
    ),
    Panel("待处理 / Waiting", "short", (("sum(credit_lag_messages)", "messages"),), "stat", 4),
    Panel(
        "业务日 / Business day",
        "dateTimeAsIso",
        (('min(credit_business_day_seconds{role="trigger"}) * 1000', "day"),),
        "stat",
        4,
    ),
    Panel(
        "死信 1 h / Dead letters 1 h",
        "short",
        (("sum(increase(credit_dead_letters_total[1h])) or vector(0)", "messages"),),
        "stat",
        4,
    ),
    Panel(
        "事件 / Events",
        "ops",
        (("sum by (family) (rate(credit_events_total[1m]))", "{{family}}"),),
    ),
    Panel(
        "裁决 / Verdicts",
        "ops",
        (("sum by (verdict) (rate(credit_decisions_total[1m]))", "{{verdict}}"),),
    ),
    Panel(
        "措施 / Actions",
        "ops",
        (("sum by (effect, state) (rate(credit_actions_total[1m]))", "{{effect}} {{state}}"),),
    ),
    Panel(
        "事件到提交 / Event to commit", "s", _quantiles("credit_event_to_commit_seconds"), width=8
    ),
    Panel("批量 / Batch size", "short", _quantiles("credit_batch_size_messages")),
    Panel("各阶段 / Phases", "s", _quantiles("credit_phase_duration_seconds", "phase")),
    Panel(
        "死信原因 / Dead letters by reason",
        "ops",
        (("sum by (reason) (rate(credit_dead_letters_total[1m]))", "{{reason}}"),),
    ),
    Panel("积压 / Lag", "short", (("sum by (topic) (credit_lag_messages)", "{{topic}}"),)),
    Panel(
        "重复 / Duplicates",
        "ops",
        (("sum by (topic) (rate(credit_duplicates_total[1m]))", "{{topic}}"),),
    ),
    Panel(
        "名单新鲜度 / List age",
        "s",
        (("max by (list_code) (credit_list_age_seconds)", "{{list_code}}"),),
    ),
    Panel(
        "名单变更 / List changes",
        "ops",
        (("sum by (list_code) (rate(credit_list_changes_total[1m]))", "{{list_code}}"),),
    ),
    Panel("提醒 / Alerts", "ops", (("sum by (kind) (rate(credit_alerts_total[1m]))", "{{kind}}"),)),
    Panel(
        "恢复 / Restore",
        "short",
        (
            ("sum by (instance) (credit_restore_done_records)", "{{instance}} done"),
            ("sum by (instance) (credit_restore_expected_records)", "{{instance}} expected"),
            ("sum by (kind) (increase(credit_restores_total[5m]))", "{{kind}} in 5 min"),
        ),
    ),
    Panel(
        "分配 / Assignment",
        "short",
        (
            ("credit_partitions_owned_count", "{{instance}} owns"),
            ("sum by (instance) (increase(credit_rebalances_total[5m]))", "{{instance}} changes"),
            ("sum by (reason) (increase(credit_batches_dropped_total[5m]))", "dropped {{reason}}"),
            ("sum(increase(credit_barrier_waits_total[5m]))", "barrier waits"),
        ),
    ),
    Panel(
        "分发 / Dispatched",
        "ops",
        (("sum by (topic) (rate(credit_dispatched_total[1m]))", "{{topic}}"),),
    ),
    Panel(
        "报告 / Reports",
        "short",
        (
            (
                "sum by (period, kind) (increase(credit_reports_total[1h]))",
                "{{period}} {{kind}} in 1 h",
            ),
        ),
    ),
    Panel("提交到部门 / Commit to department", "s", _quantiles("credit_dispatch_duration_seconds")),
    Panel(
        "进程 / Process",
        "bytes",
        (('process_resident_memory_bytes{role=~".+"}', "{{role}} {{instance}} resident"),),
    ),
)


def dashboard() -> str:
    """Return the dashboard as the JSON that Grafana imports, the same for the same table."""
    page = {
        "uid": "credit-trigger",
        "title": "信用联合奖惩触发器 / credit-trigger",
        "tags": ["credit-trigger"],
        "timezone": "Asia/Shanghai",
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "schemaVersion": 39,
        "templating": {"list": [_source_variable()]},
        "panels": _placed(),
    }
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


def _source_variable() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _placed() -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    x = y = row_height = 0
    for number, panel in enumerate(PANELS, start=1):
        height = _STAT_HEIGHT if panel.kind == "stat" else _GRAPH_HEIGHT
        if x + panel.width > _COLUMNS:
            x, y = 0, y + row_height
        place = {"x": x, "y": y, "w": panel.width, "h": height}
        placed.append(_panel(number, panel, place))
        x, row_height = x + panel.width, height
    return placed


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "expr": expr,
                "legendFormat": legend,
                "datasource": source,
            }
            for at, (expr, legend) in enumerate(panel.queries)
        ],
    }
