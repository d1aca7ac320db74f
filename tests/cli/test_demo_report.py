"""The demo's table where people meet it: on a terminal of 80 columns."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from cli.demo_report import _verdicts
from cli.import_words import Words
from tests.rules.given import real_catalogue


@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_no_column_is_lost_on_a_narrow_terminal(
    lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = SimpleNamespace(
        verdicts=Counter({("approval", "pass"): 2582, ("bidding", "deny"): 81}),
        polarities=Counter({("approval", "supervise"): 47}),
    )
    summary: Any = SimpleNamespace(flow=flow)
    Console(width=80).print(_verdicts(summary, real_catalogue(), Words(lang)))
    told = capsys.readouterr().out
    zh, en = ("通过", "监管", "惩戒"), ("pass", "supervision", "punishments")
    for word in {"zh": zh, "en": en}.get(lang, zh + en):
        assert word in told
    assert told.split().count("47") == 2  # the family's, and the total
