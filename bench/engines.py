"""Which engines a run compares, and why some are left out."""

from collections.abc import Callable, Sequence

from bench.engine import Engine
from bench.errors import LeftOutError
from bench.java import java_tools
from bench.peer_engines import PeerEngine, bare_copy, faust_agent, kafka_streams, quix
from bench.peers_environment import peers_environment, stage_sources
from bench.results import BARE, FAUST, KAFKA_STREAMS, EngineResult
from bench.stand import Stand

QUIX = "quix"
PEERS = (KAFKA_STREAMS, QUIX, FAUST, BARE)


def make_peers(stand: Stand, names: Sequence[str]) -> tuple[list[Engine], list[EngineResult]]:
    """Return the peers of *names* that can run here, and a result for each that cannot."""
    makers: dict[str, Callable[[], PeerEngine]] = {
        KAFKA_STREAMS: lambda: _kafka_streams(stand),
        QUIX: lambda: quix(stand, peers_environment(stand.work, stand.say)),
        FAUST: lambda: faust_agent(stand, peers_environment(stand.work, stand.say)),
        BARE: lambda: bare_copy(stand, stage_sources(stand.work)),
    }
    engines: list[Engine] = []
    left_out: list[EngineResult] = []
    for name in names:
        try:
            engines.append(makers[name]())
        except LeftOutError as reason:
            left_out.append(EngineResult(name, name, left_out=str(reason)))
    return engines, left_out


def _kafka_streams(stand: Stand) -> PeerEngine:
    if not stand.kafka.is_apache:
        msg = "Kafka Streams needs Apache Kafka"
        raise LeftOutError(msg)
    return kafka_streams(stand, java_tools(stand.say))
