"""What the law asks of a measure before it may load (design §5, contracts C)."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from schemas.measure import (
    AWAITS_REVIEW,
    POLARITIES,
    DatedValue,
    Effect,
    Force,
    LegalBasis,
    Level,
    Measure,
    Polarity,
)
from streams.rules import conditions
from streams.rules.catalogue_checks import Registries
from streams.rules.faults import Fault
from streams.rules.jurisdiction import BINDING
from streams.rules.measure_links import Finding, check_links

_STATE_COUNCIL = frozenset({Level.LAW, Level.ADMIN_REGULATION, Level.CENTRAL_DOCUMENT})
_TERM_UNITS = ("_days", "_months", "_years")


def check_measure(measure: Measure, file: str, registries: Registries, faults: list[Fault]) -> None:
    """Add to *faults* every rule of law and of the contracts that *measure* breaks."""
    checks: tuple[Callable[[Measure], Iterator[Finding]], ...] = (
        _effect,
        _basis,
        _parameters,
        _term,
        _reward_basis,
        _condition,
        _item_guards,
    )
    for check in checks:
        faults.extend(Fault(file, *finding) for finding in check(measure))
    faults.extend(Fault(file, *finding) for finding in check_links(measure, registries))


def _effect(measure: Measure) -> Iterator[Finding]:
    effect, proposed = measure.effect, measure.proposed_effect
    if measure.polarity not in POLARITIES[effect]:
        allowed = ", ".join(sorted(POLARITIES[effect]))
        yield (
            "polarity",
            f"与 effect {effect.value} 不符",
            f"does not fit effect {effect.value}",
            "改正 polarity",
            f"allowed: {allowed}",
        )
    if effect is Effect.BLOCK and measure.force is not Force.MANDATORY:
        yield (
            "effect",
            "裁量措施不得自动拦截：block 须有 force: mandatory",
            "effect block without force mandatory",
            "改为 effect: refer 和 proposed_effect: block",
            "use `effect: refer` with `proposed_effect: block`",
        )
    if effect is Effect.REFER and proposed is not Effect.BLOCK:
        yield (
            "proposed_effect",
            "refer 须写明人工确认后的效果",
            "refer must say what a confirmation does",
            "写 proposed_effect: block",
            "write `proposed_effect: block`",
        )
    elif effect in AWAITS_REVIEW and effect is not Effect.REFER and proposed not in {None, effect}:
        yield (
            "proposed_effect",
            "确认后的效果只能与 effect 相同",
            "can only be the effect itself",
            "删去或改为相同",
            f"delete it or write {effect.value}",
        )
    elif effect not in AWAITS_REVIEW and proposed is not None:
        yield (
            "proposed_effect",
            "直接生效的措施没有待确认的效果",
            "an effect that needs no review proposes nothing",
            "删去此键",
            "delete it",
        )


def _basis(measure: Measure) -> Iterator[Finding]:
    bases = measure.legal_basis
    for number, basis in enumerate(bases):
        if basis.url is None and basis.level is not Level.TENDER_TEXT:
            yield (
                f"legal_basis.{number}.url",
                "缺少条文网址",
                "the article has no url",
                "填写公开网址",
                "give its public address",
            )
    if all(_is_memorandum(basis) for basis in bases):
        yield (
            "legal_basis",
            "备忘录或规范性文件不能单独作为依据（国办发〔2020〕49号）",
            "a memorandum or normative document alone is no basis",
            "补充法律、法规或中央文件条文",
            "add an article of law, regulation or central document",
        )
    elif not measure.shadow and not any(
        basis.jurisdiction in BINDING and not _is_memorandum(basis) for basis in bases
    ):
        yield (
            "shadow",
            "依据在本市不具约束力",
            "no basis binds in this city",
            "写 shadow: true，直至补入有约束力的条文",
            "write `shadow: true` until a binding article is entered",
        )
    if measure.valid_until is not None and measure.valid_until <= measure.valid_from:
        yield (
            "valid_until",
            "不晚于 valid_from",
            "is not after valid_from",
            "valid_until 是失效首日",
            "it is the first day no longer in force",
        )


def _is_memorandum(basis: LegalBasis) -> bool:
    return basis.level is Level.NORMATIVE_DOCUMENT or "备忘录" in basis.act


def _parameters(measure: Measure) -> Iterator[Finding]:
    for name, values in measure.parameters.items():
        key = f"parameters.{name}"
        if values[0].since != measure.valid_from:
            yield (
                f"{key}.0.since",
                "首个取值须自 valid_from 起",
                f"gap: the first value must start on valid_from {measure.valid_from}",
                "改为 valid_from 当日",
                "start it on valid_from",
            )
        for number, (earlier, later) in enumerate(pairwise(values), start=1):
            yield from _joint(f"{key}.{number}.since", earlier, later)
        last = values[-1].until
        if last is not None and last != measure.valid_until:
            yield (
                f"{key}.{len(values) - 1}.until",
                "末个取值先于或晚于措施失效",
                "gap: the last value does not end with the measure",
                "删去 until",
                "delete `until`, or set valid_until to the same day",
            )


def _joint(key: str, earlier: DatedValue, later: DatedValue) -> Iterator[Finding]:
    """Yield what is wrong where one dated value follows another."""
    end = earlier.until or later.since
    if later.since <= earlier.since or later.since < end:
        yield (
            key,
            "日期重叠",
            "overlap: this value starts before the one above ends",
            "按日期先后排列且首尾相接",
            "put the values in order, each starting where one ends",
        )
    elif end < later.since:
        yield (
            key,
            "日期有空档",
            f"gap: no value from {end} to {later.since}",
            "首尾相接",
            "let each value start where the one above ends",
        )


def _term(measure: Measure) -> Iterator[Finding]:
    name = measure.term.max
    if name is None:
        return
    if name not in measure.parameters or name.endswith("_working_days"):
        yield (
            "term.max",
            f"没有参数 {name}",
            f"names no parameter: {name}",
            "在 parameters 中登记",
            "enter it under parameters",
        )
    elif not name.endswith(_TERM_UNITS):
        yield (
            "term.max",
            "参数不是期限",
            "the parameter is no length of time",
            "参数名应以 _days、_months 或 _years 结尾",
            "its name must end in _days, _months or _years",
        )


def _reward_basis(measure: Measure) -> Iterator[Finding]:
    effect, scope = measure.effect, measure.applies_to
    levels = {basis.level for basis in measure.legal_basis if basis.jurisdiction in BINDING}
    on_subsidies = effect in {Effect.TIE_BREAK, Effect.PREFILL} and "subsidy" in scope.families
    if (effect is Effect.FEE_REDUCTION or on_subsidies) and not levels & _STATE_COUNCIL:
        yield (
            "legal_basis",
            "费用减免和补贴优惠须有法律、行政法规或国务院文件依据（公平竞争审查条例 10）",
            f"{effect.value} needs a basis of level law, admin_regulation or central_document",
            "补充相应条文",
            "add such an article",
        )
    if (
        effect is Effect.FLAG
        and "bidding" in scope.families
        and Level.TENDER_TEXT not in {basis.level for basis in measure.legal_basis}
    ):
        yield (
            "legal_basis",
            "招标投标加分标记须以招标文件为依据",
            "flag in bidding needs a basis of level tender_text",
            "补充 level: tender_text 的依据",
            "add a basis of level tender_text",
        )


def _condition(measure: Measure) -> Iterator[Finding]:
    if measure.when is None:
        return
    try:
        program = conditions.compile_condition(measure.when)
    except ValueError as err:
        yield (
            "when",
            "CEL 语法错误",
            f"CEL syntax error at {err}",
            "改正表达式",
            "mend the expression; docs/catalogue.md has examples",
        )
        return
    if unknown := conditions.unknown_names(program, measure.when):
        yield (
            "when",
            f"未知的名称 {', '.join(unknown)}",
            f"unknown name {', '.join(unknown)}",
            "只能使用 event、entry、item 的已知字段",
            "use known fields of event, entry and item (docs/catalogue.md)",
        )
    if measure.polarity is Polarity.REWARD and conditions.reads_locality(measure.when):
        yield (
            "when",
            "激励不得以地域为条件（公平竞争审查条例 9、10）",
            "a reward gated on locality (event.region, a place, or part of an identifier)",
            "删去地域条件",
            "delete that part of the condition",
        )


def _item_guards(measure: Measure) -> Iterator[Finding]:
    """Yield the guards that an effect needs in its condition, as a part joined by `&&`."""
    parts = conditions.conjuncts(measure.when or "")
    if measure.effect is Effect.PUSH_FINANCING:
        consent = "event.attributes.financing_consent"
        if not parts & {consent, f"{consent}==true"}:
            yield (
                "when",
                "推送融资须经企业同意",
                "push_financing needs attributes.financing_consent",
                f"加入 {consent} == true",
                f"add `&& {consent} == true`",
            )
    critical = measure.effect in {Effect.OFFER_COMMITMENT, Effect.ACCEPT_WITH_GAPS}
    field = (
        "safety_critical"
        if critical
        else "full_coverage"
        if measure.effect is Effect.INSPECT_DOWN
        else None
    )
    if (
        field
        and not measure.applies_to.items
        and not parts & {f"!item.{field}", f"item.{field}==false"}
    ):
        yield (
            "when",
            f"必须排除 {field} 事项",
            f"{measure.effect.value} must leave out {field} items",
            f"加入 !item.{field}",
            f"add `&& !item.{field}`, or name allowed items",
        )
