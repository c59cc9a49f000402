"""What becomes of a pipeline's workers."""

from __future__ import annotations

from dataclasses import dataclass

from harness.events import Point
from harness.faults.steps.step import Step


@dataclass(frozen=True)
class AwaitStop(Step):
    """Until the worker has stopped at this point of its ``batch``, which was told it when it started."""

    point: Point
    batch: int
    worker: int = 0


@dataclass(frozen=True)
class KillWorker(Step):
    """SIGKILL."""

    worker: int = 0


@dataclass(frozen=True)
class FreezeWorker(Step):
    """SIGSTOP: it wakes when the pipeline is through, and goes on where it was."""

    worker: int = 0


@dataclass(frozen=True)
class StartWorker(Step):
    """Another begins under this number; where there was one, with its transactional id."""

    stops: tuple[AwaitStop, ...] = ()
    """Where it is to stop."""
    worker: int = 0


@dataclass(frozen=True)
class AddWorker(Step):
    """One more begins, under a number of its own."""


@dataclass(frozen=True)
class StopWorker(Step):
    """In order: it leaves its group."""

    worker: int = 0


@dataclass(frozen=True)
class StallWorker(Step):
    """It stays where it has stopped, alive, without a poll, until its group has given its partitions to others; then it
    goes on.
    """

    worker: int
    max_poll_interval_ms: int
    """After which a member that does not poll leaves its group: a setting of all workers."""


@dataclass(frozen=True)
class AwaitShares(Step):
    """Until the group has given each worker at work partitions, and every partition to one."""


@dataclass(frozen=True)
class AwaitProcessed(Step):
    """Until so many inputs were processed, by whomever."""

    inputs: int
