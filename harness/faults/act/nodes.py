"""Carries out what is done to nodes, and waits for what is to be seen of them."""

from __future__ import annotations

from harness.clusters import ClusterFailed
from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


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
        try:
            status = stage.cluster.wait_end(node, step.timeout_s)
        except ClusterFailed as runs:  # as well as ever, so the trial goes on without its fault
            raise RecipeFailed(str(runs)) from runs
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
