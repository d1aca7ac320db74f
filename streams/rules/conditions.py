"""Conditions of measures (`when`): CEL over `event`, `entry` and `item`, checked and compiled once.

`event`: type, family, stage, department, item_code, amount_fen (integer, 0 if unknown), has_amount,
region, attributes (map). `entry`: list_code, kind, domain, facts_code, severity, scope (list, empty
= unlimited), effective_from (YYYY-MM-DD), doc_no. `item`: known and the item's fields. A string
that is unknown is ''. What the condition cannot evaluate (an attribute that is not there) does not
hold: guard with `has(event.attributes.name)` where that matters.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from schemas.registry import Item, ListSpec
from streams.rules import expressions as cel

FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "event": frozenset(
            [
                "type",
                "family",
                "stage",
                "department",
                "item_code",
                "amount_fen",
                "has_amount",
                "region",
                "attributes",
            ]
        ),
        "entry": frozenset(
            [
                "list_code",
                "kind",
                "domain",
                "facts_code",
                "severity",
                "scope",
                "effective_from",
                "doc_no",
            ]
        ),
        "item": frozenset({"known", *Item.model_fields} - {"title"}),
    }
)
_FUNCTIONS = frozenset(
    [
        "!_",
        "-_",
        "_&&_",
        "_||_",
        "_==_",
        "_!=_",
        "_<_",
        "_<=_",
        "_>_",
        "_>=_",
        "_+_",
        "_-_",
        "_*_",
        "_/_",
        "_%_",
        "_[_]",
        "_?_:_",
        "@in",
        "@not_strictly_false",
        "size",
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "int",
        "string",
    ]
)
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
_MACRO = re.compile(r"\.\s*(?:exists|exists_one|all|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_ROOTS = re.compile(r"(?<![\w.])(event|entry|item)\b(?:\s*\.\s*([A-Za-z_]\w*))?")
_LIST_AFTER_IN = re.compile(r"\bin\s*\[")
_COMPUTED_INDEX = re.compile(r"[\w)\]]\s*\[(?!\s*(?:''|\d+)\s*\])")
_WALK_OF_ATTRIBUTES = re.compile(r"attributes\s*\.\s*(?:exists|exists_one|all|map|filter)\s*\(")
_LOCALITY = re.compile(
    r"(?i)region|local|division|district|uscc|subject|hometown|(?<![a-z])(?:city|county)|jurisdiction"
)
_PART_OF_TEXT = re.compile(r"\.\s*(?:startsWith|endsWith|contains|matches|substring)\s*\(")


def compile_condition(source: str) -> cel.Program:
    """Return *source* compiled. Raises: ValueError with one line that says what is wrong."""
    try:
        program = cel.compile(source)
    except ValueError as err:
        said = re.search(r"ERROR: <input>:(\d+:\d+: [^\n]{0,160})", str(err))
        msg = said.group(1) if said else "not a CEL expression"
        raise ValueError(msg) from None
    return program


def unknown_names(program: cel.Program, source: str) -> tuple[str, ...]:
    """Return what *source* reads or calls that no event, entry or item has, sorted."""
    bare = _STRING.sub("''", source)
    own = set(_MACRO.findall(bare))
    found = {name for name in program.variables() if name not in FIELDS and name not in own}
    found |= {f"{name} (redefined)" for name in own & FIELDS.keys()}
    found |= {f"{name}()" for name in program.functions() if name not in _FUNCTIONS}
    for root, field in _ROOTS.findall(bare):
        if not field:
            found.add(f"{root} (name one of its fields)")
        elif field not in FIELDS[root]:
            found.add(f"{root}.{field}")
    return tuple(sorted(found))


def reads_locality(source: str) -> bool:
    """Tell whether *source* looks at where the subject comes from, by any spelling.

    That is `event.region`, an attribute named after a place, a part of an identifier, or what could
    hide either: an escape, a computed index, a walk over all attributes.
    Source: 公平竞争审查条例 art. 9-10.
    """
    bare = _LIST_AFTER_IN.sub("in(", _STRING.sub("''", source))
    if _LOCALITY.search(source) or "\\" in source:  # an escape could spell a place
        return True
    if _COMPUTED_INDEX.search(bare) or _WALK_OF_ATTRIBUTES.search(bare):
        return True
    return "department" in source and _PART_OF_TEXT.search(bare) is not None


def conjuncts(source: str) -> frozenset[str]:
    """Return the parts of *source* that must all hold, without blanks (`a && b` gives a and b)."""
    parts, depth, start = [], 0, 0
    masked = _STRING.sub(lambda found: "'" * len(found.group()), source)
    if re.search(r"\|\||\?", _outermost(masked)):
        return frozenset({_squeeze(source)})
    for position, character in enumerate(masked):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and masked.startswith("&&", position):
            parts.append(source[start:position])
            start = position + 2
    return frozenset(_squeeze(part) for part in [*parts, source[start:]])


def _outermost(masked: str) -> str:
    """Return *masked* without what stands in brackets."""
    while (inner := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", masked)) != masked:
        masked = inner
    return masked


def _squeeze(part: str) -> str:
    return re.sub(r"\s+", "", part)


def holds(program: cel.Program, **views: Mapping[str, object]) -> bool:
    """Tell whether *program* is true of the views `event`, `entry` and `item`.

    What cannot be evaluated does not hold: a measure never rests on a guess.
    """
    try:
        return program.execute(dict(views)) is True
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
        return False


def entry_view(  # noqa: PLR0913  # one keyword for each field that a condition may name
    spec: ListSpec,
    *,
    facts_code: str | None = None,
    severity: str | None = None,
    scope: tuple[str, ...] | list[str] | None = None,
    effective_from: str = "",
    doc_no: str | None = None,
) -> dict[str, object]:
    """Return an entry as conditions see it; what is null becomes '' or an empty list."""
    return {
        "list_code": spec.code,
        "kind": spec.kind.value,
        "domain": spec.domain,
        "facts_code": facts_code or "",
        "severity": severity or "",
        "scope": list(scope or ()),
        "effective_from": effective_from,
        "doc_no": doc_no or "",
    }


def item_view(item: Item | None, item_code: str) -> dict[str, object]:
    """Return an item as conditions see it; an unknown one is neither critical nor privileged.

    `known` is false then, and `safety_critical` and `full_coverage` are true: what is not
    registered gets no relief that depends on them.
    """
    if item is None:
        return {
            "known": False,
            "item_code": item_code,
            "department_class": "",
            "safety_critical": True,
            "full_coverage": True,
            "gaps_allowed": False,
            "commitment_allowed": False,
        }
    return {"known": True, **item.model_dump(mode="python", exclude={"title"})}


def event_view(  # noqa: PLR0913  # one keyword for each field that a condition may name
    *,
    family: str,
    stage: str,
    department: str,
    item_code: str,
    amount_fen: int | None = None,
    region: str | None = None,
    attributes: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Return a department event as conditions see it; `amount_fen` is 0 where unknown."""
    return {
        "type": f"credit.{family}.{stage}",
        "family": family,
        "stage": stage,
        "department": department,
        "item_code": item_code,
        "amount_fen": amount_fen or 0,
        "has_amount": amount_fen is not None,
        "region": region or "",
        "attributes": dict(attributes or {}),
    }
