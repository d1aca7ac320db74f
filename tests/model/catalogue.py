"""The catalogue that the trigger works on in the small town: the real one, and what differs there.

Its agreements with the neighbours, and four eyes on a measure that meets applications: of the real
ones that ask for them none does. Lists that nobody of the town is ever on are promised once and
for all: to fold that they are empty still, on each day, took as long as what the days are about.
"""

import json
import re
from functools import cache

from streams.rules.catalogue import Catalogue, build_catalogue
from tests.model.law import CONSEQUENCES, FOUR_EYES
from tests.model.listings import AGREEMENTS, Agreement
from tests.rules.given import catalogue_files
from tests.trigger.messages import PROVIDERS

NEIGHBOUR = "210100"
_ONE_LIST = re.compile(r"^- code: (\S+)$(?:\n  .*)*?\n  publish_interval: (\S+)$", re.MULTILINE)
_FOR_GOOD = "P9999D"
BASIS = {"act": "示例互认协议", "article": "2", "level": "normative_document"}


@cache
def town_catalogue() -> Catalogue:
    """Return the catalogue of the town."""
    files = dict(catalogue_files())
    for measure in FOUR_EYES:
        name = f"measures/{measure}.yaml"
        files[name] = _replaced(files[name], "four_eyes: false", "four_eyes: true")
    for code in AGREEMENTS:
        told = json.dumps([_agreement(code, each) for each in AGREEMENTS[code]])
        begin = f"- code: {code}\n"
        files["lists.yaml"] = _replaced(
            files["lists.yaml"], begin, f"{begin}  recognition: {told}\n"
        )
    files["lists.yaml"] = _ONE_LIST.sub(_as_promised, files["lists.yaml"])
    return build_catalogue(files)


def neighbour_of(code: str) -> str:
    """Return who enters somebody of another city on the list *code*."""
    return PROVIDERS[code].replace("benxi", "shenyang")


def _as_promised(told: re.Match[str]) -> str:
    """Return a list as it stands, or promised for good if nobody of the town is ever on it."""
    if told[1] in CONSEQUENCES:
        return told[0]
    return told[0].removesuffix(told[2]) + _FOR_GOOD


def _agreement(code: str, each: Agreement) -> dict[str, object]:
    return {
        "provider": neighbour_of(code),
        "jurisdiction": NEIGHBOUR,
        "from": each.since.isoformat(),
        "until": None if each.until is None else each.until.isoformat(),
        "effect": "effective" if each.effective else "display",
        "basis": BASIS,
    }


def _replaced(text: str, before: str, after: str) -> str:
    assert text.count(before) == 1, before
    return text.replace(before, after)
