"""Dashboards and scrape files ask for metrics and ports that exist, and metrics obey the rule."""

import json
import re
from pathlib import Path

import pytest
import yaml

from infra.dashboard import PANELS, dashboard
from infra.metrics import REGISTRY
from infra.settings import METRICS_PORTS

DEPLOY = Path(__file__).parents[2] / "infra" / "deploy"
OURS = [family for family in REGISTRY.collect() if family.name.startswith("credit_")]
UNITS = ("seconds", "messages", "records", "count", "info", "bytes")
# The words of a query that are no metric: functions, keywords, labels.
METRIC = re.compile(r"\b(?:credit|process)_[a-z_]+\b")


def series() -> set[str]:
    """The names under which each metric is scraped."""
    names: set[str] = set()
    for family in REGISTRY.collect():
        suffixes = {
            "counter": ("_total",),
            "histogram": ("_bucket", "_sum", "_count"),
        }.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


def labels_of(metric: str) -> set[str]:
    for collector, names in REGISTRY._collector_to_names.items():
        if metric in names:
            return set(getattr(collector, "_labelnames", ()))
    return set()


QUERIES = [query for panel in PANELS for query, _ in panel.queries]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_names_metrics_and_labels_that_exist(query: str) -> None:
    named = set(METRIC.findall(query))
    assert named
    assert named <= series()
    for by in re.findall(r"by \(([^)]*)\)", query):
        wanted = {label.strip() for label in by.split(",")} - {"le", "instance", "role"}
        (metric,) = named
        assert wanted <= labels_of(metric)


def test_the_dashboard_shows_what_an_operator_asks_first() -> None:
    shown = " ".join(QUERIES)
    for name in (
        *("credit_events_total", "credit_decisions_total", "credit_event_to_commit_seconds"),
        *("credit_batch_size_messages", "credit_phase_duration_seconds", "credit_lag_messages"),
        *("credit_dead_letters_total", "credit_list_age_seconds", "credit_ready_info"),
        "credit_restore_done_records",
    ):
        assert name in shown


def test_a_gauge_that_one_role_sets_is_asked_of_that_role() -> None:
    """Every role exports all metrics: the 0 of a process that never sets one would be shown."""
    for query in QUERIES:
        for name in ("credit_redis_up_info", "credit_business_day_seconds"):
            assert query.count(name) == query.count(name + '{role="trigger"}')


def test_the_committed_dashboard_is_the_generated_one() -> None:
    committed = (DEPLOY / "grafana" / "trigger.json").read_text(encoding="utf-8")
    assert committed == dashboard()


def test_no_two_panels_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(dashboard())["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + right, place["y"] + down)
            for right in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_prometheus_scrapes_every_role_at_its_port() -> None:
    jobs = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {
        entry["labels"]["role"]: entry["targets"] for job in jobs for entry in job["static_configs"]
    }
    assert scraped == {role: [f"127.0.0.1:{port}"] for role, port in METRICS_PORTS.items()}


@pytest.mark.parametrize("family", OURS, ids=lambda family: family.name)
def test_a_metric_is_named_after_what_it_counts_in_its_base_unit(family: object) -> None:
    name, kind = family.name, family.type  # type: ignore[attr-defined]
    assert kind == "counter" or name.endswith(UNITS)
    assert not re.search(r"_(ms|millis|minutes|kb)\b", name)


def test_no_metric_is_labelled_with_an_organisation_or_a_message() -> None:
    forbidden = {"uscc", "subject", "name", "event_id", "action_id", "entry_id", "application_no"}
    for collector in REGISTRY._collector_to_names:
        assert not forbidden & set(getattr(collector, "_labelnames", ()))
