"""Where trials run, and what one of them gathers there."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from harness.bounds import RECOVERY_S, bytes_of
from harness.clusters import Cluster, ClusterFailed
from harness.events import GAVE_UP, STOOD_STILL, FaultEvent
from harness.faults.stage import RecipeFailed
from harness.janitor import Janitor
from harness.plan import Trial
from harness.process import ChildFailed, Message
from harness.security import Security
from harness.store import Used
from harness.topics import Topics
from harness.trial.behind import Behind
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.forkserver import Forkservers
from harness.workers.oracle import Oracle, ScanFailed
from harness.workers.worker import WorkerFailed

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,245}")  # Kafka takes 249: there is room for what is put behind it


@dataclass
class Venue:
    """Where trials run: a cluster that is up, the oracle, and the folders to write to."""

    cluster: Cluster
    oracle: Oracle
    janitor: Janitor
    journals: Path
    scratch: Path
    """Mapped journals and logs of running children; nothing in it outlives the run."""
    forkservers: Forkservers
    """What its clients are copied from."""
    run_id: str
    """Nobody else's and no other start's of the same run: topics and run keys are made of it."""
    doing: Callable[[str], None] = lambda what: None
    """Told what the trial is doing, for people."""
    behind: Behind = field(default_factory=Behind)
    """What goes on beside, of all venues of a sweep."""
    ahead: set[str] = field(default_factory=set)
    """Topics that are there for the next trial."""


@dataclass(frozen=True)
class Line:
    """The way of a client to its brokers."""

    bootstrap: str
    security: Security


@dataclass
class Running:
    """A trial at a venue, and what it gathers until its record is made."""

    trial: Trial
    venue: Venue
    fleet: Fleet | None = None
    """Its producers, once they are started."""
    events: list[FaultEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why the trial's data is not what a completed trial's would be, worst first."""
    output: Topics | None = None
    """The topics that are judged, where those are not its own: what a pipeline produces to."""
    effective: Mapping[str, Any] | None = None
    """What the clients that are judged run with, where those are not its producers: the workers of a pipeline."""
    used: Used | None = None
    """What its load took of the machine, where somebody looked."""
    spoiled: bool = False
    """Something ended that nobody ended and that what became of messages depends on: the data is no evidence."""

    @property
    def stored_bytes(self) -> int:
        """What the load takes in a log, as far as it was handed over."""
        return bytes_of(self.fleet.sent() if self.fleet else 0, self.trial.load.message_size)

    @property
    def topic(self) -> str:
        """Its own, or the first of them, by a name that Kafka takes, whatever the run's folder is called by now."""
        run_id = self.venue.run_id
        name = f"{self.venue.cluster.prefix}{run_id}.{self.trial.id}"
        if _TOPIC.fullmatch(name):
            return name
        return f"{self.venue.cluster.prefix}{hashlib.sha256(run_id.encode()).hexdigest()[:16]}.{self.trial.id}"

    @property
    def topics(self) -> Topics:
        """All of its own."""
        return Topics.named(self.topic, self.trial.topics, self.trial.load.partitions)

    @property
    def made(self) -> tuple[str, ...]:
        """The names of all that are there."""
        return self.topics.names + (self.output.names if self.output else ())

    def create_topics(self) -> None:
        """Its own, unless that was done ahead: before a load every broker knows them, and all replicas are in sync."""
        for name in self.topics.names:
            if name in self.venue.ahead:
                self.venue.ahead.remove(name)
                self.venue.behind.do("creating the topic", partial(self.venue.cluster.wait_healthy, name, RECOVERY_S))
            else:
                self._create(name)

    def create_topics_ahead(self) -> None:
        """The same for later. What is refused is so again when it is its turn, and is no other trial's fault."""
        with contextlib.suppress(ClusterFailed):
            for name in self.topics.names:
                if name not in self.venue.ahead:
                    self._create(name)
                    self.venue.ahead.add(name)

    def _create(self, name: str) -> None:
        replicas = int(self.trial.config["replication.factor"])
        self.venue.cluster.create_topic(name, self.topics.partitions, replicas, self.trial.topic_config)

    def line(self, proxy: Proxy | None = None) -> Line:
        """That of its clients: to the proxy, if there is one on it."""
        cluster = self.venue.cluster
        if proxy is None:
            return Line(cluster.bootstrap, cluster.security)
        return Line(proxy.bootstrap, cluster.security.behind_proxy())

    def high_watermarks(self) -> dict[int, int]:
        """Of each partition of its own topics."""
        return self.topics.gathered(self.venue.cluster.high_watermarks)

    def transactional_id(self, producer: int) -> str:
        """That of the producer with this number, in a trial with transactions: nobody else's, as the topic is."""
        return f"{self.topic}.{producer}"

    @property
    def run_key(self) -> int:
        """The 64-bit key in every message of the trial, by which another trial's messages are recognised."""
        name = f"{self.venue.run_id}/{self.trial.id}"
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")

    def journal(self, part: str) -> Path:
        """Where a part (``producer-<number>``, ``log``, ``consumer-0``) of the trial's journal is."""
        return self.venue.journals / f"{self.trial.id}.{part}.parquet"

    @contextlib.contextmanager
    def noting_problems(self) -> Iterator[None]:
        """What ends a part of a trial becomes a line in its record; a cluster that fails ends the trial."""
        try:
            yield
        except (WorkerFailed, RecipeFailed, ScanFailed, ChildFailed) as problem:
            self.note(str(problem))

    def note(self, problem: str) -> None:
        """Adds a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def see_standstills(self) -> None:
        """Adds to the events for how long its clients' processes did not run."""
        for since_ns, until_ns in self.fleet.stood_still() if self.fleet else ():
            self.events.append(FaultEvent(until_ns, STOOD_STILL, {"seconds": round((until_ns - since_ns) / 1e9, 3)}))

    def see_hung_calls(self) -> None:
        """Adds to the events which calls of its clients did not return."""
        for each in self.fleet.given_up() if self.fleet else ():
            self.note_hung_call(each)

    def note_hung_call(self, said: Message) -> None:
        """One of them, as whoever gave it up said it."""
        self.events.append(FaultEvent(said["at_ns"], GAVE_UP, {"call": said["call"], "seconds": said["seconds"]}))

    def note_ends(self) -> None:
        """Nodes of the cluster that ended and nobody ended spoil the trial; they are started again when it heals."""
        for end in self.venue.cluster.ended_unasked():
            self.note(end)
            self.spoiled = True
