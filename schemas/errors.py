"""The three ways in which work can fail, named after what the caller does next."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a message became a dead letter (`dlq-reason`); a closed set, contracts G."""

    NOT_CLOUDEVENTS = "not-cloudevents"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_FIELD = "unknown-field"
    BAD_FIELD = "bad-field"
    BAD_USCC = "bad-uscc"
    SUSPECT_TYPO = "suspect-typo"
    NATURAL_PERSON = "natural-person"
    UNKNOWN_DEPARTMENT = "unknown-department"
    UNKNOWN_PROVIDER = "unknown-provider"
    UNKNOWN_LIST = "unknown-list"
    WRONG_PARTITION = "wrong-partition"
    SUBJECT_KEY_MISMATCH = "subject-key-mismatch"
    ID_REUSED = "id-reused"
    TIME_IN_FUTURE = "time-in-future"
    TOO_OLD = "too-old"
    BAD_SIGNATURE = "bad-signature"
    TOO_LARGE = "too-large"


class CreditTriggerError(Exception):
    """Base of every error that this system raises on purpose; its text is one line for a human."""


class RejectRecordError(CreditTriggerError):
    """The record is wrong and stays wrong: dead-letter it, commit, go on.

    `reason` is the closed word of contracts G, `detail` what a clerk can act on: where, what,
    what is allowed, what to do. Neither ever holds the value of a field.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class RetryLaterError(CreditTriggerError):
    """The world is wrong (a server is away): back off, retry, do not commit."""


class StopServiceError(CreditTriggerError):
    """We are wrong (settings, catalogue, topics, a bug): exit 3, commit nothing."""
