"""Clusters: real brokers, however they are run. ``local`` now; Docker Compose and external ones keep this protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.clusters.admin import TopicView


class ClusterFailed(Exception):
    """The cluster did not come up, did not recover, or broke its word; the message is one line for a person."""


class Cluster(Protocol):
    """A running cluster. Nodes go by their id; every wait is bounded and raises ``ClusterFailed``."""

    version: str
    addresses: Mapping[int, str]
    """Broker id to ``host:port``, down or not."""
    controller: int
    """The node that is the controller, and no broker."""

    @property
    def bootstrap(self) -> str:
        """All addresses, comma-joined."""

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        """Creates it and waits until every broker itself knows it, with a leader and full ISR."""

    def delete_topic(self, name: str) -> None:
        """Deletes it and its data; no error when it is gone already."""

    def view(self, topic: str, node: int | None = None) -> TopicView | None:
        """What one broker (else the first that answers) says of a topic; ``None`` if nobody answers."""

    def high_watermarks(self, topic: str) -> dict[int, int]:
        """The high watermark of each partition, asked of its leader, which may need a moment after it was elected."""

    def wait_quiet(self, topic: str, timeout_s: float) -> None:
        """Waits until the topic has not grown for half a second, at most for so long: with acks=0 a message counts as
        sent when it is in a socket, and the last ones may be there still.
        """

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        """Waits until every broker itself says: all brokers are here, every partition has a leader and a full ISR."""

    def becoming_healthy(self, topic: str | None, timeout_s: float) -> Iterator[None]:
        """The same for whoever has other things to do meanwhile: it yields while it would wait."""

    def elect_unclean(self, topic: str) -> str:
        """Lets a replica lead partition 0 that is not in sync, if nobody leads it. Returns the controller's answer:
        ``none`` or the name of Kafka's error.
        """

    def pause(self, node: int) -> None:
        """SIGSTOP: the node freezes with its connections open."""

    def resume(self, node: int) -> None:
        """SIGCONT."""

    def kill(self, node: int) -> None:
        """SIGKILL; the disk and its page cache stay."""

    def shut_down(self, node: int) -> None:
        """SIGTERM: Kafka's controlled shutdown begins. ``ended`` says when it is over."""

    def ended(self, node: int) -> int | None:
        """The exit status of a node that has ended, else None. Once asked for, its end is no failure of the cluster."""

    def fail_if_dead(self) -> None:
        """Raises ``ClusterFailed`` if a node has ended that nobody had asked to, or what connects the nodes has."""

    def ended_unasked(self) -> list[str]:
        """A line for each node that has ended, since this was asked last, though nobody had asked it to; with its last
        words, and also of those that were started again meanwhile.
        """

    def restart(self, node: int) -> None:
        """Starts a node that has ended again, on its old disk and port."""

    def cut(self, sender: int, receiver: int) -> None:
        """Nothing that one node sends arrives at the other any more, and no connection ends. Raises ``ClusterFailed``
        on a cluster that has no relays between its nodes.
        """

    def mend(self) -> None:
        """All that was cut passes again, and what was held goes on."""

    def heal(self) -> None:
        """Undoes every fault of nodes, disks and links: mends, wakes the frozen and restarts the dead."""

    def data(self, node: int) -> Path:
        """The node's log directory on this machine's disk (``harness.clusters.storage``)."""

    def fill_disk(self, node: int, topic: str, room_bytes: int) -> int:
        """Lets the node's writes fail once the topic's longest log has grown by so much, until it is restarted or
        healed. Returns the limit in bytes.
        """
