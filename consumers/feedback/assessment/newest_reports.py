"""The newest revision of each report that was closed; a revision corrects the one before it."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from consumers.feedback.assessment.spans import Span
from schemas.feedback import Feedback, FeedbackData
from schemas.incoming import rejection
from streams.rules.feedback_report import CITY


def read_report(value: bytes) -> Feedback:
    """Return the message of `credit.feedback` in *value*. Raises: RejectRecordError."""
    try:
        return Feedback.model_validate_json(value)
    except ValidationError as refused:
        raise rejection(refused, Feedback) from None


class NewestReports:
    """Takes reports in the order of their topic and keeps the newest revision of each.

    Of two with one revision the later one stands: a rebuild may tell the same again.
    """

    def __init__(self, messages: Iterable[Feedback] = ()) -> None:
        self._newest: dict[tuple[str, str, str], Feedback] = {}
        for each in messages:
            self.add(each)

    def add(self, message: Feedback) -> None:
        """Take one more."""
        report = message.data
        name = (report.period, report.from_.isoformat(), report.department)
        before = self._newest.get(name)
        if before is None or before.data.revision <= report.revision:
            self._newest[name] = message

    def messages_of(self, span: Span) -> list[Feedback]:
        """Return the messages of *span*, in the order of their departments' codes."""
        wanted = (span.period, span.first, span.end)
        found = [
            message
            for message in self._newest.values()
            if (message.data.period, message.data.from_, message.data.until) == wanted
        ]
        return sorted(found, key=lambda message: message.data.department)

    def of(self, span: Span) -> Mapping[str, FeedbackData]:
        """Return the reports of *span* by department and `city`, in the order of their codes."""
        return {each.data.department: each.data for each in self.messages_of(span)}

    def first_days(self, period: str) -> list[str]:
        """Return where the periods of that length begin of which the city's report is there."""
        return sorted(of for kind, of, who in self._newest if (kind, who) == (period, CITY))
