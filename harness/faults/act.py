"""Carries a recipe out, one step after the other, and writes down what it did and saw.

Every step is bounded. A step whose bound passes ends the recipe with ``RecipeFailed``; the events up to there stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from harness.clusters import Cluster
from harness.events import FaultEvent
from harness.faults import steps
from harness.load.worker import Worker
from harness.wire import Proxy

_POLL_S = 0.02


class RecipeFailed(Exception):
    """A step did not reach its end within its bound; the message says which and what was seen instead."""


@dataclass
class Stage:
    """What a recipe acts on: one topic (partition 0 is the one that faults hit), its cluster, its load."""

    cluster: Cluster
    topic: str
    worker: Worker
    proxy: Proxy | None
    clock_ns: Callable[[], int] = time.monotonic_ns
    sleep: Callable[[float], None] = time.sleep
    events: list[FaultEvent] = field(default_factory=list)
    hit: int | None = None
    """The broker that was paused or killed."""

    def record(self, what: str, at_ns: int | None = None, **detail: Any) -> None:
        self.events.append(FaultEvent(self.clock_ns() if at_ns is None else at_ns, what, detail))

    def leader(self) -> int:
        view = self.cluster.view(self.topic)
        if view is None or view.partitions[0].leader < 0:
            raise RecipeFailed(f"{self.topic}-0 has no leader to hit")
        return view.partitions[0].leader

    def until(self, done: Callable[[], bool], timeout_s: float, what: str) -> None:
        until_ns = self.clock_ns() + int(timeout_s * 1e9)
        while not done():
            if self.clock_ns() > until_ns:
                raise RecipeFailed(f"{what} within {timeout_s:g} s")
            self.sleep(_POLL_S)


def act(plan: Sequence[steps.Step], stage: Stage) -> None:
    """Runs the plan on the stage; the stage's ``events`` grow as it goes. Raises ``RecipeFailed``."""
    for step in plan:
        try:
            do(step, stage)
        finally:  # what was hit before a step failed was hit all the same
            _collect_firings(stage)


@singledispatch
def do(step: Any, stage: Stage) -> None:
    """Carries out one step."""
    raise TypeError(f"no act for {step!r}")


@do.register
def _(step: steps.Send, stage: Stage) -> None:
    stage.worker.start(step.count, rate=step.rate, flush_every=step.flush_every)


@do.register
def _(step: steps.AwaitAcks, stage: Stage) -> None:
    stage.until(lambda: stage.worker.acks() >= step.count, step.timeout_s, f"not {step.count} messages were acked")


@do.register
def _(step: steps.AwaitSent, stage: Stage) -> None:
    unreported = stage.worker.finish(step.timeout_s)
    stage.record("sent", total=stage.worker.total, unreported=unreported)


@do.register
def _(step: steps.Pause, stage: Stage) -> None:
    stage.hit = stage.leader()
    stage.cluster.pause(stage.hit)
    stage.record("pause", node=stage.hit, partition=0)


@do.register
def _(step: steps.Resume, stage: Stage) -> None:
    assert stage.hit is not None
    stage.cluster.resume(stage.hit)
    stage.record("resume", node=stage.hit)


@do.register
def _(step: steps.Kill, stage: Stage) -> None:
    stage.hit = stage.leader()
    acks = stage.worker.acks()
    stage.cluster.kill(stage.hit)
    stage.record("kill", node=stage.hit, partition=0, acks=acks)


@do.register
def _(step: steps.Restart, stage: Stage) -> None:
    assert stage.hit is not None
    stage.cluster.restart(stage.hit)
    stage.record("restart", node=stage.hit)


@do.register
def _(step: steps.AwaitFailover, stage: Stage) -> None:
    assert stage.hit is not None
    others = [node for node in stage.cluster.addresses if node != stage.hit]

    def leaders() -> list[int]:
        views = [stage.cluster.view(stage.topic, node) for node in others]
        return [view.partitions[0].leader if view and 0 in view.partitions else stage.hit or 0 for view in views]

    # Every other broker must have heard: a client may ask any of them.
    stage.until(lambda: stage.hit not in leaders(), step.timeout_s, f"broker {stage.hit} was not deposed")
    stage.record("failover", was=stage.hit, leader=leaders()[0])


@do.register
def _(step: steps.Wire, stage: Stage) -> None:
    if stage.proxy is None:
        raise RecipeFailed("there is no proxy to put rules into")
    stage.proxy.set_rules(list(step.rules))


def _collect_firings(stage: Stage) -> None:
    if stage.proxy is None:
        return
    for firing in stage.proxy.fired():
        evidence = {key: value for key, value in firing.items() if key not in ("event", "at_ns", "action")}
        stage.record(firing["action"], at_ns=firing["at_ns"], **evidence)
