"""Carries a recipe out, one step after the other, and writes down what it did and saw.

Every step is bounded. A step whose bound passes ends the recipe with ``RecipeFailed``; the events up to there stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

from harness.clusters import storage
from harness.faults import steps
from harness.faults.stage import RecipeFailed, Stage


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
    stage.load, stage.sent_before = step, stage.worker.sent()
    stage.worker.start(step.count, rate=step.rate, flush_every=step.flush_every)


@do.register
def _(step: steps.AwaitAcks, stage: Stage) -> None:
    try:
        stage.until(lambda: stage.worker.acks() >= step.count, step.timeout_s, f"not {step.count} messages were acked")
    except RecipeFailed:
        if step.required:
            raise


@do.register
def _(step: steps.AwaitSent, stage: Stage) -> None:
    if stage.worker.killed:
        stage.record("sent", total=stage.worker.sent())
        return
    unreported = stage.worker.finish(step.timeout_s)
    if stage.proxy is not None and stage.worker.unconfirmed():
        # What is on its way still would meet other rules than it was sent under.
        stage.cluster.wait_quiet(stage.topic)
    stage.record("sent", total=stage.worker.total, unreported=unreported)


@do.register
def _(step: steps.Sleep, stage: Stage) -> None:
    stage.sleep(step.seconds)


@do.register
def _(step: steps.Pause, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.cluster.pause(node)
        stage.record("pause", node=node, target=step.target)


@do.register
def _(step: steps.Resume, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.cluster.resume(node)
        stage.record("resume", node=node)
    stage.let_go(step.target)


@do.register
def _(step: steps.Kill, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        acks = stage.worker.acks()
        stage.cluster.kill(node)
        stage.record("kill", node=node, target=step.target, acks=acks)


@do.register
def _(step: steps.ShutDown, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.record("shutdown", node=node, target=step.target, acks=stage.worker.acks())
        stage.cluster.shut_down(node, step.timeout_s)
        stage.record("ended", node=node)


@do.register
def _(step: steps.Restart, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.cluster.restart(node)
        stage.record("restart", node=node)
    stage.let_go(step.target)


@do.register
def _(step: steps.RestartInTurn, stage: Stage) -> None:
    leader = stage.nodes("leader")
    for node in (*leader, *(node for node in stage.cluster.addresses if node not in leader)):
        stage.record("shutdown" if step.gracefully else "kill", node=node, acks=stage.worker.acks())
        if step.gracefully:
            stage.cluster.shut_down(node, step.timeout_s)
        else:
            stage.cluster.kill(node)
        stage.cluster.restart(node)
        stage.record("restart", node=node)
        do(steps.AwaitHealthy(step.timeout_s), stage)
    stage.let_go("leader")


@do.register
def _(step: steps.AwaitFailover, stage: Stage) -> None:
    (hit,) = stage.nodes("leader")
    # Every other broker must have heard: a client may ask any of them.
    stage.until(lambda: hit not in stage.leaders(), step.timeout_s, f"broker {hit} was not deposed")
    stage.record("failover", was=hit, leader=stage.leaders()[0])


@do.register
def _(step: steps.AwaitIsrOfLeader, stage: Stage) -> None:
    (leader,) = stage.nodes("leader")

    def alone() -> bool:
        view = stage.cluster.view(stage.topic, leader)
        return view is not None and view.partitions[0].isr == (leader,)

    stage.until(alone, step.timeout_s, f"the ISR did not shrink to the leader {leader}")
    stage.record("isr-shrunk", isr=[leader])


@do.register
def _(step: steps.AwaitHealthy, stage: Stage) -> None:
    stage.cluster.wait_healthy(stage.topic, step.timeout_s)
    stage.record("healthy")


@do.register
def _(step: steps.AwaitEnd, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        status = stage.cluster.wait_end(node, step.timeout_s)
        stage.record("ended", node=node, status=status)


@do.register
def _(step: steps.ElectUnclean, stage: Stage) -> None:
    answer = ""

    def led() -> bool:
        nonlocal answer
        answer = stage.cluster.elect_unclean(stage.topic)
        return min(stage.leaders()) >= 0

    stage.until(led, step.timeout_s, "nobody leads, also after an unclean election,")
    stage.record("elected", leader=stage.leaders()[0], answer=answer)


@do.register
def _(step: steps.LosePower, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        lost = storage.lose_unflushed(stage.cluster.data(node), stage.topic)
        stage.record("power-lost", node=node, bytes_lost=sum(lost.values()))


@do.register
def _(step: steps.LoseDisk, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        lost = storage.lose_directories(stage.cluster.data(node), stage.topic)
        stage.record("disk-lost", node=node, partitions=lost)


@do.register
def _(step: steps.MakeReadOnly, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        folder = _partition(stage, node)
        try:
            storage.set_read_only(folder, read_only=True)
        except OSError as error:
            raise RecipeFailed(f"{folder.name} of broker {node} cannot be made read-only here: {error}") from error
        stage.record("read-only", node=node)


@do.register
def _(step: steps.MakeWritable, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        storage.set_read_only(_partition(stage, node), read_only=False)
        stage.record("writable", node=node)


@do.register
def _(step: steps.FillDisk, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        limit = stage.cluster.fill_disk(node, step.room_bytes)
        stage.record("disk-full", node=node, limit_bytes=limit)


@do.register
def _(step: steps.PauseClient, stage: Stage) -> None:
    stage.worker.pause()
    stage.record("pause-client", acks=stage.worker.acks())


@do.register
def _(step: steps.ResumeClient, stage: Stage) -> None:
    stage.worker.resume()
    stage.record("resume-client")


@do.register
def _(step: steps.KillClient, stage: Stage) -> None:
    stage.worker.kill()
    stage.record("kill-client", sent=stage.worker.sent(), acks=stage.worker.acks())


@do.register
def _(step: steps.RestartClient, stage: Stage) -> None:
    assert stage.load is not None
    stage.worker = stage.worker.again()
    stage.worker.wait_ready()
    again = stage.worker.pending()
    stage.worker.resend()
    stage.worker.finish(step.timeout_s)
    stage.record("restart-client", sent_again=again)
    left = stage.sent_before + stage.load.count - stage.worker.sent()
    stage.worker.start(max(0, left), rate=stage.load.rate, flush_every=stage.load.flush_every)


@do.register
def _(step: steps.AwaitFired, stage: Stage) -> None:
    def fired() -> bool:
        _collect_firings(stage)
        return any(event.what == step.action for event in stage.events)

    stage.until(fired, step.timeout_s, f"no request met {step.action}")


@do.register
def _(step: steps.Wire, stage: Stage) -> None:
    if stage.proxy is None:
        raise RecipeFailed("there is no proxy to put rules into")
    stage.proxy.set_rules(list(step.rules))


def _partition(stage: Stage, node: int) -> Path:
    return storage.partitions(stage.cluster.data(node), stage.topic)[0]


def _collect_firings(stage: Stage) -> None:
    if stage.proxy is None:
        return
    for firing in stage.proxy.fired():
        evidence = {key: value for key, value in firing.items() if key not in ("event", "at_ns", "action")}
        stage.record(firing["action"], at_ns=firing["at_ns"], **evidence)
