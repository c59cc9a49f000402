"""What becomes of a pipeline's workers."""

from __future__ import annotations

from dataclasses import dataclass

from harness.events import Point
from harness.faults.steps.step import Step


@dataclass(frozen=True)
class AwaitStop(Step):
    """Until the worker at work has stopped at this point of its ``batch``, which was told it when it started."""

    point: Point
    batch: int


@dataclass(frozen=True)
class KillWorker(Step):
    """SIGKILL."""


@dataclass(frozen=True)
class FreezeWorker(Step):
    """SIGSTOP: it wakes when the pipeline is through, and goes on where it was."""


@dataclass(frozen=True)
class StartWorker(Step):
    """Another takes over, with the group and the transactional id of the one before."""

    stops: tuple[AwaitStop, ...] = ()
    """Where it is to stop."""
