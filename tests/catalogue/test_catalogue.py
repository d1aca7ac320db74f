import json
from pathlib import Path

import pytest

from infra.catalogue_files import read_catalogue
from schemas.errors import StopServiceError
from schemas.measure import Effect, EntryKind
from streams.rules.catalogue import Catalogue, build_catalogue, content_version
from streams.rules.scope import effect_allowed_on

BY_CLASS = {"housing": "11210500105000226H", "market": "11210500105000330M"}
LIST_KINDS = {
    "serious": "court-defaulter procurement-serious wage-arrears market-serious tax-serious"
    " safety-serious social-insurance-serious",
    "ban": "bidding-ban licence-bar",
    "record": "major-penalty subsidy-fraud sme-arrears discharge-credit",
    "focus": "abnormal-operation city-focus",
    "red": "city-red tax-a customs-aeo",
}


@pytest.mark.parametrize("kind", LIST_KINDS)
def test_the_lists_are_those_of_the_contract(catalogue: Catalogue, kind: str) -> None:
    codes = [code for code, spec in catalogue.lists.items() if spec.kind is EntryKind(kind)]
    assert sorted(codes) == sorted(LIST_KINDS[kind].split())


@pytest.mark.parametrize(
    ("family", "before", "after", "terminal"),
    [
        ("approval", "applied accepted", "decided closed", "decided closed"),
        ("bidding", "registered evaluated", "awarded contracted closed", "contracted closed"),
        ("subsidy", "applied", "approved disbursed closed", "disbursed closed"),
        ("award", "nominated", "granted closed", "granted closed"),
        ("inspection", "", "planned done closed", "done closed"),
        ("financing", "", "applied closed", "closed"),
    ],
)
def test_the_families_have_the_stages_of_the_contract(
    catalogue: Catalogue, family: str, before: str, after: str, terminal: str
) -> None:
    steps = [place for (name, _), place in catalogue.stages.items() if name == family]
    assert [step.stage for step in steps] == before.split() + after.split()
    assert [step.rank for step in steps] == list(range(len(steps)))
    assert [step.stage for step in steps if step.before_decision] == before.split()
    assert [step.stage for step in steps if step.terminal] == terminal.split()


def test_a_catalogue_rebuilt_from_its_published_files_is_the_same(catalogue: Catalogue) -> None:
    travelled = json.loads(json.dumps({"version": catalogue.version, "files": catalogue.files}))
    again = build_catalogue(travelled["files"])
    assert again.version == travelled["version"]
    assert again.measures == catalogue.measures


