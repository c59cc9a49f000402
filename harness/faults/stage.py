"""What a script acts on: the cluster, the load and the proxy of one trial, and the record of what was done to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from harness.bounds import HELD_UP_S, Bounds
from harness.clusters import Cluster, ClusterFailed, Coordinated
from harness.clusters.can import Disks, Links, Network, Processes
from harness.events import RESTORED, FaultEvent
from harness.faults import steps
from harness.topics import Topics
from harness.wire import Proxy, WireRule
from harness.workers.fleet import Fleet
from harness.workers.movement import Movement
from harness.workers.pipeline import Pipeline

_Can = TypeVar("_Can")
_COORDINATORS: Mapping[steps.Target, Coordinated] = {"txn-coordinator": "transaction", "group-coordinator": "group"}


class RecipeFailed(Exception):
    """A step did not reach its end within its bound; the message says which and what was seen instead."""


@dataclass
class Stage:
    """What a recipe acts on: a trial's topics (partition 0 is the one that faults hit), its cluster, its load.

    The parts of a composed fault have stages of their own (``for_part``), which share all but the part's own.
    """

    cluster: Cluster
    topics: Topics
    fleet: Fleet
    proxy: Proxy | None
    bounds: Bounds
    coordinated: Mapping[Coordinated, str] = field(default_factory=dict)
    """The ids of this trial whose coordinators can be hit: a ``transactional.id``, a ``group.id``."""
    clock_ns: Callable[[], int] = time.monotonic_ns
    events: list[FaultEvent] = field(default_factory=list)
    pipeline: Pipeline | None = None
    """What consumes the load, transforms it and produces to another topic, if anything does."""
    part: str | None = None
    """The fault whose steps these are, where it is one of several."""
    _parts: dict[str, Stage] = field(default_factory=dict)
    _taken: dict[int, str | None] = field(default_factory=dict)
    """The nodes that somebody has ended, frozen or harmed, and not given back yet, with whose they are."""
    _rules: dict[str | None, tuple[WireRule, ...]] = field(default_factory=dict)
    """Those in the proxy, with whose they are."""
    _hit: dict[steps.Target, tuple[int, ...]] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """The first, whose partition 0 is that of the trial."""
        return self.topics.first

    @property
    def processes(self) -> Processes:
        return _there(self.cluster.processes, "processes")

    @property
    def links(self) -> Links:
        return _there(self.cluster.links, "links")

    @property
    def network(self) -> Network:
        return _there(self.cluster.network, "network")

    @property
    def disks(self) -> Disks:
        return _there(self.cluster.disks, "disks")

    def for_part(self, fault: str) -> Stage:
        """The same for one of several faults, always the same one: what it hits is its own, and what it does bears its
        name.
        """
        if fault not in self._parts:
            self._parts[fault] = replace(self, part=fault, _hit={})
        return self._parts[fault]

    def acks(self) -> int:
        """How many messages of the load at work were acked by now (acks=0: counted as sent)."""
        return self.fleet.acks()

    def record(self, what: str, **detail: Any) -> None:
        whose = {} if self.part is None else {"part": self.part}
        self.events.append(FaultEvent(self.clock_ns(), what, {**detail, **whose}))

    def put_rules(self, rules: Sequence[WireRule]) -> None:
        """Puts this part's rules into the proxy in place of those that it had there; other parts' stay as they are.

        Where a fault of the line ends thereby, that is an event.
        """
        if self.proxy is None:
            raise RecipeFailed("there is no proxy to put rules into")
        gone = self._rules.get(self.part, ())
        self._rules[self.part] = tuple(replace(self._placed(rule), part=self.part) for rule in rules)
        self.proxy.set_rules([rule for of_part in self._rules.values() for rule in of_part])
        self.collect_firings()
        for rule in gone:
            if rule.lasts and self.has_fired(rule.action, self.events):
                self.record(RESTORED, action=rule.action)

    def _placed(self, rule: WireRule) -> WireRule:
        """A rule of a partition by what requests call it, where that may be another topic's too."""
        if rule.partition is None or len(self.topics.names) == 1:
            return rule
        topic, own = self.topics.place(rule.partition)
        return replace(rule, topic=topic, partition=own)

    def has_fired(self, action: str, events: Sequence[FaultEvent]) -> bool:
        """Whether one of these events is of a rule of this part's with this action."""
        return any(event.what == action and event.detail.get("part") == self.part for event in events)

    def collect_firings(self) -> None:
        """Records what the proxy says its rules fell on since it was last asked."""
        if self.proxy is None:
            return
        for firing in self.proxy.fired():
            evidence = {key: value for key, value in firing.items() if key not in ("event", "at_ns", "action")}
            self.events.append(FaultEvent(firing["at_ns"], firing["action"], evidence))

    def nodes(self, target: steps.Target) -> tuple[int, ...]:
        """The nodes that a target means: those it meant first, until they are let go."""
        if target not in self._hit:
            self._hit[target] = self._resolve(target)
        return self._hit[target]

    def take(self, target: steps.Target) -> tuple[int, ...]:
        """The nodes that a target means, which are this part's until it lets them go.

        Raises ``RecipeFailed`` where another part has one of them: what it does with it would be undone, or in vain.
        """
        nodes = self.nodes(target)
        for node in nodes:
            self.take_node(node)
        return nodes

    def take_node(self, node: int) -> None:
        whose = self._taken.setdefault(node, self.part)
        if whose != self.part:
            raise RecipeFailed(
                f"{self.part} found node {node} taken by {whose}: at once they have to hit different ones"
            )

    def give_back(self, node: int) -> None:
        if node in self._taken and self._taken[node] == self.part:
            del self._taken[node]

    def let_go(self, target: steps.Target) -> None:
        """From now on the target means whatever nodes it fits then."""
        for node in self._hit.pop(target, ()):
            self.give_back(node)

    def _resolve(self, target: steps.Target) -> tuple[int, ...]:
        if target == "all":
            return tuple(self.cluster.addresses)
        if target == "controller":
            if self.cluster.controller is None:
                raise RecipeFailed("this cluster has no controller to hit")
            return (self.cluster.controller,)
        if target in _COORDINATORS:
            return (self._coordinator(_COORDINATORS[target]),)
        view = self.cluster.view(self.topic)
        if view is None or view.partitions[0].leader < 0:
            raise RecipeFailed(f"{self.topic}-0 has no leader to hit")
        leader = view.partitions[0].leader
        if target == "leader":
            return (leader,)
        followers = tuple(node for node in view.partitions[0].replicas if node != leader)
        if not followers:
            raise RecipeFailed(f"{self.topic}-0 has no follower to hit")
        return followers if target == "followers" else followers[:1]

    def _coordinator(self, of: Coordinated) -> int:
        if of not in self.coordinated:
            raise RecipeFailed(f"this trial has no {of}, so no coordinator of it to hit")
        return self.cluster.coordinator(of, self.coordinated[of])

    def coordinators(self, target: steps.Target) -> set[int]:
        """Who coordinates, by each broker's word but the hit one's; one that knows of nobody holds on to it."""
        (hit,), of = self.nodes(target), _COORDINATORS[target]
        said = set()
        for node in self.cluster.addresses:
            if node != hit:
                try:
                    said.add(self.cluster.coordinator(of, self.coordinated[of], node))
                except ClusterFailed:
                    said.add(hit)
        return said

    def leaders(self) -> list[int]:
        """Who leads, by each broker's word but the hit leader's; a broker that does not answer holds on to it."""
        (hit,) = self.nodes("leader")
        views = [self.cluster.view(self.topic, node) for node in self.cluster.addresses if node != hit]
        return [view.partitions[0].leader if view and 0 in view.partitions else hit for view in views]

    def until(self, done: Callable[[], bool], what: str) -> Iterator[None]:
        """Yields until it is done, which is the cluster's to do. Past the bound it raises ``RecipeFailed`` with
        ``what`` was not.
        """
        until_ns = self.clock_ns() + int(self.bounds.cluster_s * 1e9)
        while not done():
            if self.clock_ns() > until_ns:
                raise RecipeFailed(f"{what} within {self.bounds.cluster_s:g} s")
            self.look_after()
            yield

    def while_load_moves(self, done: Callable[[], bool], what: str, grace_s: float = HELD_UP_S) -> Iterator[None]:
        """Yields until it is done, which is the load's to bring about. It raises ``RecipeFailed`` with ``what`` was not
        when nothing has moved for longer than the bounds allow, or for ``grace_s`` when the load is over.
        """
        movement = Movement(self.fleet.moved, self.clock_ns)
        while not done():
            over = self.fleet.over
            if (still_s := movement.still_s()) > (grace_s if over else self.bounds.patience_s):
                why = "the load is over" if over else f"settings and fault explain {self.bounds.explained_s:.1f} s"
                raise RecipeFailed(f"{what}, and nothing moved for {still_s:.1f} s: {why}")
            self.look_after()
            yield

    def while_processed(self, pipeline: Pipeline) -> Iterator[None]:
        """Yields as long as a pipeline processes what was sent, up to what is less than a batch of each worker."""
        since_ns, before = self.clock_ns(), -1
        while (processed := pipeline.processed()) < self.fleet.sent() - pipeline.at_most_waiting:
            if processed != before:
                since_ns, before = self.clock_ns(), processed
            elif self.clock_ns() - since_ns > self.bounds.cluster_s * 1e9:
                return
            self.look_after()
            yield

    def passing(self, seconds: float) -> Iterator[None]:
        """Yields for so long."""
        until_ns = self.clock_ns() + int(seconds * 1e9)
        while self.clock_ns() < until_ns:
            self.look_after()
            yield

    def look_after(self) -> None:
        """Raises ``ClusterFailed``, ``WorkerFailed`` or ``ChildDied`` if a node, a relay, a client or the proxy has
        ended that nobody ended. A pipeline's worker that can do nothing any more is replaced.
        """
        self.cluster.fail_if_dead()
        self.fleet.fail_if_dead()
        if self.proxy is not None:
            self.proxy.fail_if_dead()
        if self.pipeline is not None:
            self.pipeline.look_after()


def _there(can: _Can | None, what: str) -> _Can:
    """What is needed of a cluster, which the plan has made sure of. Raises ``RecipeFailed`` where it did not."""
    if can is None:
        raise RecipeFailed(f"this cluster has no {what} to which anything could be done")
    return can
