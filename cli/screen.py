"""Where commands print tables and panels: stdout, as wide as the terminal or as a pipe may be."""

from rich.console import Console

PIPED_COLUMNS = 240  # into a file or a pipe a table keeps its lines whole


class Screen(Console):
    """A console that leaves it to `cli.main` what happens when the reader has gone."""

    def on_broken_pipe(self) -> None:
        """Raise: rich would end the command with 1, as if there were a finding."""
        raise BrokenPipeError


def screen(*, piped_columns: int = PIPED_COLUMNS) -> Screen:
    """Return stdout to print on, *piped_columns* wide where it is no terminal."""
    console = Screen(highlight=False, emoji=False)
    if console.is_terminal:
        return console
    return Screen(highlight=False, emoji=False, width=piped_columns)
