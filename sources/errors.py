"""What makes a whole file unusable, as opposed to one of its rows."""

from schemas.errors import CreditTriggerError


class UnusableFileError(CreditTriggerError):
    """The file, or the way it was named, is wrong: nothing of it counts; usage error, exit 2.

    The text is one line: where, what, what is allowed, what to do; never a cell of the file.
    """
