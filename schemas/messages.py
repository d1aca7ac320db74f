"""Which message travels where: the table that the documents are generated from (design §4)."""

from typing import NamedTuple

from schemas import topics
from schemas.action import Action
from schemas.alert import Alert
from schemas.base import Model
from schemas.catalogue_version import CatalogueVersion
from schemas.decision import Decision
from schemas.department_event import DepartmentEvent, MemberEvent
from schemas.feedback import Feedback
from schemas.list_change import ListChange, ListPublished
from schemas.receipt import Receipt
from schemas.review import Review
from schemas.state import Birth, Matter, PartitionState, SubjectEntries
from schemas.tally import Tally


class Message(NamedTuple):
    """One message: its model, and what its Kafka key is; `types` is empty outside CloudEvents."""

    model: type[Model]
    key: str
    types: tuple[str, ...]


class Channel(NamedTuple):
    """One topic, or a family of topics with a parameter in braces, and who touches it."""

    name: str
    topic: str
    about: str
    kept: str
    messages: tuple[Message, ...]
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]


ROLES = {
    "department": "a department's business system",
    "import": "`credit-trigger events import` and `lists import`",
    "gateway": "the HTTP gateway",
    "trigger": "the transactional worker that decides",
    "console": "the officers' console and `credit-trigger review`",
    "followup": "waits for receipts, raises overdue alerts, proposes interviews",
    "feedback": "closes the reports of each period",
    "dispatch": "copies to each department what is for its eyes",
    "ledger": "keeps the register of decisions, actions and receipts",
    "notifier": "tells officers of alerts",
    "operator": "`credit-trigger dlq` and `feedback`",
}
"""Who reads and writes; what is not named as a command is a role, and not all exist yet."""

OURS = frozenset({"trigger", "followup", "feedback", "dispatch"})
"""Of these, who writes what others may read."""

FOR_EVER = "for ever"
_USCC = "USCC"
_DEPARTMENT = "department"


def _types(*whats: str, of: str) -> tuple[str, ...]:
    return tuple(f"credit.{of}.{what}" for what in whats)


_EVENT = Message(DepartmentEvent, _USCC, ("credit.<family>.<stage>",))
_MEMBER = Message(MemberEvent, _USCC, ("credit.<family>.<stage>",))
_CHANGE = Message(
    ListChange,
    _USCC,
    _types("entered", "amended", "suspended", "resumed", "removed", of="list"),
)
_PUBLISHED = Message(ListPublished, "list code", ("credit.list.published",))
_REVIEW = Message(Review, _USCC, ("credit.review.recorded",))
_DECISION = Message(Decision, _USCC, ("credit.decision.made",))
_ACTION = Message(
    Action,
    _USCC,
    _types(
        *("issued", "confirmed", "dismissed", "suspended", "resumed", "amended", "withdrawn"),
        of="action",
    ),
)
_TALLY = Message(Tally, _DEPARTMENT, ("credit.tally.counted",))
_RECEIPT = Message(Receipt, _USCC, ("credit.receipt.recorded",))
_ALERT = Message(Alert, _DEPARTMENT, _types("raised", "cleared", of="alert"))
_FEEDBACK = Message(Feedback, "department or `city`", ("credit.feedback.closed",))

CHANNELS = (
    Channel(
        "events",
        f"{topics.EVENTS_PREFIX}{{family}}",
        "What departments say happened: applications, bids, subsidies, awards, inspections.",
        FOR_EVER,
        (_EVENT,),
        ("department", "import", "gateway"),
        ("trigger",),
    ),
    Channel(
        "members",
        topics.MEMBERS,
        "One member's share of a consortium event.",
        FOR_EVER,
        (_MEMBER,),
        ("trigger",),
        ("trigger",),
    ),
    Channel(
        "lists",
        topics.LISTS,
        "Changes of list entries, and the watermarks that close them.",
        FOR_EVER,
        (_CHANGE, _PUBLISHED),
        ("import", "gateway"),
        ("trigger", "followup"),
    ),
    Channel(
        "reviews",
        topics.REVIEWS,
        "What officers decided about actions.",
        FOR_EVER,
        (_REVIEW,),
        ("console",),
        ("trigger",),
    ),
    Channel(
        "decisions",
        topics.DECISIONS,
        "One decision for each event, and one more each time it is decided again.",
        FOR_EVER,
        (_DECISION,),
        ("trigger",),
        ("dispatch", "ledger", "feedback"),
    ),
    Channel(
        "actions",
        topics.ACTIONS,
        "What is done, and every change of it.",
        FOR_EVER,
        (_ACTION,),
        ("trigger",),
        ("dispatch", "ledger", "followup", "feedback"),
    ),
    Channel(
        "state",
        topics.STATE,
        "The trigger's working state and input positions; nobody else reads it.",
        "compacted",
        (
            Message(Birth, "`/birth`", ()),
            Message(PartitionState, "`/position`", ()),
            Message(SubjectEntries, "`<USCC>/entries`", ()),
            Message(Matter, "`<USCC>/matter/<department>/<application_no>`", ()),
        ),
        ("trigger",),
        ("trigger",),
    ),
    Channel(
        "catalogues",
        topics.CATALOGUES,
        "Every catalogue that a decision names, whole.",
        "compacted, never deleted",
        (Message(CatalogueVersion, "content hash", ()),),
        ("trigger",),
        ("ledger",),
    ),
    Channel(
        "tallies",
        topics.TALLIES,
        "Counts of a batch, so that feedback need not read every decision.",
        FOR_EVER,
        (_TALLY,),
        ("trigger",),
        ("feedback",),
    ),
    Channel(
        "receipts",
        topics.RECEIPTS,
        "What departments did about actions, or why nothing.",
        FOR_EVER,
        (_RECEIPT,),
        ("department", "gateway"),
        ("followup", "feedback", "ledger"),
    ),
    Channel(
        "alerts",
        topics.ALERTS,
        "What officers have to know, at once or during the day.",
        "90 days",
        (_ALERT,),
        ("trigger", "followup"),
        ("dispatch", "notifier", "console"),
    ),
    Channel(
        "answers",
        f"{topics.ANSWERS_PREFIX}{{department}}",
        "The decisions, actions and alerts of one department, for that department's eyes.",
        "30 days",
        (_DECISION, _ACTION, _ALERT),
        ("dispatch",),
        ("department",),
    ),
    Channel(
        "feedback",
        topics.FEEDBACK,
        "The report of a period for a department or the city.",
        FOR_EVER,
        (_FEEDBACK,),
        ("feedback",),
        ("console", "ledger", "operator"),
    ),
    Channel(
        "deadLetters",
        topics.DEAD_LETTERS,
        "Messages that were refused: key, value and headers as they came, `dlq-*` added;"
        " of a natural person nothing but the reason.",
        FOR_EVER,
        (),
        ("trigger", "gateway", "followup"),
        ("operator",),
    ),
)

PARAMETERS = {
    "family": "a family of catalogue/families.yaml",
    "department": "USCC of the department",
}
