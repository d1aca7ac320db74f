"""What an agreement on recognition must be to be relied on."""

from collections.abc import Iterator
from itertools import pairwise

from schemas.registry import ListSpec, Recognition
from streams.rules.faults import Fault
from streams.rules.jurisdiction import BINDING


def check_recognition(spec: ListSpec) -> Iterator[Fault]:
    """Yield what is wrong with the agreements on *spec*: one place a provider, one at a time."""
    for place, each in enumerate(spec.recognition):
        yield from _check_one(spec, each, f"{spec.code}.recognition[{place}]")
    for provider in dict.fromkeys(each.provider for each in spec.recognition):
        agreements = spec.agreements_with(provider)
        if len({each.jurisdiction for each in agreements}) > 1:
            yield Fault(
                "lists.yaml",
                f"{spec.code}.recognition",
                f"{provider} 属于两个地区",
                f"{provider} speaks for two places",
                "一个来源只写一个地区",
                "one place a provider",
            )
        for before, after in pairwise(sorted(agreements, key=lambda each: each.from_)):
            if before.until is None or before.until > after.from_:
                yield Fault(
                    "lists.yaml",
                    f"{spec.code}.recognition",
                    f"{provider} 的互认协议期限重叠",
                    f"agreements with {provider} overlap: {after.from_} lies before the other ends",
                    "前一协议的 until 不晚于后一协议的 from（不含当日）",
                    "let the first end (until, exclusive) where the next begins",
                )


def _check_one(spec: ListSpec, each: Recognition, key: str) -> Iterator[Fault]:
    if each.provider in spec.providers:
        yield Fault(
            "lists.yaml",
            f"{key}.provider",
            "来源已在 providers 中，无须互认",
            f"{each.provider} stands in providers: its entries count without an agreement",
            "从其中一处删去",
            "delete it in one of the two places",
        )
    if each.jurisdiction in BINDING:
        yield Fault(
            "lists.yaml",
            f"{key}.jurisdiction",
            "不是外地",
            f"{each.jurisdiction} is no other place",
            "填写对方城市的行政区划代码(GB/T 2260)，或写入 providers",
            "give the other city's code of GB/T 2260, or name the source in providers",
        )
    if each.until is not None and each.until <= each.from_:
        yield Fault(
            "lists.yaml",
            f"{key}.until",
            "终止日不晚于起始日",
            "ends before it begins",
            "until 为失效的第一天，须晚于 from",
            "until is the first day no longer in force, after from",
        )
