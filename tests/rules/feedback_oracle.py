"""The reports once more, in plain Python over the bytes of the topics; shares no code with ours."""

import itertools
import json
import math
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

CHINA = timezone(timedelta(hours=8))
CODES = ["repaired", "expired", "annulled", "corrected", "early", "superseded", "overturned"]


def when(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(CHINA)


def quantile(values: list[int], share: float) -> int | None:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else None


def distinct(raw: list[bytes]) -> list[dict[str, Any]]:
    return list({(m["source"], m["id"]): m for m in map(json.loads, raw)}.values())


def expected(
    raw: dict[str, list[bytes]], first: date, end: date, who: list[str], law: Mapping[str, Any]
) -> dict[str, Any]:
    """Return counts and measures of every department of *who*, and of `city`.

    *law*: `days` of a receipt's term by measure, `years` with a calendar, and of the days in them
    those that are `off` or `worked` against the weekday.
    """
    topics = {name: distinct(messages) for name, messages in raw.items()}
    whole = {name: report(topics, first, end, {name}, None, law) for name in who}
    silent = sorted(name for name in who if whole[name]["counts"]["nil_return"])
    return whole | {"city": report(topics, first, end, set(who), silent, law)}


def term(revisions: list[dict[str, Any]], number: int, law: Mapping[str, Any]) -> str | None:
    """Return the last day of the term that the revision *number* tells, as it counts by *law*."""
    data = revisions[number]["data"]
    told: str | None = data["due_on"]
    if not told or not data["due_provisional"] or data["measure"]["id"] not in law["days"]:
        return told
    while number and revisions[number - 1]["data"]["due_on"] == told:
        number -= 1  # it was told earlier already
    same = itertools.takewhile(lambda m: m["data"]["due_on"] == told, revisions[number:])
    within = [m for m in same if m["data"]["revision"] <= data["revision"]]
    day = min(when(m["time"]).date() for m in within)
    years, left = {day.year}, law["days"][data["measure"]["id"]]
    while left:
        day += timedelta(days=1)
        years.add(day.year)
        by_week = day.weekday() < 5 and day.isoformat() not in law["off"]
        left -= by_week or day.isoformat() in law["worked"]
    return day.isoformat() if years <= set(law["years"]) else told


def report(  # noqa: C901, PLR0912, PLR0917 - read from top to bottom, as an auditor would
    topics: dict[str, list[dict[str, Any]]],
    first: date,
    end: date,
    who: set[str],
    silent: list[str] | None,
    law: Mapping[str, Any],
) -> dict[str, Any]:
    def within(day: date) -> bool:
        return first <= day < end

    rows = [r for t in topics["tallies"] for r in t["data"]["counts"] if r["department"] in who]
    rows = [r for r in rows if within(date.fromisoformat(r["day"]))]
    events: Counter[tuple[str, str]] = Counter()
    verdicts: Counter[str] = Counter()
    for row in rows:
        events[row["family"], row["stage"]] += row["n"]
        verdicts[row["verdict"]] += row["n"]
    life: dict[str, list[dict[str, Any]]] = {}
    for m in sorted(topics["actions"], key=lambda m: m["data"]["revision"]):
        if m["data"]["department"] in who:
            life.setdefault(m["data"]["action_id"], []).append(m)
    receipts = [m["data"] for m in topics["receipts"] if m["data"]["department"] in who]
    receipts.sort(key=lambda r: (when(r["at"]), r["receipt_id"]))
    sent = any(within(when(r["at"]).date()) for r in receipts)
    # One row for each thing that happened: (line, what, reason or minutes).
    told: list[tuple[tuple[str, str, str], str, Any]] = []
    in_time = late = 0
    for of, revisions in life.items():
        data = revisions[0]["data"]
        line = (data["measure"]["id"], data["measure"]["version"], data["effect"])
        for m in revisions:
            if within(when(m["time"]).date()):
                why = m["data"]["reason"] if m["data"]["reason"] in CODES else "other"
                told.append((line, m["type"].rsplit(".", 1)[1], why))
        marks = [m["data"]["objection"]["marked_at"] for m in revisions if m["data"]["objection"]]
        if any(within(when(mark).date()) for mark in marks):
            told.append((line, "objection", None))
        terms = [term(revisions, number, law) for number in range(len(revisions))]
        both = list(zip(revisions, terms, strict=True))
        mine = [r for r in receipts if r["action_id"] == of]
        mine = [r for r in mine if r["department"] == data["department"]]
        mine = [r for r in mine if when(r["at"]).date() < end]
        if mine and when(mine[-1]["at"]).date() >= first:
            took = (when(mine[-1]["at"]) - when(revisions[0]["time"])).total_seconds() // 60
            executed = mine[-1]["outcome"] == "executed"
            why = max(int(took), 0) if executed else mine[-1]["reason_code"] or "other"
            told.append((line, "answer " + mine[-1]["outcome"], why))
        answered = when(mine[0]["at"]).date() if mine else date.max
        if within(answered):
            due = [by for m, by in both if when(m["time"]).date() <= answered]
            by = due[-1] if due else terms[0]
            if by is not None:
                in_time += answered <= date.fromisoformat(by)
                late += answered > date.fromisoformat(by)
        # Live through the days: overdue on the first morning after an unanswered term.
        day = min(when(m["time"]).date() for m in revisions)
        while day < end:
            day += timedelta(days=1)
            last, by = [each for each in both if when(each[0]["time"]).date() < day][-1]
            owed = by if last["data"]["state"] == "in_force" else None
            if owed and date.fromisoformat(owed) < day:
                if answered >= day and within(day):
                    told.append((line, "overdue", None))
                break
    lines = sorted({line for line, what, _ in told if what not in ("amended", "suspended")})
    return {
        "counts": {
            "events": [{"family": f, "stage": s, "n": n} for (f, s), n in sorted(events.items())],
            "verdicts": [{"verdict": v, "n": n} for v, n in sorted(verdicts.items())],
            **sums([(what, why) for _, what, why in told]),
            "timeliness": {"in_time": in_time, "late": late},
            "nil_return": not rows and not sent,
            "nil_departments": silent or [],
        },
        "measures": [
            {"measure_id": line[0], "measure_version": line[1], "effect": line[2]}
            | sums([(what, why) for of, what, why in told if of == line])
            for line in lines
        ],
    }


def sums(told: list[tuple[str, Any]]) -> dict[str, Any]:
    n = Counter(what for what, _ in told)
    minutes = [why for what, why in told if what == "answer executed"]

    def reasons(kind: str) -> list[dict[str, Any]]:
        counted = Counter(why for what, why in told if what == kind)
        return [{"reason_code": code, "n": many} for code, many in sorted(counted.items())]

    return {
        "issued": n["issued"],
        "confirmed": n["confirmed"],
        "dismissed": n["dismissed"],
        "executed": n["answer executed"],
        "not_executed": reasons("answer not_executed"),
        "answered_other": n["answer other"],
        "withdrawn": reasons("withdrawn"),
        "overdue": n["overdue"],
        "objections_marked": n["objection"],
        "time_to_execute": {
            "n": len(minutes),
            "median_minutes": quantile(minutes, 0.5),
            "p90_minutes": quantile(minutes, 0.9),
        },
    }