def test_the_version_depends_on_every_byte_and_on_where_a_file_ends() -> None:
    versions = {
        content_version(files)
        for files in ({"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""}, {"a": "bd"}, {"a": "bc\n"}, {})
    }
    assert len(versions) == 6
    assert content_version({"a": "1", "b": "2"}) == content_version({"b": "2", "a": "1"})


def test_measures_come_in_the_order_of_their_ids(catalogue: Catalogue) -> None:
    ids = [measure.id for measure in catalogue.measures]
    assert ids == sorted(ids)
    found = catalogue.measures_at("bidding", "registered", "bx-jy-001", BY_CLASS["housing"])
    assert [m.id for m in found] == sorted(m.id for m in found)


def test_a_department_that_may_not_apply_a_measure_is_not_offered_it(catalogue: Catalogue) -> None:
    def ids(uscc: str) -> set[str]:
        found = catalogue.measures_at("approval", "applied", "bx-zj-001", uscc)
        return {measure.id for measure in found}

    assert "p11-safety-approval-suspended" in ids(BY_CLASS["housing"])
    assert "p11-safety-approval-suspended" not in ids(BY_CLASS["market"])
    assert "p11-safety-approval-suspended" not in ids("11210500000000000X")


def test_a_merged_department_acts_with_the_powers_of_its_successor(catalogue: Catalogue) -> None:
    merged = next(d for d in catalogue.departments.values() if d.successor is not None)
    current = catalogue.current_department(merged.uscc)
    assert current is not None
    assert current.uscc == merged.successor
    assert catalogue.department(merged.uscc) is merged


def test_a_list_is_required_where_it_could_stop_the_matter(catalogue: Catalogue) -> None:
    bidding = catalogue.required_lists_at("bidding", "registered", "", BY_CLASS["housing"])
    assert set(bidding) == {
        "bidding-ban",
        "court-defaulter",
        "major-penalty",
        "market-serious",
        "procurement-serious",
        "wage-arrears",
    }
    # A shadow measure, a focus list and a red list never make anyone wait.
    approval = catalogue.required_lists_at("approval", "applied", "bx-sj-006", BY_CLASS["market"])
    assert set(approval) == {"court-defaulter", "licence-bar"}
    assert catalogue.required_lists_at("inspection", "planned", "", BY_CLASS["market"]) == ()


def test_only_providers_of_a_list_may_change_it(catalogue: Catalogue) -> None:
    assert catalogue.may_provide("/court/benxi", "court-defaulter")
    assert not catalogue.may_provide("/samr/benxi", "court-defaulter")
    assert not catalogue.may_provide("/court/benxi", "no-such-list")


def test_ban_and_record_lists_count_only_by_name(catalogue: Catalogue) -> None:
    by_kind = catalogue.measure("p03-normal-channel")
    assert by_kind is not None
    for spec in catalogue.lists.values():
        assert catalogue.measure_matches(by_kind, spec) == (spec.kind is EntryKind.SERIOUS)


@pytest.mark.parametrize(
    ("effect", "item_code", "allowed"),
    [
        (Effect.OFFER_COMMITMENT, "bx-jt-001", True),
        (Effect.OFFER_COMMITMENT, "bx-yj-001", False),
        (Effect.ACCEPT_WITH_GAPS, "bx-sj-005", True),
        (Effect.ACCEPT_WITH_GAPS, "bx-sj-001", False),
        (Effect.OFFER_COMMITMENT, "bx-zr-001", False),
        (Effect.ACCEPT_WITH_GAPS, "bx-zj-004", False),
        (Effect.INSPECT_DOWN, "bx-sj-007", True),
        (Effect.INSPECT_DOWN, "bx-sj-008", False),
        (Effect.INSPECT_DOWN, "unregistered", False),
        (Effect.PRIORITY, "unregistered", True),
    ],
)
def test_the_nature_of_an_item_limits_relief(
    catalogue: Catalogue,
    effect: Effect,
    item_code: str,
    allowed: bool,  # noqa: FBT001
) -> None:
    assert effect_allowed_on(effect, catalogue.items.get(item_code)) is allowed


@pytest.mark.parametrize("effect", [Effect.OFFER_COMMITMENT, Effect.ACCEPT_WITH_GAPS])
def test_a_safety_critical_item_gets_no_relief_even_if_its_row_allows_it(
    catalogue: Catalogue, effect: Effect
) -> None:
    allowed = {"gaps_allowed": True, "commitment_allowed": True, "safety_critical": False}
    item = catalogue.items["bx-yj-001"].model_copy(update=allowed)
    assert effect_allowed_on(effect, item)
    assert not effect_allowed_on(effect, item.model_copy(update={"safety_critical": True}))


def test_the_caches_do_not_grow_with_unregistered_items(catalogue: Catalogue) -> None:
    for n in range(50):
        catalogue.measures_at("approval", "applied", f"hostile-{n}", BY_CLASS["market"])
    assert len(catalogue._at) < 50


def test_line_ends_and_byte_order_marks_do_not_change_the_version(tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_bytes(b"\xef\xbb\xbf- a: 1\r\n")
    (tmp_path / ".lists.yaml.swp").write_bytes(b"\xff")
    (tmp_path / "README.md").write_text("words")
    assert read_catalogue(tmp_path) == {"lists.yaml": "- a: 1\n"}


def test_a_folder_that_is_not_there_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StopServiceError, match="CREDIT_CATALOGUE"):
        read_catalogue(tmp_path / "nowhere")


def test_a_file_in_gbk_is_named_and_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_bytes("名单".encode("gbk"))
    with pytest.raises(StopServiceError, match=r"lists\.yaml: .*UTF-8"):
        read_catalogue(tmp_path)
