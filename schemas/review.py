"""What an officer decided about an action: the part that the law leaves to a human."""

from typing import Literal

from schemas.base import Model, Short, Text
from schemas.cloudevent import CloudEvent
from schemas.times import Instant
from schemas.uscc import Uscc

REVIEW_RECORDED = "credit.review.recorded"


class ReviewData(Model):
    """`data` of a review; reviewers are opaque staff ids, never names."""

    review_id: Short
    action_id: Short
    outcome: Literal["confirm", "dismiss", "object", "uphold", "overturn"]
    reason: Text
    basis: Text | None = None
    reviewer: Short
    reviewer_department: Uscc
    second_reviewer: Short | None = None
    at: Instant


class Review(CloudEvent):
    """A message on `credit.reviews`."""

    type: Literal["credit.review.recorded"]
    data: ReviewData
