"""What a department says happened in one matter: `credit.<family>.<stage>`."""

from typing import Annotated

from pydantic import Field

from schemas.base import Fen, Model, Name, Short
from schemas.cloudevent import CloudEvent, EventId, Source
from schemas.uscc import Uscc

MAX_MEMBERS, MAX_ATTRIBUTES = 100, 64

AttributeInt = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
AttributeText = Annotated[str, Field(max_length=2048)]


class Member(Model):
    """One member of a consortium (联合体)."""

    uscc: Uscc
    name: Name


class DepartmentEventData(Model):
    """`data` of a department event; a matter is (`department`, `application_no`, subject)."""

    department: Uscc = Field(description="USCC of the publishing department")
    item_code: Short
    item_name: Name
    application_no: Short
    subject_name: Name
    amount_fen: Fen | None = None
    region: Short | None = None
    members: list[Member] = Field(default_factory=list, max_length=MAX_MEMBERS)
    attributes: dict[Short, bool | AttributeInt | AttributeText] = Field(
        default_factory=dict, max_length=MAX_ATTRIBUTES
    )


class DepartmentEvent(CloudEvent):
    """A message on `credit.events.<family>`."""

    data: DepartmentEventData


class ConsortiumParent(Model):
    """The bid that a member's share was split from: who leads it, and its identity."""

    uscc: Uscc
    source: Source
    id: EventId


class MemberEventData(DepartmentEventData):
    """`data` of one member's share of a consortium event."""

    consortium_of: ConsortiumParent


class MemberEvent(CloudEvent):
    """A message on `credit.members`, written by the trigger alone."""

    data: MemberEventData
