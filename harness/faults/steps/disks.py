"""What is done to disks."""

from __future__ import annotations

from dataclasses import dataclass

from harness.clusters.can import Ability
from harness.faults.steps.nodes import Target
from harness.faults.steps.step import Step


@dataclass(frozen=True)
class LosePower(Step):
    """What the dead nodes' disks would lose without power: all of the topic that was never forced to disk."""

    needs = frozenset({Ability.DISKS})
    target: Target


@dataclass(frozen=True)
class LoseDisk(Step):
    """The dead node's directories of the topic are gone."""

    needs = frozenset({Ability.DISKS})
    target: Target


@dataclass(frozen=True)
class MakeReadOnly(Step):
    """No file can be made in the partition's directory on this node any more; those that are open go on."""

    needs = frozenset({Ability.DISKS})
    target: Target = "leader"


@dataclass(frozen=True)
class MakeWritable(Step):
    """Undoes ``MakeReadOnly``."""

    needs = frozenset({Ability.DISKS})
    target: Target = "leader"


@dataclass(frozen=True)
class FillDisk(Step):
    """This node can add so many bytes to the topic's longest log, and then writes fail, until it is started again."""

    needs = frozenset({Ability.FULL_DISKS})
    room_bytes: int
    target: Target = "leader"
