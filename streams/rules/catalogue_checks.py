"""What the registries must agree on among themselves: lists, families, departments, items."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.measure import EntryKind, Level
from schemas.registry import Department, Family, Item, ListSpec
from streams.rules.faults import Fault
from streams.rules.recognition_checks import check_recognition

# 国办发〔2020〕49号 (六): only these may found a list of seriously untrustworthy subjects; a
# ministry rule is allowed for the time being.
_LIST_LEVELS = frozenset(
    {
        Level.LAW,
        Level.ADMIN_REGULATION,
        Level.JUDICIAL_INTERPRETATION,
        Level.CENTRAL_DOCUMENT,
        Level.LOCAL_REGULATION,
        Level.DEPARTMENT_RULE,
    }
)
_NATIONAL = "CN"


@dataclass(frozen=True, slots=True)
class Registries:
    """The rows that are right, and beside them every key that stands in the files."""

    lists: Mapping[str, ListSpec]
    families: Mapping[str, Family]
    departments: Mapping[str, Department]
    items: Mapping[str, Item]
    list_codes: frozenset[str]
    family_codes: frozenset[str]
    usccs: frozenset[str]
    item_codes: frozenset[str]

    @property
    def classes(self) -> frozenset[str]:
        """Every department class that some department has."""
        return frozenset(department.class_ for department in self.departments.values())

    @property
    def steps(self) -> dict[tuple[str, str], str]:
        """The gate, `before` or `after`, of each (family, stage)."""
        return {
            (family.family, step.stage): step.gate
            for family in self.families.values()
            for step in family.stages
        }


def check_registries(registries: Registries, faults: list[Fault]) -> None:
    """Add to *faults* what the registry files say of each other that does not hold."""
    for spec in registries.lists.values():
        faults.extend(_check_list(spec, registries))
    for family in registries.families.values():
        faults.extend(_check_family(family))
    for department in registries.departments.values():
        faults.extend(_check_department(department, registries))
        faults.extend(_check_successors(department, registries))
    faults.extend(_check_items(registries))


def _check_items(registries: Registries) -> Iterator[Fault]:
    for item in registries.items.values():
        if item.department_class not in registries.classes:
            yield _unknown(
                "items.yaml",
                f"{item.item_code}.department_class",
                item.department_class,
                "department class",
                "departments.yaml",
            )


def _check_list(spec: ListSpec, registries: Registries) -> Iterator[Fault]:
    yield from check_recognition(spec)
    if spec.authority not in registries.usccs and spec.authority not in registries.classes:
        yield Fault(
            "lists.yaml",
            f"{spec.code}.authority",
            "设列单位无效：名单没有有效的认定机关",
            f"no valid authority: {spec.authority} is no department and no department class",
            "填写 departments.yaml 中的代码或类别",
            "name a USCC or class of departments.yaml",
        )
    if spec.kind is not EntryKind.SERIOUS:
        return
    local = spec.jurisdiction != _NATIONAL
    allowed = frozenset({Level.LOCAL_REGULATION}) if local else _LIST_LEVELS
    if spec.basis.level not in allowed:
        yield Fault(
            "lists.yaml",
            f"{spec.code}.basis.level",
            "设列依据效力不足（国办发〔2020〕49号 六）",
            f"no valid authority: a serious list cannot rest on {spec.basis.level.value}",
            "地方名单须有地方性法规；全国名单须有法律、法规、中央文件或部门规章",
            f"allowed here: {', '.join(sorted(level.value for level in allowed))}",
        )


def _check_family(family: Family) -> Iterator[Fault]:
    names = [step.stage for step in family.stages]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            "families.yaml",
            f"{family.family}.stages",
            f"重复的阶段 {name}",
            f"duplicate stage {name}",
            "删去一个",
            "delete one of them",
        )
    gates = [step.gate for step in family.stages]
    if gates != sorted(gates, reverse=True):
        yield Fault(
            "families.yaml",
            f"{family.family}.stages",
            "决定前的阶段排在决定后之后",
            "a stage with gate before follows one with gate after",
            "按先后顺序排列",
            "put the stages in their order",
        )
    if not any(step.terminal for step in family.stages):
        yield Fault(
            "families.yaml",
            f"{family.family}.stages",
            "没有终结阶段",
            "no terminal stage",
            "至少一个阶段写 terminal: true",
            "give one stage `terminal: true`",
        )


def _check_department(department: Department, registries: Registries) -> Iterator[Fault]:
    where = department.uscc
    for code in department.families:
        if code not in registries.family_codes:
            yield _unknown("departments.yaml", f"{where}.families", code, "family", "families.yaml")
    for code in department.lists:
        if code not in registries.list_codes:
            yield _unknown("departments.yaml", f"{where}.lists", code, "list", "lists.yaml")


def _check_successors(department: Department, registries: Registries) -> Iterator[Fault]:
    where = department.uscc
    seen = {where}
    following = department.successor
    while following is not None:
        if following not in registries.usccs:
            yield _unknown(
                "departments.yaml",
                f"{where}.successor",
                following,
                "department",
                "departments.yaml",
            )
            return
        if following in seen:
            yield Fault(
                "departments.yaml",
                f"{where}.successor",
                "承接单位成环",
                "the successors run in a circle",
                "改正承接单位",
                "mend the successor",
            )
            return
        seen.add(following)
        known = registries.departments.get(following)
        following = known.successor if known else None


def _unknown(file: str, key: str, value: str, what: str, where: str) -> Fault:
    zh = {"department class": "部门类别", "family": "事项族", "list": "名单", "department": "部门"}[
        what
    ]
    return Fault(
        file,
        key,
        f"未知的{zh} {value}",
        f"unknown {what} {value}",
        f"改正，或先在 {where} 登记",
        f"correct it, or register it in {where} first",
    )
