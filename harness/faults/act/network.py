"""Carries out what is done between nodes."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import Stage


@do.register
def _(step: steps.Cut, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        brokers = [broker for broker in stage.cluster.addresses if broker != node]
        others: Mapping[steps.Others, list[int]] = {
            "controller": [stage.cluster.controller],
            "brokers": brokers,
            "nodes": [stage.cluster.controller, *brokers],
        }
        for other in others[step.others]:
            if step.direction != "incoming":
                stage.cluster.cut(node, other)
            if step.direction != "outgoing":
                stage.cluster.cut(other, node)
        stage.record("cut", node=node, off=others[step.others], direction=step.direction, acks=stage.acks())


@do.register
def _(step: steps.Mend, stage: Stage) -> None:
    stage.cluster.mend()
    stage.record("mend", acks=stage.acks())
    stage.let_go(step.target)
