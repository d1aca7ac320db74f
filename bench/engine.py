"""What the bench asks of an engine: start, stop, and where its decisions come out."""

from typing import Protocol

from bench.child_process import ChildProcess


class Engine(Protocol):
    """One way to do the job, as a process of its own.

    The bench calls `fresh`, then `start` and the process's `stop`, any number of times; from one
    `start` to the next the engine keeps its place and its state, until `fresh` takes both away.
    """

    @property
    def name(self) -> str:
        """Short name, as `--peers` takes it."""
        ...

    @property
    def words(self) -> str:
        """What it is, for the report."""
        ...

    @property
    def decisions(self) -> str:
        """Topic with one decision for each event, valid after `fresh`."""
        ...

    @property
    def actions(self) -> str | None:
        """Topic with the actions of the hits, or None for an engine that makes none."""
        ...

    @property
    def paced_events(self) -> str:
        """Topic on which events of the latency phase reach it, valid after `fresh`."""
        ...

    def fresh(self) -> None:
        """Forget everything: no state, no position, empty outputs."""
        ...

    def start(self, events: str) -> ChildProcess:
        """Start it reading the topic *events* from where it stands."""
        ...
