"""What a measure names in the registries: lists, families, stages, items, department classes."""

from collections.abc import Iterator

from schemas.measure import Effect, EntryKind, Measure, Polarity
from streams.rules.catalogue_checks import Registries
from streams.rules.scope import matches_list

Finding = tuple[str, str, str, str, str]  # key, zh, en, cure zh, cure en


def check_links(measure: Measure, registries: Registries) -> Iterator[Finding]:
    """Yield what *measure* names that is unknown, or that its effect may not touch."""
    for check in (_references, _stages, _lists, _items):
        yield from check(measure, registries)


def _references(measure: Measure, known: Registries) -> Iterator[Finding]:
    scope = measure.applies_to
    for key, values, allowed, zh, what in (
        ("applies_to.lists", scope.lists, known.list_codes, "名单", "list"),
        ("applies_to.families", scope.families, known.family_codes, "事项族", "family"),
        ("applies_to.items", scope.items, known.item_codes, "事项", "item"),
        (
            "implementer",
            () if measure.implementer == "any" else measure.implementer,
            known.classes,
            "部门类别",
            "department class",
        ),
        (
            "applies_to.domains",
            scope.domains,
            frozenset(spec.domain for spec in known.lists.values()),
            "领域",
            "domain",
        ),
    ):
        for value in values:
            if value not in allowed:
                yield (
                    key,
                    f"未知的{zh} {value}",
                    f"unknown {what} {value}",
                    "改正或先行登记",
                    "correct it, or register it first",
                )


def _stages(measure: Measure, known: Registries) -> Iterator[Finding]:
    scope, steps = measure.applies_to, known.steps
    families = [family for family in scope.families if family in known.families]
    for stage in scope.stages:
        gates = {family: steps.get((family, stage)) for family in families}
        if families and not any(gates.values()):
            yield (
                "applies_to.stages",
                f"未知的阶段 {stage}",
                f"unknown stage {stage}",
                "改为 families.yaml 中的阶段",
                "use a stage of families.yaml",
            )
        if measure.effect is Effect.BLOCK and "after" in gates.values():
            late = ", ".join(family for family, gate in gates.items() if gate == "after")
            yield (
                "applies_to.stages",
                f"决定后的阶段 {stage} 不得拦截",
                f"block on a stage whose gate is after: {late}.{stage}",
                "只列决定前的阶段，或改为 refer",
                "keep stages before the decision, or use refer",
            )
    for family in families:
        if not any((family, stage) in steps for stage in scope.stages):
            yield (
                "applies_to.families",
                f"{family} 没有所列的阶段",
                f"{family} has none of the stages",
                "补充阶段或删去该族",
                "add one of its stages, or delete the family",
            )


def _lists(measure: Measure, known: Registries) -> Iterator[Finding]:
    scope = measure.applies_to
    named = {EntryKind.BAN, EntryKind.RECORD} & set(scope.kinds)
    if named and not scope.lists:
        kinds = ", ".join(sorted(named))
        yield (
            "applies_to.kinds",
            f"{kinds} 名单须逐一列名",
            f"a {kinds} list must be named in lists",
            "在 applies_to.lists 中写明名单代码",
            "name its code in applies_to.lists",
        )
        return
    if any(code not in known.lists for code in scope.lists):
        return  # told as unknown, or the row has its own faults
    hit = [spec for spec in known.lists.values() if matches_list(scope, spec)]
    if not hit and known.lists:
        yield (
            "applies_to",
            "没有任何名单符合 kinds、domains、lists",
            "no list fits kinds, domains and lists together",
            "至少写明一项，并核对是否互相矛盾",
            "give at least one of them; all that are given must hold",
        )
    for spec in hit:
        yield from _kind_rules(measure, spec.code, spec.kind)


def _kind_rules(measure: Measure, code: str, kind: EntryKind) -> Iterator[Finding]:
    match kind, measure.polarity:
        case EntryKind.FOCUS, Polarity.PUNISH | Polarity.REWARD:
            yield (
                "effect",
                f"重点关注名单 {code} 只能用于监管，不得拦截、搁置或激励",
                f"focus list {code}: supervise only, never block or hold",
                "改为 polarity: supervise 和 effect: inspect_up",
                "use supervise with inspect_up",
            )
        case EntryKind.RED, Polarity.PUNISH | Polarity.SUPERVISE:
            yield (
                "polarity",
                f"守信名单 {code} 只能用于激励",
                f"red list {code}: rewards only",
                "改为 polarity: reward",
                "use `polarity: reward`",
            )
        case EntryKind.SERIOUS | EntryKind.BAN, Polarity.REWARD:
            yield (
                "polarity",
                f"失信名单 {code} 不能给予激励",
                f"{kind.value} list {code} gives no reward",
                "删去该名单",
                "leave that list out",
            )
        case _:
            return


def _items(measure: Measure, known: Registries) -> Iterator[Finding]:
    """Yield each named item whose nature forbids the effect."""
    forbidding = {
        Effect.OFFER_COMMITMENT: "safety_critical",
        Effect.ACCEPT_WITH_GAPS: "safety_critical",
        Effect.INSPECT_DOWN: "full_coverage",
    }.get(measure.effect)
    if forbidding is None:
        return
    for code in measure.applies_to.items:
        item = known.items.get(code)
        if item is not None and getattr(item, forbidding):
            yield (
                "applies_to.items",
                f"{code} 属于 {forbidding} 事项",
                f"{measure.effect.value} on {code}, which is {forbidding}",
                "删去该事项",
                "leave that item out",
            )
