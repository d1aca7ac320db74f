"""Each folder of `broken/` lies over the real catalogue and must be refused in its own words.

`expect.txt`: the first line is `file: key`, each further line a word of that fault's message.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.catalogue_files import read_catalogue
from streams.rules.catalogue import build_catalogue
from streams.rules.faults import CatalogueFaults, Fault
from tests.budget import examples

BROKEN = Path(__file__).parent / "broken"
DAMAGE = [
    "",
    "\n",
    "\t",
    ":",
    "{",
    "[",
    "'",
    '"',
    "&",
    "*",
    "\x00",
    "- ",
    "#",
    "!",
    "|",
    "9" * 30,
    "\u2028",
]
CASES = sorted(folder.name for folder in BROKEN.iterdir() if folder.is_dir())


def faults_of(files: dict[str, str]) -> tuple[Fault, ...]:
    with pytest.raises(CatalogueFaults) as raised:
        build_catalogue(files)
    return raised.value.faults


def laid_over(base: dict[str, str], case: str) -> tuple[dict[str, str], list[str]]:
    overlay = read_catalogue(BROKEN / case)
    expected = (BROKEN / case / "expect.txt").read_text(encoding="utf-8").splitlines()
    del overlay["expect.txt"]
    return {**base, **overlay}, expected


@pytest.mark.parametrize("case", CASES)
def test_a_broken_catalogue_names_file_key_and_cure(
    catalogue_files: dict[str, str], case: str
) -> None:
    # The sound measures are left out: they take most of the time and none of the blame.
    base = {path: text for path, text in catalogue_files.items() if path[:9] != "measures/"}
    files, (where, *words) = laid_over(base, case)
    told = faults_of(files)
    lines = [str(fault) for fault in told if f"{fault.file}: {fault.key}" == where]
    assert lines, f"{where} is not among {[str(fault) for fault in told]}"
    assert any(all(word in line for word in words) for line in lines), lines
    assert all(fault.cure_zh and fault.cure_en and fault.zh and fault.en for fault in told)
    assert all("\n" not in str(fault) for fault in told)
    if where.startswith("measures/"):  # and no other file is blamed
        assert {fault.file for fault in told} == {where.split(": ", 1)[0]}


def test_every_fault_of_every_file_is_told_at_once(catalogue_files: dict[str, str]) -> None:
    files = dict(catalogue_files)
    wheres = []
    for case in ("missing_article", "block_without_mandatory", "unknown_gate", "workday_twice"):
        files, (where, *_) = laid_over(files, case)
        wheres.append(where)
    told = {f"{fault.file}: {fault.key}" for fault in faults_of(files)}
    assert told >= set(wheres)


@settings(max_examples=examples(60))
@given(data=st.data())
def test_no_damage_to_a_measure_gets_past_the_faults_or_breaks_their_lines(
    catalogue_files: dict[str, str], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(p for p in catalogue_files if p[:9] == "measures/")))
    text = catalogue_files[path]
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from(DAMAGE)) + text[at + 1 :]
    base = {p: t for p, t in catalogue_files.items() if p[:9] != "measures/"}
    lines: list[str] = []
    try:
        build_catalogue({**base, path: text})
    except CatalogueFaults as err:
        lines = [str(fault) for fault in err.faults]
    assert all(line.startswith(path) and len(line.splitlines()) == 1 for line in lines)


def test_a_missing_registry_file_is_a_fault(catalogue_files: dict[str, str]) -> None:
    files = {path: text for path, text in catalogue_files.items() if path != "lists.yaml"}
    told = [str(fault) for fault in faults_of(files) if fault.file == "lists.yaml"]
    assert told == ["lists.yaml: file: 缺少此文件 / the file is missing; 补上此文件 / add the file"]
