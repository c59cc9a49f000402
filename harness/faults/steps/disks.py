"""What is done to disks."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.steps.nodes import Target


@dataclass(frozen=True)
class LosePower:
    """What the dead nodes' disks would lose without power: all of the topic that was never forced to disk."""

    target: Target


@dataclass(frozen=True)
class LoseDisk:
    """The dead node's directories of the topic are gone."""

    target: Target


@dataclass(frozen=True)
class MakeReadOnly:
    """No file can be made in the partition's directory on this node any more; those that are open go on."""

    target: Target = "leader"


@dataclass(frozen=True)
class MakeWritable:
    """Undoes ``MakeReadOnly``."""

    target: Target = "leader"


@dataclass(frozen=True)
class FillDisk:
    """This node can add so many bytes to the topic's longest log, and then writes fail, until it is started again."""

    room_bytes: int
    target: Target = "leader"
