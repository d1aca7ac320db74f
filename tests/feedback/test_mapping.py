from pathlib import Path

import pytest

from consumers.feedback import mapping
from consumers.feedback.case_table import shaped_csv_bytes
from consumers.feedback.mapping import MappingFaultError, load_shape
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
        (HEAD + "  - {name: a, form: case_id}\n", "fields.0.form"),
        (HEAD + "  - {name: [\n", "not YAML"),
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
    assert shaped_csv_bytes(load_shape(path), [OTHER, CASE]) == golden
