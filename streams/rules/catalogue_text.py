"""From the text of a catalogue file to models, with every fault named by key.

YAML is read as data that a lawyer can predict: duplicate keys are errors (PyYAML keeps the last),
and only `true`, `false`, `null` and decimal numbers are more than text, so that `no`, `1:30` or a
date stay what was written.
"""

import difflib
import json
import re
from collections.abc import Hashable, Mapping
from typing import TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.measure import Measure
from streams.rules.faults import Fault

ModelT = TypeVar("ModelT", bound=BaseModel)
MAX_CHARACTERS = 1_000_000
_MAX_DEPTH = 20


class _PlainLoader(yaml.SafeLoader):
    """YAML 1.1 without its surprises: duplicate keys, aliases and odd scalars are refused."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # a resolver of its own, as PyYAML asks

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="an alias (*name)", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  # PyYAML's own
    ) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem="a key that is not text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"duplicate key {key}", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def parse_yaml(file: str, text: str, faults: list[Fault]) -> object | None:
    """Return what *text* says, or None with a fault that names line and cure."""
    if len(text) > MAX_CHARACTERS:
        faults.append(
            Fault(
                file,
                "file",
                "文件过大",
                f"more than {MAX_CHARACTERS} characters",
                "拆分文件",
                "split it",
            )
        )
        return None
    try:
        found: object = yaml.load(text, Loader=_PlainLoader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 1
        problem = " ".join((err.problem or "not YAML").split())
        zh = (
            f"重复的键 {problem.split()[-1]}"
            if problem.startswith("duplicate key")
            else "不是合法的 YAML"
        )
        faults.append(Fault(file, f"line {line}", zh, problem, "修改这一行", "mend that line"))
        return None
    except (yaml.YAMLError, RecursionError, ValueError) as err:
        faults.append(
            Fault(
                file,
                "file",
                "不是合法的 YAML",
                f"not YAML ({type(err).__name__})",
                "重新编写",
                "rewrite it",
            )
        )
        return None
    if found is None:
        faults.append(
            Fault(file, "file", "文件为空", "the file is empty", "填写内容", "fill it in")
        )
    return found


def parse_model(
    model: type[ModelT], file: str, found: object, faults: list[Fault], *, within: str = ""
) -> ModelT | None:
    """Return *found* as a *model*, or None with one fault for each key that is wrong.

    *within* says where in the file it stands; it comes before each key.
    """
    if not isinstance(found, dict):
        faults.append(
            Fault(
                file,
                within or "file",
                "应为键值对",
                "not a mapping of keys",
                "按文档填写各键",
                "write keys and values; see docs/catalogue.md",
            )
        )
        return None
    try:
        # Strict models take dates, enums and tuples from JSON only.
        return model.model_validate_json(json.dumps(found, ensure_ascii=False))
    except ValidationError as err:
        told: set[tuple[str, str]] = set()
        for detail in err.errors(include_url=False, include_input=False):
            fault = _of_detail(model, file, within, detail)
            if (fault.key, fault.en) not in told:
                told.add((fault.key, fault.en))
                faults.append(fault)
        return None


def parse_rows(
    model: type[ModelT], key: str, file: str, text: str | None, faults: list[Fault]
) -> tuple[dict[str, ModelT], frozenset[str]]:
    """Return the rows of a registry file by their *key*, and every key that stands in the file.

    The second part also names rows that are wrong, so that one fault is not told as many.
    """
    if text is None:
        faults.append(
            Fault(file, "file", "缺少此文件", "the file is missing", "补上此文件", "add the file")
        )
        return {}, frozenset()
    found = parse_yaml(file, text, faults)
    if not isinstance(found, list):
        if found is not None:
            faults.append(
                Fault(
                    file,
                    "file",
                    "应为列表（每行以 - 开头）",
                    "not a sequence of rows",
                    "每项以“- ”开头",
                    "begin each row with `- `",
                )
            )
        return {}, frozenset()
    rows: dict[str, ModelT] = {}
    names: set[str] = set()
    for number, row in enumerate(found, start=1):
        name = str(row[key]) if isinstance(row, dict) and isinstance(row.get(key), str) else ""
        if name in names:
            faults.append(
                Fault(
                    file,
                    f"{name}.{key}",
                    f"重复:{name} 出现两次",
                    f"duplicate: {name} stands twice",
                    "删去一行",
                    "delete one row",
                )
            )
        names.add(name)
        parsed = parse_model(model, file, row, faults, within=name or f"row {number}")
        if parsed is not None:
            rows.setdefault(name, parsed)
    return rows, frozenset(names - {""})


def parse_measure(file: str, text: str, faults: list[Fault]) -> Measure | None:
    """Return the measure of one file, or None with its faults."""
    found = parse_yaml(file, text, faults)
    return None if found is None else parse_model(Measure, file, found, faults)


def _of_detail(model: type[BaseModel], file: str, within: str, detail: ErrorDetails) -> Fault:
    """Return one pydantic error as a fault in the words of the catalogue."""
    *outer, last = detail["loc"] or ("file",)
    path = [str(part) for part in outer if not _is_branch(part)]
    if detail["type"] == "extra_forbidden" or not _is_branch(last):
        path.append(str(last))
    key = ".".join([within, *path] if within else path) or "file"
    context = cast("Mapping[str, object]", detail.get("ctx", {}))
    match detail["type"]:
        case "missing":
            return Fault(file, key, "缺少此键", "this key is missing", "补上此键", "add it")
        case "extra_forbidden":
            near = difflib.get_close_matches(path[-1], sorted(_field_names(model)), 1)
            hint = f"did you mean {near[0]}? " if near else ""
            return Fault(
                file,
                key,
                "未知的键",
                "unknown key",
                f"{'是否指 ' + near[0] + '?' if near else ''}删去或改正",
                f"{hint}delete or correct it; docs/catalogue.md lists all keys",
            )
        case "enum" | "literal_error":
            allowed = context.get("expected", "")
            return Fault(
                file,
                key,
                "取值不在允许范围内",
                f"not an allowed value; allowed: {allowed}",
                "改为允许的值",
                "use one of them",
            )
        case _:
            said = detail["msg"].removeprefix("Value error, ")
            return Fault(
                file, key, "取值不合要求", f"wrong value: {said}", "改正取值", "correct the value"
            )


def _is_branch(part: str | int) -> bool:
    """Tell whether *part* of a location is pydantic's name for a branch of a union."""
    if isinstance(part, int):
        return False
    return part in {"int", "str", "bool", "[key]"} or part.startswith(("literal[", "tuple["))


def _field_names(model: type[BaseModel]) -> set[str]:
    """Return every key that *model* or a model inside it knows."""
    names: set[str] = set()
    definitions = model.model_json_schema(by_alias=True)
    for schema in [definitions, *definitions.get("$defs", {}).values()]:
        names.update(schema.get("properties", {}))
    return names
