"""Carries out what is done to disks."""

from __future__ import annotations

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


@do.register
def _(step: steps.LosePower, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        lost = sum(stage.disks.lose_power(node, topic) for topic in stage.topics.names)
        stage.record("power-lost", node=node, bytes_lost=lost)


@do.register
def _(step: steps.LoseDisk, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        lost = [
            stage.topics.partition(topic, own) for topic in stage.topics.names for own in stage.disks.lose(node, topic)
        ]
        stage.record("disk-lost", node=node, partitions=lost)


@do.register
def _(step: steps.MakeReadOnly, stage: Stage) -> None:
    for node in stage.take(step.target):
        try:
            stage.disks.make_read_only(node, stage.topic)
        except OSError as error:
            raise RecipeFailed(f"{stage.topic}-0 of broker {node} cannot be made read-only here: {error}") from error
        stage.record("read-only", node=node)


@do.register
def _(step: steps.MakeWritable, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        stage.disks.make_writable(node, stage.topic)
        stage.record("writable", node=node)


@do.register
def _(step: steps.FillDisk, stage: Stage) -> None:
    for node in stage.take(step.target):
        limit = stage.disks.fill(node, stage.topic, step.room_bytes)
        stage.record("disk-full", node=node, limit_bytes=limit)
