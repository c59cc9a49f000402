"""Clusters: real brokers, however they are run. Every cluster can be asked; what can be done to it is in ``can``.

Which kinds there are, ``kinds`` says; all keep the same protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from harness.clusters.can import Ability, Disks, Links, Logs, Network, Processes
from harness.events import FaultEvent
from harness.security import Security

if TYPE_CHECKING:
    from harness.clusters.admin import TopicView
    from harness.clusters.standing import Stands
    from harness.janitor import Janitor

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all, as what a cluster is made of is fetched."""
Coordinated = Literal["transaction", "group"]
"""What brokers coordinate: the transactions of a ``transactional.id``, the group of a ``group.id``."""


class ClusterFailed(Exception):
    """The cluster did not come up, did not recover, or broke its word; the message is one line for a person."""


class Cluster(Protocol):
    """A running cluster. Nodes go by their id; every wait is bounded and raises ``ClusterFailed``."""

    addresses: Mapping[int, str]
    """Broker id to ``host:port``, down or not."""

    @property
    def security(self) -> Security:
        """How it is reached there."""

    @property
    def prefix(self) -> str:
        """What the names of topics, groups and transactional ids have to begin with."""

    @property
    def processes(self) -> Processes | None: ...
    @property
    def links(self) -> Links | None: ...
    @property
    def network(self) -> Network | None: ...
    @property
    def disks(self) -> Disks | None: ...
    @property
    def logs(self) -> Logs | None: ...

    @property
    def controller(self) -> int | None:
        """The node that is the controller, and no broker; None where nothing can be done to it."""

    @property
    def bootstrap(self) -> str:
        """All addresses, comma-joined."""

    @property
    def pids(self) -> Mapping[int, int]:
        """The process of each node, as far as it can be seen from this machine."""

    @property
    def java(self) -> str | None:
        """The Java that runs it, in its own words, where that is known."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How its nodes are set up, as far as that is known, for the record: Kafka's settings and the JVMs' flags."""

    @property
    def runs_on(self) -> Mapping[str, str]:
        """What else a reader has to know of where it runs, for the record, each by what people call it."""

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        """Creates it and waits until every broker itself knows it, with a leader and full ISR."""

    def delete_topic(self, name: str) -> None:
        """Deletes it and its data; no error when it is gone already."""

    def view(self, topic: str, node: int | None = None) -> TopicView | None:
        """What one broker (else the first that answers) says of a topic; ``None`` if nobody answers."""

    def high_watermarks(self, topic: str) -> dict[int, int]:
        """The high watermark of each partition, asked of its leader, which may need a moment after it was elected."""

    def last_stable_offsets(self, topic: str) -> dict[int, int]:
        """The last stable offset of each partition, asked in the same way: where reading with ``read_committed`` ends.

        A transaction has ended for its producer before its markers are written: until then it is open here.
        """

    def coordinator(self, of: Coordinated, id: str, node: int | None = None) -> int:
        """The broker that coordinates it, which may take a moment until there is one; or who it is by the word of
        ``node``. Raises ``ClusterFailed`` where nobody says so.
        """

    def wait_quiet(self, topics: Sequence[str], timeout_s: float) -> None:
        """Waits until no topic has grown for half a second, at most for so long: with acks=0 a message counts as sent
        when it is in a socket, and the last ones may be there still.
        """

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        """Waits until every broker itself says: all brokers are here, every partition has a leader and a full ISR."""

    def wait_replicated(self, topic: str, timeout_s: float) -> None:
        """Waits until all that the leader of each partition has is below its high watermark, which is how far anybody
        can read: a follower may lag for ``replica.lag.time.max.ms`` and still count as in sync.
        """

    def becoming_healthy(self, topic: str | None, timeout_s: float) -> Iterator[None]:
        """The same for whoever has other things to do meanwhile: it yields while it would wait."""

    def elect_unclean(self, topic: str) -> str:
        """Lets a replica lead partition 0 that is not in sync, if nobody leads it. Returns the controller's answer:
        ``none`` or the name of Kafka's error.
        """

    def fail_if_dead(self) -> None:
        """Raises ``ClusterFailed`` if a node has ended that nobody had asked to, or what connects the nodes has."""

    def ended_unasked(self) -> list[str]:
        """A line for each node that has ended, since this was asked last, though nobody had asked it to; with its last
        words, and also of those that were started again meanwhile.
        """

    def refuses(self, config: Mapping[str, Any]) -> str | None:
        """Why a trial with these settings cannot run on it, which is known now that it is up; None if it can."""

    def happened(self) -> Sequence[FaultEvent]:
        """What is to be noted of how it was done what was done to it, since this was asked last."""

    def heal(self) -> None:
        """Undoes every fault of nodes, disks and links: mends, wakes the frozen and restarts the dead."""


THEIRS = "theirs"
"""The profile of brokers that somebody else has set up."""


@dataclass(frozen=True)
class Wanted:
    """What a cluster has to be for its trials."""

    kafka: str
    brokers: int
    profile: str
    """How its brokers are set up: ``fault``, to fail over fast, ``performance``, as Kafka ships, or ``THEIRS``."""
    eligible_leader_replicas: bool
    """Whether it is formatted with them where its version has them."""
    links: bool
    """Whether its links are to be cut."""
    warm: bool
    """Whether its brokers have to have worked before, so that what is measured is not their compiler."""


@dataclass(frozen=True)
class Place:
    """Where a cluster is run."""

    folder: Path
    """Not there yet: for all that the cluster keeps on this machine."""
    janitor: Janitor
    """Told of all that is made, before anything can go wrong."""
    progress: Progress


Stated = Mapping[str, Any]
"""What a workload says of its cluster, as plain data: its section ``cluster``."""


class Keys(BaseModel):
    """What a workload can say of a cluster of one kind, beside what it says of every one."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


@dataclass(frozen=True)
class ClusterKind:
    """A way to run brokers."""

    name: str
    summary: str
    """How they are run, for people: it goes on after the name and a colon."""
    lacks: Callable[[Stated], Mapping[Ability, str]]
    """What cannot be done to such a cluster, known before it is started, as what it has not got: ``no disks that
    could be harmed``.
    """
    versions: Callable[[], Sequence[str]]
    """The versions of Kafka that it can run, oldest first; ``4.4`` is every 4.4."""
    up: Callable[[Wanted, Stated, Place], AbstractContextManager[Cluster]]
    """A cluster that is up within the context and gone after it. Raises ``ClusterFailed``."""
    relays: bool = False
    """Whether what cuts its links has to be there from the start, and is where ``Wanted``."""
    theirs: bool = False
    """Whether its brokers are there already, and set up by somebody else."""
    keys: type[Keys] = Keys
    """The keys of a workload's section ``cluster`` that are its own; none, unless it has some."""
    stands: Callable[[], Stands] | None = None
    """Gives what keeps such a cluster up for people, if anything does."""
