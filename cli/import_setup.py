"""What `events import` and `lists import` share: formats, crosswalk, families, a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.settings import Settings
from sources.crosswalk import DEFAULT_NAME, Crosswalk, read_crosswalk
from sources.errors import UnusableFileError
from sources.file_format import FileFormat
from sources.format_folder import Stages, read_formats
from sources.table import estimate_rows
from streams.rules.catalogue import FAMILIES

USAGE, FINDING = 2, 1
Report = Callable[[str, int], None]


def load_formats(settings: Settings, extra: Path | None) -> dict[str, FileFormat]:
    """Return the formats that came along and, over them, those in *extra*.

    Raises: FormatFaultsError with every fault; StopServiceError if the folder is gone.
    """
    stages = family_stages(data_dir("catalogue", settings.catalogue))
    formats = read_formats(data_dir("formats"), stages)
    return formats if extra is None else formats | read_formats(extra, stages)


def family_stages(catalogue: Path) -> Stages | None:
    """Return the stages of each family, or None if families.yaml is broken.

    What is wrong with it is for `catalogue check` to say; a file can be read without it.
    """
    try:
        rows = yaml.safe_load(read_catalogue(catalogue)[FAMILIES])
        return {row["family"]: frozenset(s["stage"] for s in row["stages"]) for row in rows}
    except (KeyError, TypeError, yaml.YAMLError):
        return None


def load_crosswalk(settings: Settings, path: Path | None) -> Crosswalk:
    """Return the crosswalk at *path*, else `crosswalk.csv` of the state folder, else an empty one.

    Raises: click.UsageError if the file is faulty.
    """
    default = settings.state_dir / DEFAULT_NAME
    chosen = path or (default if default.is_file() else None)
    if chosen is None:
        return Crosswalk()
    try:
        return read_crosswalk(chosen)
    except UnusableFileError as err:
        raise click.UsageError(str(err)) from err


@contextmanager
def progress_bar(paths: Sequence[Path], *, quiet: bool) -> Iterator[Report]:
    """Yield a function (file name, rows done) that moves a bar on stderr, if that is a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _file, _rows: None
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as bar:
        tasks = {path.name: bar.add_task(path.name, total=estimate_rows(path)) for path in paths}
        yield lambda file, rows: bar.update(tasks[file], completed=rows)
