"""The two ways in which a part of the bench is not to be had."""

from schemas.errors import StopServiceError


class LeftOutError(Exception):
    """A peer or a server cannot run here; the text says why, in one line, for the report."""


class BenchStopError(StopServiceError):
    """The bench cannot go on: one line that says what to do, exit 3."""
