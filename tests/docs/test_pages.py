"""The pages in words: their links lead somewhere, and they name what exists."""

import re
from pathlib import Path

import pytest

from cli.main import _VERBS
from infra import metrics
from schemas.errors import Reason

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs" / "adr").glob("*.md"),
]


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_leads_to_a_file_or_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        if target.startswith("#"):
            assert target[1:] in headings, target
        else:
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_command_that_is_named_exists(page: Path) -> None:
    for verb in re.findall(r"credit-trigger ([a-z]+)", page.read_text(encoding="utf-8")):
        assert verb in {*_VERBS, "review"}, verb  # `review` is told as a writer to come


def test_every_metric_that_operations_names_exists() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"credit_[a-z_]+", text))
    exposed = {family.name for family in metrics.REGISTRY.collect()}
    exposed |= {f"{name}_total" for name in exposed}
    assert named
    assert named <= exposed


def test_every_reason_of_a_dead_letter_has_its_advice() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    later = {Reason.BAD_SIGNATURE}  # signatures come with the gateway
    for reason in set(Reason) - later:
        assert f"`{reason.value}`" in text


def test_the_architecture_lists_every_decision_taken() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert [name for name in records if f"(adr/{name})" not in text] == []
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))


def test_both_languages_of_the_readme_have_the_same_parts() -> None:
    english, chinese = (
        re.findall(r"^(#+|\|.*?\||- |```)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english.count("##") == chinese.count("##")
    folders = [cell for cell in english if cell.startswith("| `")]
    assert [c.replace(" ", "") for c in folders] == [
        c.replace(" ", "").replace("、", ",") for c in chinese if c.startswith("| `")
    ]
