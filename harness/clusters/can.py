"""What can be done to a cluster, each thing a protocol of its own, so that a cluster need not be able to do all of it.

A running cluster has each as an attribute (``Cluster.processes``, ...), which is None where it cannot be done. What a
kind of cluster lacks is known before one of it is started (``kinds``); a fault's steps say what they need of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol


class Ability(Enum):
    """What a fault may need of a cluster, by what one without it has not got."""

    FREEZE = "no nodes that could be frozen"
    KILL = "no nodes that could be killed"
    SHUT_DOWN = "no nodes that could be shut down"
    START = "no nodes that could be started again"
    ENDS = "no nodes whose end could be seen"
    LINKS = "no links between its nodes that could be cut"
    DISKS = "no disks that could be harmed"
    FULL_DISKS = "no disks that could be full"
    CONTROLLER = "no controller apart from its brokers to which that could be done"


NOTHING: Mapping[Ability, str] = {ability: ability.value for ability in Ability}
"""What is lacking of a cluster to which nothing can be done, which are brokers and their addresses."""


class Processes(Protocol):
    """The nodes' processes. Nodes go by their id; every wait is bounded and raises ``ClusterFailed``."""

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

    def restart(self, node: int) -> None:
        """Starts a node that has ended again, on its old disk and port."""


class Links(Protocol):
    """The ways between nodes. Raises ``ClusterFailed`` where what cuts them is gone."""

    def cut(self, sender: int, receiver: int) -> None:
        """Nothing that one node sends arrives at the other any more, and no connection ends."""

    def mend(self) -> None:
        """All that was cut passes again, and what was held goes on."""


class Disks(Protocol):
    """What can happen to a node's disk, done to what it has of one topic."""

    def lose_power(self, node: int, topic: str) -> int:
        """All is gone that was not forced to disk. The node must be down. Returns how many bytes that were."""

    def lose(self, node: int, topic: str) -> list[int]:
        """All is gone. The node must be down. Returns the partitions that it had."""

    def make_read_only(self, node: int, topic: str) -> None:
        """No file can be made for partition 0 any more; those that are open go on. Raises ``OSError`` where files
        cannot be kept from being made.
        """

    def make_writable(self, node: int, topic: str) -> None:
        """Undoes ``make_read_only``."""

    def fill(self, node: int, topic: str, room_bytes: int) -> int:
        """Lets the node's writes fail once the topic's longest log has grown by so much, until it is restarted or
        healed. Returns the limit in bytes.
        """


class Logs(Protocol):
    """What the nodes say."""

    def ends(self, most_bytes: int) -> Mapping[str, bytes]:
        """The end of what each node that was started has said so far, by a name of it that a file can have."""
