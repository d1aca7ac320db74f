"""Where the data that travels with the program lies: catalogue, file formats, mappings, demo."""

from pathlib import Path
from typing import Literal

from schemas.errors import StopServiceError

Kind = Literal["catalogue", "formats", "mappings", "demo"]

_HERE = Path(__file__).resolve().parent
_PACKAGED = _HERE / "_data"
_CHECKOUT: dict[Kind, Path] = {
    "catalogue": _HERE.parent / "catalogue",
    "formats": _HERE.parent / "sources" / "formats",
    "mappings": _HERE.parent / "consumers" / "feedback" / "mappings",
    "demo": _HERE.parent / "demo",
}


def data_dir(kind: Kind, override: Path | None = None) -> Path:
    """Return the folder of *kind*: *override*, else the packaged one, else the checkout's.

    *override* is `CREDIT_CATALOGUE` for the catalogue. The working folder is never looked at:
    who stands in a stranger's folder must not run a stranger's rules.
    Raises: StopServiceError if there is no such folder.
    """
    candidates = [override] if override is not None else [_PACKAGED / kind, _CHECKOUT[kind]]
    for folder in candidates:
        if folder.is_dir():
            return folder
    looked = ", ".join(str(folder) for folder in candidates)
    raise StopServiceError(
        f"{kind}: 找不到数据文件夹 / no such folder: {looked}; "
        "请重新安装, 或设置 CREDIT_CATALOGUE / install again, or set CREDIT_CATALOGUE"
    )
