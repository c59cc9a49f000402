"""What a script acts on: the cluster, the load and the proxy of one trial, and the record of what was done to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from harness.bounds import HELD_UP_S, Bounds
from harness.clusters import Cluster
from harness.events import FaultEvent
from harness.faults import steps
from harness.load.movement import Movement
from harness.load.worker import Worker
from harness.wire import Proxy


class RecipeFailed(Exception):
    """A step did not reach its end within its bound; the message says which and what was seen instead."""


@dataclass
class Stage:
    """What a recipe acts on: one topic (partition 0 is the one that faults hit), its cluster, its load."""

    cluster: Cluster
    topic: str
    workers: list[Worker]
    """The producers that there were, the one at work last."""
    proxy: Proxy | None
    bounds: Bounds
    clock_ns: Callable[[], int] = time.monotonic_ns
    events: list[FaultEvent] = field(default_factory=list)
    load: steps.Send | None = None
    """The load of this moment."""
    sent_before: int = 0
    """How many messages had been handed over when it began."""
    part: str | None = None
    """The fault whose steps these are, where several are at work at once."""
    _hit: dict[steps.Target, tuple[int, ...]] = field(default_factory=dict)

    @property
    def worker(self) -> Worker:
        return self.workers[-1]

    def for_part(self, fault: str) -> Stage:
        """The same for one of several faults at once: what it hits is its own, and what it does bears its name."""
        return replace(self, part=fault, _hit={})

    def record(self, what: str, **detail: Any) -> None:
        whose = {} if self.part is None else {"part": self.part}
        self.events.append(FaultEvent(self.clock_ns(), what, {**detail, **whose}))

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

    def let_go(self, target: steps.Target) -> None:
        """From now on the target means whatever nodes it fits then."""
        self._hit.pop(target, None)

    def _resolve(self, target: steps.Target) -> tuple[int, ...]:
        if target == "all":
            return tuple(self.cluster.addresses)
        if target == "controller":
            return (self.cluster.controller,)
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
        movement = Movement(self._moved, self.clock_ns)
        while not done():
            over = self._load_is_over()
            if (still_s := movement.still_s()) > (grace_s if over else self.bounds.patience_s):
                why = "the load is over" if over else f"settings and fault explain {self.bounds.explained_s:.1f} s"
                raise RecipeFailed(f"{what}, and nothing moved for {still_s:.1f} s: {why}")
            self.look_after()
            yield

    def passing(self, seconds: float) -> Iterator[None]:
        """Yields for so long."""
        until_ns = self.clock_ns() + int(seconds * 1e9)
        while self.clock_ns() < until_ns:
            self.look_after()
            yield

    def _moved(self) -> tuple[int, int]:
        return self.worker.moved()

    def _load_is_over(self) -> bool:
        """Whether nothing of it will move any more: all was handed over and has a report, or the client is gone."""
        sent, reported = self._moved()
        count = 0 if self.load is None else self.load.count
        return self.worker.killed or (sent == reported and sent >= self.sent_before + count)

    def look_after(self) -> None:
        """Raises ``WorkerFailed`` or ``ChildDied`` if the client or the proxy has ended that nobody ended."""
        self.worker.fail_if_dead()
        if self.proxy is not None:
            self.proxy.fail_if_dead()
