from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.feedback import mapping
from consumers.feedback.case_table import case_table, csv_bytes
from consumers.feedback.mapping import MappedField, MappingFaultError, Shape, load_shape
from consumers.feedback.union_case import COLUMNS, UnionCase
from schemas.measure import Polarity
from schemas.receipt import ReceiptData
from tests.feedback.test_case_table import CASE, OTHER

MAPPINGS = Path(mapping.__file__).parent / "mappings"
GOLDEN = Path(__file__).parent / "golden"
HEAD = "title: t\nsource: s\nfields:\n"


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shape_of_ours_loads(path: Path) -> None:
    assert load_shape(path).fields


def test_transport_table_has_its_14_fields() -> None:
    fields = load_shape(MAPPINGS / "transport-25414.yaml").fields
    assert len(fields) == 14
    assert fields[1].name == "统一社会信用代码"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "  - {name: a, from: nope}\n", "unknown column 'nope'"),
        (HEAD + "  - {name: a}\n  - {name: a}\n", "given twice: a"),
        (
            HEAD + "  - {name: a, form: case_id}\n",
            r"fields\.0\.form.*take one of name, from, codes",
        ),
        (HEAD.replace("source", "sauce") + "  - {name: a}\n", "title, source, only, fields"),
        (HEAD + "  - {name: a, from: side, from: effect}\n", "duplicate key from"),
        (HEAD + "  - {name: a, codes: {x: y}}\n", "add `from`"),
        (HEAD + "  - {from: side}\n", "missing"),
        ("only: {nope: [x]}\n" + HEAD + "  - {name: a}\n", "unknown column 'nope'"),
        ("", "file"),
        (HEAD + "  - {name: [\n", r"broken\.yaml"),
    ],
)
def test_broken_file_is_refused_with_file_and_cure(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(MappingFaultError, match=words) as caught:
        load_shape(path)
    assert "broken.yaml" in str(caught.value)


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shape_writes_its_golden_file(path: Path) -> None:
    golden = (GOLDEN / f"{path.stem}.csv").read_bytes()
    assert csv_bytes(case_table(load_shape(path), [OTHER, CASE])) == golden


def test_supervision_has_no_place_where_only_red_and_black_are_known() -> None:
    shape = load_shape(MAPPINGS / "chongqing.yaml")
    table = case_table(shape, [CASE, replace(OTHER, side="supervise")])
    assert (len(table.rows), table.left_out) == (2, 1)


def test_a_value_without_code_stops_the_export_with_its_cure() -> None:
    shape = load_shape(MAPPINGS / "chongqing.yaml")
    with pytest.raises(MappingFaultError, match=r"handleType.*postponed.*add it to codes"):
        shape.row(replace(CASE, handle_type="postponed"))
    assert shape.row(replace(CASE, handle_type=""))["handleType"] == ""


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_codes_know_every_value_of_the_closed_sets(path: Path) -> None:
    closed = {
        "side": [each.value for each in Polarity],
        "handle_type": get_args(ReceiptData.model_fields["outcome"].annotation),
    }
    shape = load_shape(path)
    for field in shape.fields:
        for value in closed.get(field.from_ or "", ()) if field.codes is not None else ():
            case = replace(CASE, **{str(field.from_): value})
            assert not shape.takes(case) or field.value_of(case) in field.codes.values()


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.none() | st.sampled_from(COLUMNS)),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[0],
    ),
    st.sampled_from(["case_id", "result_text", "amount_fen"]),
    st.text(),
)
def test_every_field_holds_its_column_and_nothing_else(
    pairs: list[tuple[str, str | None]], column: str, text: str
) -> None:
    fields = [MappedField.model_validate({"name": n, "from": c}) for n, c in pairs]
    case: UnionCase = replace(CASE, **{column: text})
    row = Shape(title="t", source="s", fields=fields).row(case)
    assert list(row) == [name for name, _ in pairs]
    assert all(row[n] == ("" if c is None else getattr(case, c)) for n, c in pairs)
