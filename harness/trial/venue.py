"""Where trials run, and what one of them gathers there."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.clusters.local import LocalCluster
from harness.events import FaultEvent
from harness.faults.stage import RecipeFailed
from harness.janitor import Janitor
from harness.load.worker import Worker, WorkerFailed
from harness.plan import Trial
from harness.process import Child, ChildDied, ChildSilent

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass
class Venue:
    """Where trials run: a cluster that is up, the oracle, and the folders to write to."""

    cluster: LocalCluster
    oracle: Child
    janitor: Janitor
    journals: Path
    scratch: Path
    """Mapped journals and logs of running children; nothing in it outlives the run."""
    run_id: str
    doing: Callable[[str], None] = lambda what: None
    """Told what the trial is doing, for people."""


@dataclass
class Running:
    """A trial at a venue, and what it gathers until its record is made."""

    trial: Trial
    venue: Venue
    worker: Worker | None = None
    """The last one, where a fault restarts it."""
    events: list[FaultEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why the trial's data is not what a completed trial's would be, worst first."""

    @property
    def topic(self) -> str:
        """Its own, by a name that Kafka takes, whatever the run's folder is called by now."""
        run_id = self.venue.run_id
        name = f"{run_id}.{self.trial.id}"
        return name if _TOPIC.fullmatch(name) else f"{hashlib.sha256(run_id.encode()).hexdigest()[:16]}.{self.trial.id}"

    @property
    def run_key(self) -> int:
        """The 64-bit key in every message of the trial, by which another trial's messages are recognised."""
        name = f"{self.venue.run_id}/{self.trial.id}"
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")

    def journal(self, part: str) -> Path:
        """Where a part (``producer-0``, ``log``, ``consumer-0``) of the trial's journal is."""
        return self.venue.journals / f"{self.trial.id}.{part}.parquet"

    def close(self) -> None:
        if self.worker is not None:
            self.worker.close()

    def kill(self) -> None:
        if self.worker is not None:
            self.worker.kill()

    @contextlib.contextmanager
    def noting_problems(self) -> Iterator[None]:
        """What ends a part of a trial becomes a line in its record; a cluster that fails ends the trial."""
        try:
            yield
        except (WorkerFailed, RecipeFailed, ChildDied, ChildSilent) as problem:
            self.problems.append(str(problem))
