"""What organisations and officers read is written as Chinese official texts are."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.catalogue_files import read_catalogue
from infra.data_files import data_dir

FILES = read_catalogue(data_dir("catalogue"))
HALF_WIDTH = re.compile(r"[一-鿿”》）][,;:!?()]|[,;:!?(][一-鿿“《（]")


def chinese(value: Any) -> Iterator[str]:
    """Yield every text under a key `zh`, and the names of departments and items."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"zh", "name"} and isinstance(inner, str):
                yield inner
            yield from chinese(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from chinese(inner)


@pytest.mark.parametrize("path", sorted(path for path in FILES if path.endswith(".yaml")))
def test_chinese_texts_keep_to_full_width_punctuation(path: str) -> None:
    texts = list(chinese(yaml.load(FILES[path], yaml.CSafeLoader)))
    assert texts
    assert [text for text in texts if HALF_WIDTH.search(text)] == []
