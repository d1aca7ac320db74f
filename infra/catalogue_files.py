"""Reads the bytes of a catalogue folder; what they mean is for `streams.rules.catalogue`."""

from pathlib import Path

from schemas.errors import StopServiceError

MAX_BYTES = 4_000_000
_SUFFIXES = (".yaml", ".yml", ".csv")
_NOT_ENTERED = ("README.md",)  # words for the reader of the folder, no rules


def read_catalogue(folder: Path) -> dict[str, str]:
    r"""Return every file of *folder* by its path inside it, with `/`, line ends as `\n`.

    Hidden files and README.md are left out; any other file that is neither YAML nor CSV is passed
    on, too, so that the catalogue refuses it by name instead of ignoring it.
    Raises: StopServiceError if the folder or a file cannot be read as UTF-8 text.
    """
    if not folder.is_dir():
        msg = (
            f"{folder}: 没有规则目录 / no catalogue folder;"
            " 设置 CREDIT_CATALOGUE / set CREDIT_CATALOGUE to one with measures/ and lists.yaml"
        )
        raise StopServiceError(msg)
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        if path.is_file() and not hidden and path.name not in _NOT_ENTERED:
            found[inside.as_posix()] = _read(path, inside.as_posix())
    return found


def _read(path: Path, inside: str) -> str:
    if path.stat().st_size > MAX_BYTES:
        msg = f"{inside}: 文件过大 / larger than {MAX_BYTES} bytes; 拆分 / split it"
        raise StopServiceError(msg)
    if not inside.endswith(_SUFFIXES):
        return ""  # its name alone is enough to be refused
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{inside}: 不是 UTF-8 / not UTF-8; 另存为 UTF-8 / save it as UTF-8"
        raise StopServiceError(msg) from None
    except OSError as err:
        msg = f"{inside}: 无法读取 / cannot be read ({err.strerror}); 检查权限 / check permissions"
        raise StopServiceError(msg) from None
    return text.replace("\r\n", "\n")
