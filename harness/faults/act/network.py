"""Carries out what is done between nodes."""

from __future__ import annotations

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import Stage


@do.register
def _(step: steps.Cut, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        brokers = [broker for broker in stage.cluster.addresses if broker != node]
        controller = stage.nodes("controller") if step.others != "brokers" else ()
        others = [*controller, *(brokers if step.others != "controller" else ())]
        for other in others:
            if step.direction != "incoming":
                stage.links.cut(node, other)
            if step.direction != "outgoing":
                stage.links.cut(other, node)
        stage.record("cut", node=node, off=others, direction=step.direction, acks=stage.acks())


@do.register
def _(step: steps.Mend, stage: Stage) -> None:
    stage.links.mend()
    stage.record("mend", acks=stage.acks())
    stage.let_go(step.target)


@do.register
def _(step: steps.Disconnect, stage: Stage) -> None:
    for node in stage.take(step.target):
        acks = stage.acks()
        stage.network.disconnect(node)
        stage.record("disconnect", node=node, target=step.target, acks=acks)


@do.register
def _(step: steps.Reconnect, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.network.reconnect(node)
        stage.record("reconnect", node=node, target=step.target)
    stage.let_go(step.target)
