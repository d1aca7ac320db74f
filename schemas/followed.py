"""What follow-up knows of one organisation: a value of its table and of the changelog behind it.

Written and read by follow-up alone, as JSON bytes; small, since a worker holds one for each
organisation with an action. Days are days in Shanghai.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - msgspec reads the annotations at run time
from typing import Literal

import msgspec
from msgspec import Struct

OwedKind = Literal[
    "due_soon",
    "overdue",
    "unserved",
    "reminder_interview",
    "warning_interview",
    "commitment_breach",
]


class Task(Struct, frozen=True, gc=False, omit_defaults=True):
    """The newest revision of one action, as far as a department owes something about it.

    `changed_on` is the day of that revision, `began_on` the first day on which this `due_on` was
    told: the term is counted from there.
    """

    revision: int
    state: str
    polarity: str
    effect: str
    department: str
    item_code: str
    application_no: str
    decision_id: str
    measure_id: str
    measure_title: str
    changed_on: date
    began_on: date
    due_on: date | None = None
    due_provisional: bool = False


class Answered(Struct, frozen=True, gc=False, omit_defaults=True):
    """All receipts of one department about one action: the first day of each, and the newest.

    `first_on` is the earliest day on which it reported, `served_on` the earliest on which the
    notice was served; of receipts that say `executed`, `used_on` is the earliest start (or else
    report) and `done_on` the earliest end. `at`, `receipt_id`, `outcome`, `reason_code` are the
    newest receipt's.
    """

    department: str
    first_on: date
    at: datetime
    receipt_id: str
    outcome: str
    reason_code: str = ""
    served_on: date | None = None
    used_on: date | None = None
    done_on: date | None = None


class Duty(Struct, frozen=True, gc=False, omit_defaults=True):
    """One action and its answers, by department; `task` is None while receipts are ahead of it."""

    task: Task | None = None
    answers: tuple[Answered, ...] = ()


class Listed(Struct, frozen=True, gc=False, omit_defaults=True):
    """The newest revision of an entry of a focus list; `until` is the first day out of its term."""

    revision: int
    list_code: str
    entry_id: str
    state: Literal["active", "suspended", "removed"]
    changed_on: date
    recognised_by: str
    facts: str
    until: date | None = None


class Told(Struct, frozen=True, gc=False, omit_defaults=True):
    """An alert that was raised, or is about to be raised or cleared.

    `about` is an action id, or `<list_code>/<entry_id>`. Until Kafka has acknowledged it, whoever
    takes the organisation over has to send it again.
    """

    about: str
    kind: OwedKind
    department: str
    due_on: date
    raised_at: datetime
    decision_id: str | None = None
    phase: Literal["raising", "raised", "clearing"] = "raised"


class Followed(Struct, frozen=True, gc=False, omit_defaults=True):
    """One organisation: duties by action id, focus entries by list and id, alerts by alert id."""

    duties: dict[str, Duty] = {}
    entries: dict[str, Listed] = {}
    told: dict[str, Told] = {}


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Followed).decode
