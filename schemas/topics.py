"""Names of the topics and what each carries (design §4)."""

from typing import Final

EVENTS_PREFIX: Final = "credit.events."
MEMBERS: Final = "credit.members"
LISTS: Final = "credit.lists"
REVIEWS: Final = "credit.reviews"
DECISIONS: Final = "credit.decisions"
ACTIONS: Final = "credit.actions"
STATE: Final = "credit.state"
CATALOGUES: Final = "credit.catalogues"
TALLIES: Final = "credit.tallies"
RECEIPTS: Final = "credit.receipts"
ALERTS: Final = "credit.alerts"
ANSWERS_PREFIX: Final = "credit.answers."
FEEDBACK: Final = "credit.feedback"
DEAD_LETTERS: Final = "credit.dead-letters"

TRIGGER_SOURCE: Final = "/credit-trigger/trigger"
FOLLOWUP_SOURCE: Final = "/credit-trigger/followup"


def events_topic(family: str) -> str:
    """Return the topic on which departments publish events of *family*."""
    return EVENTS_PREFIX + family
