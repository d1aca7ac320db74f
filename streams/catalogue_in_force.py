"""The catalogue that this city has in force, as a command or a worker begins with it."""

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir
from infra.settings import Settings
from schemas.errors import StopServiceError
from streams.rules.catalogue import Catalogue, build_catalogue
from streams.rules.faults import CatalogueFaults


def load_catalogue(settings: Settings) -> Catalogue:
    """Return the catalogue in force. Raises: StopServiceError that names the command to see why."""
    folder = data_dir("catalogue", settings.catalogue)
    try:
        return build_catalogue(read_catalogue(folder))
    except CatalogueFaults as err:
        count = len(err.faults)
        msg = f"{folder}: {count} 处错误 / faults; run `credit-trigger catalogue check`"
        raise StopServiceError(msg) from err
