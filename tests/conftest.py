"""No test ever reaches what a developer's environment or `.env` names.

Set before any test module is imported: an empty variable hides what `.env` says, and means unset.
"""

import atexit
import gc
import logging
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest
import redis
import structlog

# Hardly anything that is made while tests are collected ever goes; `pytest_collection_finish`.
gc.disable()
# CREDIT_FAULTS_* is for the fault suite alone (tests/faults); no setting of ours begins so.
for _name in [name for name in os.environ if name.startswith("CREDIT_")]:
    if not _name.startswith("CREDIT_FAULTS_"):
        del os.environ[_name]
from infra.embedded import EmbeddedServices  # noqa: E402 - the environment comes first
from infra.redis import connect_redis  # noqa: E402 - the same
from infra.settings import known_names  # noqa: E402 - the same
from streams.rules import catalogue_text  # noqa: E402 - the same
from streams.rules.catalogue import Catalogue, build_catalogue  # noqa: E402 - the same
from streams.rules.faults import Fault  # noqa: E402 - the same

for _name in known_names():
    os.environ[_name] = ""
# A machine that does two things at once is no finding.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")
os.environ["CREDIT_STATE_DIR"] = _state_dir = tempfile.mkdtemp(prefix="credit-trigger-tests-")
atexit.register(shutil.rmtree, _state_dir, ignore_errors=True)


def _parse_once() -> None:
    """Parse each sound text of a catalogue or format once, from before tests are collected.

    A catalogue is fifty files, and nearly all of its time goes into reading YAML; tests build
    hundreds that differ in one file. Whoever asks gets an answer of his own to change.
    """
    parse_yaml, known = catalogue_text.parse_yaml, dict[tuple[str, str], bytes]()

    def parse(file: str, text: str, faults: list[Fault]) -> object | None:
        if (file, text) in known:
            found: object = pickle.loads(known[file, text])  # noqa: S301 - our own, from below
            return found
        before = len(faults)
        found = parse_yaml(file, text, faults)
        if len(faults) == before:
            known[file, text] = pickle.dumps(found)
        return found

    catalogue_text.parse_yaml = parse


_parse_once()


# What takes longest, and mostly waits: handed out last, one of them would run alone in the end.
_FIRST = (
    "infra/test_up.py",
    "cli/test_demo.py",
    "streams/test_feedback.py",
    "streams/test_feedback_owner.py",
    "streams/test_followup.py",
    "model/test_model.py",
    "trigger/test_restart.py",
    "trigger/test_running_matters.py",
    "infra/test_reach.py",
    "cli/test_review.py",
    "cli/test_feedback_rebuild.py",
    "department/test_client.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have workers take the longest files first; alone, a folder's files stay together."""
    if hasattr(config, "workerinput"):
        ranks = {Path(__file__).parent / file: rank for rank, file in enumerate(_FIRST)}
        assert all(path.is_file() for path in ranks), "a file of _FIRST has gone"
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Let no search for garbage look again at half a million things that the collection made."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """Build each catalogue once: it never changes, and the commands load it again and again."""
    built: dict[frozenset[tuple[str, str]], Catalogue] = {}

    def build(files: Mapping[str, str]) -> Catalogue:
        known = frozenset(files.items())
        if known not in built:
            built[known] = build_catalogue(files)
        return built[known]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.catalogue_in_force.build_catalogue", build)
        yield


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A Redis for all desks; each writes under a name of its own."""
    with EmbeddedServices(tmp_path_factory.mktemp("desk"), with_kafka=False) as services:
        yield connect_redis(services.redis)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command that runs within a test sends logs to a stderr which is closed after it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
