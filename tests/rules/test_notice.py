"""What the organisation is told."""

from datetime import date

import pytest

from schemas.lean import ActionData
from streams.rules.catalogue import Catalogue
from streams.rules.decide import decide
from streams.rules.masking import MASK
from tests.rules.given import INDIVIDUAL, as_of, catalogue_files, entry, event

PROCUREMENT: dict[str, bool | int | str] = {"tender_kind": "procurement"}


def banned(catalogue: Catalogue, *, until: date | None = None) -> ActionData:
    happened = event(attributes=PROCUREMENT)
    entries = (entry("procurement-serious", until=until),)
    return decide(happened, entries, catalogue, as_of=as_of(happened)).actions[0]


def test_a_notice_names_facts_document_matter_and_each_article(catalogue: Catalogue) -> None:
    notice = banned(catalogue).notice

    for words in (
        "示例有限公司",
        "示例认定单位",
        "示例〔2026〕1号",
        "提供虚假材料",
        "BX-2026-0001",
    ):
        assert words in notice.facts
    assert "《中华人民共和国政府采购法》第77条" in notice.basis
    assert notice.lang == "zh"


def test_a_notice_names_the_last_day_not_the_first_free_one(catalogue: Catalogue) -> None:
    term = banned(catalogue, until=date(2027, 1, 1)).notice.term

    assert term.startswith("自2026年6月18日起至2026年12月31日止。")


def test_a_notice_tells_objection_reconsideration_suit_and_repair(catalogue: Catalogue) -> None:
    notice = banned(catalogue).notice

    assert notice.object.to
    assert notice.object.within
    assert "60日" in notice.reconsider.within
    assert "6个月" in notice.sue.within
    assert "信用修复" in notice.repair
    assert notice.remove


def test_what_awaits_review_is_not_told_as_done(catalogue: Catalogue) -> None:
    happened = event(attributes=PROCUREMENT)
    waiting = decide(happened, (entry("wage-arrears"),), catalogue, as_of=as_of(happened)).actions[
        0
    ]

    assert "人工复核" in waiting.notice.measure
    assert "人工复核" not in banned(catalogue).notice.measure


def test_the_name_of_an_individual_business_stands_nowhere(catalogue: Catalogue) -> None:
    name = "本溪示例小吃店"
    happened = event(subject=INDIVIDUAL, attributes=PROCUREMENT, subject_name=name)
    listed = entry("procurement-serious", subject_name=name, facts=f"{name}提供虚假材料")
    notice = decide(happened, (listed,), catalogue, as_of=as_of(happened)).actions[0].notice

    assert MASK in notice.facts
    assert name not in str(notice)


def test_very_long_facts_are_cut_and_say_so(catalogue: Catalogue) -> None:
    happened = event(attributes=PROCUREMENT)
    listed = entry("procurement-serious", facts="虚" * 16_384)
    facts = decide(happened, (listed,), catalogue, as_of=as_of(happened)).actions[0].notice.facts

    assert len(facts) < 16_384
    assert "全文见认定文书" in facts


@pytest.mark.parametrize("province", ["上海市社会信用条例", "河南省社会信用条例"])
def test_articles_that_do_not_bind_here_are_never_cited(
    catalogue: Catalogue, province: str
) -> None:
    assert any(province in text for text in catalogue_files().values())
    happened = event("credit.approval.applied", "market", "bx-sj-005")
    actions = decide(happened, (entry("city-red"),), catalogue, as_of=as_of(happened)).actions

    assert actions
    for action in actions:
        assert province not in action.notice.basis
        assert province not in [basis.act for basis in action.legal_basis]
