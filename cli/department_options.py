"""What the commands of a department have in common: whose they are, and where its journal lies."""

from pathlib import Path

import click

from cli.checked_options import uscc_option
from infra.settings import Settings

department_option = click.option(
    "--department", required=True, metavar="USCC", callback=uscc_option, help="本部门 / yours"
)
journal_option = click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="办理记录, 默认在 CREDIT_STATE_DIR / what was acted on; default: in CREDIT_STATE_DIR",
)


def journal_path(settings: Settings, department: str) -> Path:
    """Return where the journal of *department* lies if nobody says otherwise."""
    return settings.state_dir / "department" / f"{department}.sqlite3"
