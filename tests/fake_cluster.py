"""A cluster without processes, on which everything can be tried that is not about Kafka itself.

It keeps what a controller keeps: which node is up, frozen or cut off, who leads partition 0 of each topic in which
epoch, who is in sync, and what each broker has heard of that. A broker that the controller has not heard from for a
session is fenced; a leader drops a follower that has not fetched for as long; while the last one in sync is away nobody
leads. Whoever asks sets it going: by then all has happened that was due by the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from harness.clusters import ClusterFailed, Coordinated
from harness.clusters.admin import PartitionView, TopicView
from harness.clusters.can import Ability, Disks, Links, Logs, Network, Processes
from harness.events import FaultEvent
from harness.security import PLAINTEXT, Security

OF_COORDINATORS: Mapping[Coordinated, str] = {"transaction": "__transaction_state", "group": "__consumer_offsets"}
"""Kafka's own topics: who leads in one coordinates."""
CONTROLLER = 1000
NOBODY = -1
SESSION_S = 1.5
SHUTS_DOWN_S = 0.3
MEETS_DISK_S = 0.5
"""After so long a load has needed what a disk that is read-only or full does not give."""


@dataclass
class FakeCluster:
    """A controller and three brokers, all of which have every topic; with the abilities that it ``can``."""

    clock_ns: Callable[[], int] = time.monotonic_ns
    can: frozenset[Ability] = frozenset(Ability)
    addresses: Mapping[int, str] = field(default_factory=lambda: {node: f"node-{node}:none" for node in (1, 2, 3)})
    controller: int | None = CONTROLLER
    java: str | None = "none"
    settings: Mapping[str, Any] = field(default_factory=lambda: {"settings": {"broker.session.timeout.ms": 1500}})
    runs_on: Mapping[str, str] = field(default_factory=dict)
    security: Security = PLAINTEXT
    prefix: str = ""
    topics: dict[str, PartitionView] = field(default_factory=dict)
    """What the controller knows."""
    down: dict[int, int] = field(default_factory=dict)
    """The exit statuses of nodes that have ended."""
    frozen: set[int] = field(default_factory=set)
    read_only: set[int] = field(default_factory=set)
    off: set[int] = field(default_factory=set)
    """Nodes that are off the network."""
    _cut: set[tuple[int, int]] = field(default_factory=set)
    _ends: dict[int, tuple[float, int]] = field(default_factory=dict)
    """When nodes will end, and with which status."""
    _leaving: set[int] = field(default_factory=set)
    _may_end: set[int] = field(default_factory=set)
    _unasked: list[str] = field(default_factory=list)
    _fetched: dict[tuple[str, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.processes: Processes | None = self
        self.links: Links | None = self if Ability.LINKS in self.can else None
        self.network: Network | None = self if Ability.DISCONNECT in self.can else None
        self.disks: Disks | None = self
        if Ability.CONTROLLER not in self.can:
            self.controller = None
        self.logs: Logs | None = self
        self._heard = dict.fromkeys(self.addresses, self._now_s)  # by the controller, of each broker
        self._known: dict[int, dict[str, PartitionView]] = {node: {} for node in self.addresses}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    # What it can be asked.

    @property
    def pids(self) -> Mapping[int, int]:
        return {}

    @property
    def bootstrap(self) -> str:
        return ",".join(self.addresses.values())

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        nodes = tuple(self.addresses)
        self.topics[name] = PartitionView(nodes[0], 0, nodes, nodes)
        self.wait_healthy(name, 1)

    def delete_topic(self, name: str) -> None:
        self.topics.pop(name, None)

    def view(self, topic: str, node: int | None = None) -> TopicView | None:
        self._settle()
        for broker in self.addresses if node is None else [node]:
            if self._works(broker) and broker not in self.off:
                known = {0: self._known[broker][topic]} if topic in self._known[broker] else {}
                return TopicView(frozenset(self._in_session()), known)
        return None

    def high_watermarks(self, topic: str) -> dict[int, int]:
        return {0: 0}

    def last_stable_offsets(self, topic: str) -> dict[int, int]:
        return self.high_watermarks(topic)

    def coordinator(self, of: Coordinated, id: str, node: int | None = None) -> int:
        """As in Kafka whoever leads a partition of a topic for that, which is made when it is asked for first."""
        nodes = tuple(self.addresses)
        self.topics.setdefault(OF_COORDINATORS[of], PartitionView(nodes[1], 0, nodes, nodes))
        view = self.view(OF_COORDINATORS[of], node)
        if view is None or view.partitions[0].leader == NOBODY:
            raise ClusterFailed(f"no coordinator of the {of} {id}")
        return view.partitions[0].leader

    def wait_quiet(self, topics: Sequence[str], timeout_s: float) -> None: ...

    def wait_replicated(self, topic: str, timeout_s: float) -> None: ...

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        for _ in self.becoming_healthy(topic, timeout_s):
            time.sleep(0.01)

    def becoming_healthy(self, topic: str | None, timeout_s: float) -> Iterator[None]:
        until_s = self._now_s + timeout_s
        while not all(self._says_healthy(broker, topic) for broker in self.addresses):
            if self._now_s > until_s:
                raise ClusterFailed(f"the cluster was not healthy within {timeout_s:g} s")
            self.fail_if_dead()
            yield

    def elect_unclean(self, topic: str) -> str:
        self._settle()
        known, there = self.topics[topic], self._in_session()
        if known.leader != NOBODY:
            return "election_not_needed"
        if not there or not self._works(CONTROLLER):
            return "eligible_leaders_not_available"
        self.topics[topic] = replace(known, leader=there[0], leader_epoch=known.leader_epoch + 1, isr=there[:1])
        return "none"

    def fail_if_dead(self) -> None:
        self._settle()
        for node, status in self.down.items():
            if node not in self._may_end:
                raise ClusterFailed(f"node {node} ended with status {status}: it said nothing")

    def ended_unasked(self) -> list[str]:
        self._settle()
        told, self._unasked = self._unasked, []
        return told

    def refuses(self, config: Mapping[str, Any]) -> str | None:
        return None

    def happened(self) -> Sequence[FaultEvent]:
        return ()

    def heal(self) -> None:
        self.mend()
        self.off.clear()
        self.frozen.clear()
        self.read_only.clear()
        self._ends.clear()
        for node in [*self.down]:
            self.restart(node)

    def ends(self, most_bytes: int) -> Mapping[str, bytes]:
        return {f"node-{node}": b"all that it said"[-most_bytes:] for node in (CONTROLLER, *self.addresses)}

    # What can be done to it, and what can happen to it.

    def crash(self, node: int, status: int = 1) -> None:
        """It ends, and nobody has asked it to."""
        self._settle()
        self._end(node, status)

    def pause(self, node: int) -> None:
        self._need(Ability.FREEZE)
        assert self._works(node)
        self._settle()
        self.frozen.add(node)

    def resume(self, node: int) -> None:
        self._need(Ability.FREEZE)
        assert node not in self.down
        self._settle()
        self.frozen.discard(node)

    def kill(self, node: int) -> None:
        self._need(Ability.KILL)
        assert node not in self.down
        self._settle()
        self._may_end.add(node)
        self._end(node, -9)

    def shut_down(self, node: int) -> None:
        self._need(Ability.SHUT_DOWN)
        assert self._works(node)
        self._settle()
        self._may_end.add(node)
        self._leaving.add(node)
        self._ends[node] = self._now_s + SHUTS_DOWN_S, 143

    def ended(self, node: int) -> int | None:
        self._need(Ability.SHUT_DOWN if node in self._leaving else Ability.ENDS)
        self._may_end.add(node)
        self._settle()
        return self.down.get(node)

    def restart(self, node: int) -> None:
        self._need(Ability.START)
        assert node in self.down and node not in self.read_only
        self._settle()
        del self.down[node]
        self._may_end.discard(node)

    def cut(self, sender: int, receiver: int) -> None:
        self._settle()
        self._cut.add((sender, receiver))

    def mend(self) -> None:
        self._settle()
        self._cut.clear()

    def disconnect(self, node: int) -> None:
        self._settle()
        self.off.add(node)

    def reconnect(self, node: int) -> None:
        self._settle()
        self.off.discard(node)

    def lose_power(self, node: int, topic: str) -> int:
        self._need(Ability.DISKS)
        assert node in self.down and topic in self.topics
        return 100

    def lose(self, node: int, topic: str) -> list[int]:
        self._need(Ability.DISKS)
        assert node in self.down and topic in self.topics
        return [0]

    def make_read_only(self, node: int, topic: str) -> None:
        self._need(Ability.DISKS)
        self.read_only.add(node)
        self._ends[node] = self._now_s + MEETS_DISK_S, 1

    def make_writable(self, node: int, topic: str) -> None:
        self._need(Ability.DISKS)
        self.read_only.remove(node)

    def fill(self, node: int, topic: str, room_bytes: int) -> int:
        self._need(Ability.FULL_DISKS)
        self._ends[node] = self._now_s + MEETS_DISK_S, 1
        return room_bytes

    # What comes of it.

    def _need(self, ability: Ability) -> None:
        if ability not in self.can:
            raise ClusterFailed(f"this cluster has {ability.value}")

    @property
    def _now_s(self) -> float:
        return self.clock_ns() / 1e9

    def _works(self, node: int) -> bool:
        return node not in self.down and node not in self.frozen

    def _reaches(self, node: int, other: int) -> bool:
        """A request takes the way there and the way back."""
        there = self._works(node) and self._works(other) and self.off.isdisjoint({node, other})
        return there and self._cut.isdisjoint({(node, other), (other, node)})

    def _in_session(self) -> tuple[int, ...]:
        there = (node for node in self.addresses if node not in self._leaving)
        return tuple(node for node in there if self._now_s - self._heard[node] <= SESSION_S)

    def _says_healthy(self, broker: int, topic: str | None) -> bool:
        view = self.view(topic or "", broker)
        known = () if view is None else view.partitions.values()
        return view is not None and view.brokers == self.addresses.keys() and all(each.healthy for each in known)

    def _end(self, node: int, status: int) -> None:
        self.down[node] = status
        self.frozen.discard(node)
        self._leaving.discard(node)
        self._ends.pop(node, None)
        if node not in self._may_end:
            self._unasked.append(f"node {node} ended with status {status}, unasked: it said nothing")

    def _settle(self) -> None:
        for node, (at_s, status) in [*self._ends.items()]:
            if self._now_s >= at_s:
                self._end(node, status)
        for node in self.addresses:
            # While the controller sleeps or is away no session ends, and each has begun anew when it is back.
            if not self._works(CONTROLLER) or self._reaches(node, CONTROLLER):
                self._heard[node] = self._now_s
        if self._works(CONTROLLER):
            self.topics = {name: self._led(self._in_sync(name, known)) for name, known in self.topics.items()}
            for node in self.addresses:
                if self._reaches(node, CONTROLLER):
                    self._known[node] = dict(self.topics)

    def _in_sync(self, topic: str, known: PartitionView) -> PartitionView:
        """As its leader has it, if the controller hears of that."""
        leader, now_s = known.leader, self._now_s
        if leader == NOBODY or not self._reaches(leader, CONTROLLER):
            return known
        last_s = {node: self._fetched.get((topic, node), now_s) for node in known.replicas}
        last_s |= {node: now_s for node in known.replicas if node == leader or self._reaches(node, leader)}
        self._fetched |= {(topic, node): at_s for node, at_s in last_s.items()}
        return replace(known, isr=tuple(node for node, at_s in last_s.items() if now_s - at_s <= SESSION_S))

    def _led(self, known: PartitionView) -> PartitionView:
        """By whoever leads already or else is in sync, and is there."""
        there = self._in_session()
        isr = tuple(node for node in known.isr if node in there) or known.isr
        leader = known.leader if known.leader in there else next((node for node in isr if node in there), NOBODY)
        return replace(known, leader=leader, leader_epoch=known.leader_epoch + (leader != known.leader), isr=isr)
