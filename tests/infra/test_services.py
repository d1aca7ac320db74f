import json
from pathlib import Path

import pytest

from infra.services import Endpoints, connect, find_kafka, recorded, sole
from infra.settings import Settings, load_settings
from schemas.errors import StopServiceError

pytestmark = pytest.mark.usefixtures("outside")
RUNNING = Endpoints(kafka="127.0.0.1:1", redis="redis://127.0.0.1:2/0", embedded=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path / "state")


def test_where_nothing_runs_the_way_out_is_told(settings: Settings) -> None:
    with pytest.raises(StopServiceError, match=r"credit-trigger up.*CREDIT_KAFKA and CREDIT_REDIS"):
        connect(settings)


def test_who_needs_kafka_alone_is_not_told_to_set_redis(settings: Settings) -> None:
    with pytest.raises(StopServiceError, match=r"or set CREDIT_KAFKA$"):
        find_kafka(settings)


def test_a_command_joins_the_running_up(settings: Settings) -> None:
    with recorded(settings.state_dir, RUNNING):
        assert connect(settings) == RUNNING
    with pytest.raises(StopServiceError):
        connect(settings)


def test_what_is_set_wins_over_a_running_up(settings: Settings) -> None:
    chosen = load_settings(
        state_dir=settings.state_dir, kafka="real:9092", redis="redis://real:6379/0"
    )
    with recorded(settings.state_dir, RUNNING):
        assert connect(chosen) == Endpoints("real:9092", "redis://real:6379/0", embedded=False)


def test_kafka_alone_is_enough_to_look_at_topics(tmp_path: Path) -> None:
    chosen = load_settings(state_dir=tmp_path, kafka="real:9092")
    assert find_kafka(chosen) == ("real:9092", False)


def test_only_one_up_runs_in_a_state_folder(settings: Settings) -> None:
    with (
        sole(settings.state_dir),
        pytest.raises(StopServiceError, match="already runs"),
        sole(settings.state_dir),
    ):
        pass


@pytest.mark.parametrize("change", [{"pid": 2**22 - 1}, {"started": 1.0}])
def test_the_record_of_a_dead_up_counts_as_none(
    settings: Settings, change: dict[str, float]
) -> None:
    with recorded(settings.state_dir, RUNNING):
        path = settings.state_dir / "services.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        with pytest.raises(StopServiceError, match="nothing runs here"):
            connect(settings)


def test_others_cannot_read_the_recorded_addresses(settings: Settings) -> None:
    with recorded(settings.state_dir, RUNNING):
        assert (settings.state_dir / "services.json").stat().st_mode & 0o077 == 0
