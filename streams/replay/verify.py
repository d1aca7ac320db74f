"""The whole log, one partition after the other: what was looked at and what does not agree."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from streams.replay.catalogues import Catalogues
from streams.replay.differences import Findings
from streams.replay.ending import Ending, StateEnd
from streams.replay.set_aside import SetAside
from streams.replay.stream import Log, offset_of
from streams.replay.walk import Period, Walk

Progress = Callable[[int, int, int], None]  # partition, offset reached, decisions walked so far
_TELL_EVERY = 500


@dataclass
class Report:
    """What came of a replay.

    `undecided`: events behind what the trigger has read so far.
    `moving`: partitions in which the trigger wrote meanwhile, so that their end was not compared.
    """

    partitions: int
    walked: int = 0
    decisions: int = 0  # reproduced byte for byte
    actions: int = 0
    undecided: int = 0
    moving: list[int] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


def verify(
    log: Log,
    partitions: int,
    *,
    events: Iterable[str],
    period: Period,
    progress: Progress = lambda _partition, _offset, _walked: None,
) -> Report:
    """Reproduce every decision and action of *log*, and report what cannot be.

    *events*: the topics of departments' events and of members' shares. Memory grows with the
    matters and entries of the largest partition (`known`). Raises: StopServiceError where the log
    cannot be read.
    """
    catalogues = Catalogues(log, partitions)
    set_aside = SetAside(log)
    report = Report(partitions)
    names = tuple(events)
    for partition in range(partitions):
        state = StateEnd(log, partition)  # before the decisions: they are not older than it
        walk = Walk(
            log,
            partition,
            partitions,
            events=names,
            catalogues=catalogues,
            set_aside=set_aside,
            findings=report.findings,
            period=period,
        )
        before = report.walked
        while walk.step():
            if walk.walked % _TELL_EVERY == 0:
                head = walk.decisions.stream.head()
                reached = 0 if head is None else offset_of(head)
                progress(partition, reached, before + walk.walked)
        if not walk.stopped_early:
            ending = Ending(walk, state, partition, report.findings)
            ending.look(catalogues, catalogues.newest)
            report.undecided += ending.undecided
            if not ending.still:
                report.moving.append(partition)
        report.walked += walk.walked
        report.decisions += walk.decisions.reproduced
        report.actions += walk.actions.reproduced
        progress(partition, -1, report.walked)
        log.release()
    return report
