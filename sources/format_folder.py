"""All formats of a folder; a broken one is refused with file, key and cure."""

from collections.abc import Mapping
from pathlib import Path

from schemas.errors import StopServiceError
from sources.file_format import FileFormat
from streams.rules.catalogue_text import parse_model, parse_yaml
from streams.rules.faults import Fault

Stages = Mapping[str, frozenset[str]]  # family -> its stages


class FormatFaultsError(StopServiceError):
    """Formats that cannot be trusted; the text has one line for each fault."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def read_formats(folder: Path, stages: Stages | None = None) -> dict[str, FileFormat]:
    """Return every format in *folder* by name; with *stages*, of known families and stages only.

    Raises: FormatFaultsError with every fault of every file.
    """
    faults: list[Fault] = []
    formats: dict[str, FileFormat] = {}
    for path in sorted(folder.glob("*.yaml")):
        found = _read_one(path, faults)
        if found is not None:
            formats[found.format] = found
            faults += _unknown_stages(path.name, found, stages) if stages is not None else []
    if faults:
        raise FormatFaultsError(faults)
    if not formats:
        raise FormatFaultsError(
            [
                Fault(
                    str(folder),
                    "*.yaml",
                    "没有任何格式文件",
                    "no format file here",
                    "补上格式文件",
                    "add one; see docs/formats.md",
                )
            ]
        )
    return formats


def _read_one(path: Path, faults: list[Fault]) -> FileFormat | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        faults.append(
            Fault(
                path.name,
                "file",
                "无法读取",
                f"cannot be read ({type(err).__name__})",
                "另存为 UTF-8 并检查权限",
                "save it as UTF-8 and check its permissions",
            )
        )
        return None
    found = parse_yaml(path.name, text, faults)
    if found is None:
        return None
    parsed = parse_model(FileFormat, path.name, found, faults)
    if parsed is not None and path.name != f"{parsed.format}.yaml":
        faults.append(
            Fault(
                path.name,
                "format",
                "名称与文件名不同",
                "is not the name of the file",
                f"改为 {path.stem}",
                f"write `format: {path.stem}` or rename the file",
            )
        )
        return None
    return parsed


def _unknown_stages(file: str, found: FileFormat, stages: Stages) -> list[Fault]:
    """Return the faults of a format whose stages its family does not have."""
    if found.family is None:
        return []
    known = stages.get(found.family)
    if known is None:
        return [
            Fault(
                file,
                "family",
                "未知的领域",
                "no such family",
                "改为 families.yaml 中的领域",
                f"use one of: {', '.join(sorted(stages))}",
            )
        ]
    used: set[str | None] = {found.stage}
    for column in found.columns:
        used |= set(column.stages)
        if column.to == "stage":
            used |= {*(column.codes or {}).values(), column.otherwise or found.stage}
    return [
        Fault(
            file,
            "stage",
            f"领域 {found.family} 没有环节 {stage}",
            f"{found.family} has no {stage}",
            "改为该领域的环节",
            f"use one of: {', '.join(sorted(known))}",
        )
        for stage in sorted(used - known - {None}, key=str)
    ]
