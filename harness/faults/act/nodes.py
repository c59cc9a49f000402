"""Carries out what is done to nodes, and waits for what is to be seen of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import Stage
from harness.faults.timing import END_S

_ELECTED = "none"  # as Kafka itself names no error
_NOBODY = -1  # as Kafka itself writes that nobody leads


@do.register
def _(step: steps.Pause, stage: Stage) -> None:
    for node in stage.take(step.target):
        stage.processes.pause(node)
        stage.record("pause", node=node, target=step.target)


@do.register
def _(step: steps.Resume, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.processes.resume(node)
        stage.record("resume", node=node, target=step.target)
    stage.let_go(step.target)


@do.register
def _(step: steps.Kill, stage: Stage) -> None:
    for node in stage.take(step.target):
        acks = stage.acks()
        stage.processes.kill(node)
        stage.record("kill", node=node, target=step.target, acks=acks)


@do.register
def _(step: steps.ShutDown, stage: Stage) -> Iterator[None]:
    for node in stage.take(step.target):
        stage.record("shutdown", node=node, target=step.target, acks=stage.acks())
        stage.processes.shut_down(node)
        yield from _end(node, stage, stage.until)


@do.register
def _(step: steps.Restart, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.processes.restart(node)
        stage.record("restart", node=node, target=step.target)
    stage.let_go(step.target)


@do.register
def _(step: steps.RestartInTurn, stage: Stage) -> Iterator[None]:
    leader = stage.nodes("leader")
    for node in (*leader, *(node for node in stage.cluster.addresses if node not in leader)):
        stage.take_node(node)
        stage.record("shutdown" if step.gracefully else "kill", node=node, acks=stage.acks())
        if step.gracefully:
            stage.processes.shut_down(node)
            yield from _end(node, stage, stage.until)
        else:
            stage.processes.kill(node)
        stage.processes.restart(node)
        stage.give_back(node)
        stage.record("restart", node=node)
        yield from _healthy(stage)
    stage.let_go("leader")


@do.register
def _(step: steps.AwaitFailover, stage: Stage) -> Iterator[None]:
    (hit,) = stage.nodes("leader")
    # Every other broker must have heard: a client may ask any of them.
    yield from stage.until(lambda: hit not in stage.leaders(), f"broker {hit} was not deposed")
    leader = next(iter(stage.leaders()), _NOBODY)  # where it was the only broker, there is no other to ask
    stage.record("failover", was=hit, leader=leader)


@do.register
def _(step: steps.AwaitCoordinator, stage: Stage) -> Iterator[None]:
    (hit,) = stage.nodes(step.target)
    yield from stage.until(
        lambda: hit not in stage.coordinators(step.target), f"nobody took over from the coordinator {hit}"
    )
    stage.record("coordinator", was=hit, now=next(iter(stage.coordinators(step.target)), _NOBODY))


@do.register
def _(step: steps.AwaitIsrOfLeader, stage: Stage) -> Iterator[None]:
    (leader,) = stage.nodes("leader")

    def alone() -> bool:
        view = stage.cluster.view(stage.topic, leader)
        return view is not None and view.partitions[0].isr == (leader,)

    yield from stage.until(alone, f"the ISR did not shrink to the leader {leader}")
    stage.record("isr-shrunk", isr=[leader])


@do.register
def _(step: steps.AwaitHealthy, stage: Stage) -> Iterator[None]:
    return _healthy(stage)


@do.register
def _(step: steps.AwaitEnd, stage: Stage) -> Iterator[None]:
    for node in stage.nodes(step.target):
        yield from _end(node, stage, partial(stage.while_load_moves, grace_s=END_S))


@do.register
def _(step: steps.ElectUnclean, stage: Stage) -> Iterator[None]:
    answer, nobody_led = "", _NOBODY in stage.leaders()

    def led() -> bool:
        nonlocal answer
        if answer != _ELECTED:  # brokers hear of it later: asked once more, there is nothing to elect
            answer = stage.cluster.elect_unclean(stage.topic)
        return _NOBODY not in stage.leaders()

    yield from stage.until(led, "nobody leads, also after an unclean election,")
    # An answer may be lost on the way, and the next one is that there is nothing to elect any more.
    stage.record("elected", leader=stage.leaders()[0], answer=answer, nobody_led=nobody_led)


def _end(node: int, stage: Stage, wait: Callable[[Callable[[], bool], str], Iterator[None]]) -> Iterator[None]:
    """Until the node has ended: of itself, or because it was told to."""
    status: int | None = None

    def ended() -> bool:
        nonlocal status
        status = stage.processes.ended(node)
        return status is not None

    yield from wait(ended, f"node {node} did not end")
    stage.record("ended", node=node, status=status)


def _healthy(stage: Stage) -> Iterator[None]:
    for topic in stage.topics.names:
        for _ in stage.cluster.becoming_healthy(topic, stage.bounds.cluster_s):
            stage.look_after()
            yield
    stage.record("healthy")
