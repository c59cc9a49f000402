"""Carries out what is done to disks."""

from __future__ import annotations

from pathlib import Path

from harness import folders
from harness.clusters import storage
from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


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
    for node in stage.take(step.target):
        folder = _partition(stage, node)
        try:
            folders.set_read_only(folder, read_only=True)
        except OSError as error:
            raise RecipeFailed(f"{folder.name} of broker {node} cannot be made read-only here: {error}") from error
        stage.record("read-only", node=node)


@do.register
def _(step: steps.MakeWritable, stage: Stage) -> None:
    for node in stage.nodes(step.target):
        folders.set_read_only(_partition(stage, node), read_only=False)
        stage.record("writable", node=node)


@do.register
def _(step: steps.FillDisk, stage: Stage) -> None:
    for node in stage.take(step.target):
        limit = stage.cluster.fill_disk(node, stage.topic, step.room_bytes)
        stage.record("disk-full", node=node, limit_bytes=limit)


def _partition(stage: Stage, node: int) -> Path:
    return storage.partitions(stage.cluster.data(node), stage.topic)[0]
