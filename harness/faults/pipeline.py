"""Faults of a pipeline: a worker dies at a named point, freezes or stalls there while others do its work; workers come
and go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from pydantic import Field

from harness.events import Guarantee, Point
from harness.faults.fault import Config, Fault, Script, in_order
from harness.faults.parameters import Parameters
from harness.faults.steps import (
    AddWorker,
    AwaitProcessed,
    AwaitShares,
    AwaitStop,
    FreezeWorker,
    KillWorker,
    Send,
    StallWorker,
    StartWorker,
    Step,
    StopWorker,
)

At = Literal["after-poll", "mid-send", "after-send", "after-send-offsets", "after-commit"]
_SESSION_S = 6.0  # until a group takes its partitions from a member that is silent


class Stopped(Parameters):
    messages: int = Field(1_000, ge=1, le=10_000_000, description="inputs of the pipeline")
    point: At = Field("after-send", description="where in the life of a batch it strikes")
    batch: int = Field(5, ge=1, le=100_000, description="which batch in the worker's life that is")
    worker: int = Field(0, ge=0, le=8, description="which worker it strikes, from 0")

    @property
    def stop(self) -> AwaitStop:
        return AwaitStop(Point(self.point), self.batch, self.worker)


class KillWorkerAt(Stopped):
    times: int = Field(1, ge=1, le=100, description="how often: each worker that takes over dies there as well")


class Stalled(Stopped):
    max_poll_interval_ms: int = Field(
        6_000, ge=6_000, le=600_000, description="after which a worker that does not poll leaves its group"
    )


class Rebalanced(Parameters):
    messages: int = Field(1_200, ge=1, le=10_000_000, description="inputs of the pipeline")
    rate: float = Field(300, gt=0, description="inputs a second")
    comes_after: int = Field(200, ge=0, description="inputs that are processed before another worker comes")
    goes_after: int = Field(600, ge=0, description="inputs that are processed before the first worker goes")


def _kill_worker(parameters: KillWorkerAt) -> Script:
    def deeds() -> Iterator[Step]:
        for left in reversed(range(parameters.times)):
            again = StartWorker((parameters.stop,) if left else (), parameters.worker)
            yield from (parameters.stop, KillWorker(parameters.worker), again)

    return Script(load=Send(parameters.messages), during=tuple(deeds()))


def _replace_worker(parameters: Stopped) -> Script:
    worker = parameters.worker
    deeds = (parameters.stop, FreezeWorker(worker), StartWorker(worker=worker))
    return Script(load=Send(parameters.messages), during=deeds)


def _stall_worker(parameters: Stalled) -> Script:
    stalls = StallWorker(parameters.worker, parameters.max_poll_interval_ms)
    return Script(load=Send(parameters.messages), during=(parameters.stop, stalls))


def _rebalance(parameters: Rebalanced) -> Script:
    return Script(
        load=Send(parameters.messages, rate=parameters.rate),
        during=(
            AwaitShares(),
            AwaitProcessed(parameters.comes_after),
            AddWorker(),
            AwaitShares(),
            AwaitProcessed(parameters.goes_after),
            StopWorker(),
            AwaitShares(),
        ),
    )


def _no_such_point(parameters: Stopped, config: Config) -> str | None:
    guarantee = config.get("processing.guarantee")
    if guarantee is None:
        return "only a pipeline has workers"
    if parameters.worker >= int(config.get("pipeline.workers", 1)):
        return f"there is no worker {parameters.worker}: they are counted from 0"
    if parameters.messages < (needed := parameters.batch * int(config.get("pipeline.batch", 1))):
        return f"of {parameters.messages} inputs no worker comes to batch {parameters.batch}: that takes {needed}"
    if Point(parameters.point) is Point.AFTER_SEND_OFFSETS and guarantee != Guarantee.EXACTLY_ONCE:
        return f"with {guarantee} no offsets are sent to a transaction"
    return None


def _no_such_stall(parameters: Stalled, config: Config) -> str | None:
    if (why := _no_such_point(parameters, config)) is not None:
        return why
    if config.get("pipeline.mode") != "subscribe":
        return "nobody takes partitions away that are assigned by hand"
    if int(config.get("pipeline.workers", 1)) == 1:
        return "there is no other worker who could be given its partitions"
    return None


def _nothing_to_share(parameters: Rebalanced, config: Config) -> str | None:
    if config.get("processing.guarantee") is None:
        return "only a pipeline has workers"
    if config.get("pipeline.mode") != "subscribe":
        return "partitions that are assigned by hand are shared out once"
    if not parameters.comes_after <= parameters.goes_after <= parameters.messages:
        return (
            f"of {parameters.messages} inputs it begins at {parameters.comes_after} and ends at {parameters.goes_after}"
        )
    workers, partitions = int(config.get("pipeline.workers", 1)), int(config["partitions"])
    if workers == 1:
        return "the first worker goes, and the one that comes is not to be alone: it needs two"
    if workers >= partitions:
        return f"one worker more than {workers} would have no partition of {partitions}"
    return None


def _takes_s(seconds: float, sessions: int) -> Callable[[Parameters, Config], float]:
    """So long, and with a group as many sessions that end."""
    return lambda parameters, config: (
        seconds + (sessions * _SESSION_S if config.get("pipeline.mode") == "subscribe" else 0.0)
    )


FAULTS = (
    Fault(
        name="kill-worker",
        summary="A worker of the pipeline is killed at a point of a batch's life, and another takes over.",
        parameters=KillWorkerAt,
        script=_kill_worker,
        fired=in_order("kill-worker", "start-worker"),
        refuses=_no_such_point,
        estimate_s=lambda parameters, config: 4.0 + parameters.times * _takes_s(2.0, 1)(parameters, config),
    ),
    Fault(
        name="replace-worker",
        summary="A worker freezes at a point of a batch's life, another does its work, and it wakes up.",
        parameters=Stopped,
        script=_replace_worker,
        fired=in_order("freeze-worker", "start-worker"),
        refuses=_no_such_point,
        estimate_s=_takes_s(8.0, 1),
    ),
    Fault(
        name="stall-worker",
        summary="A worker stalls at a point of a batch's life, its group gives its partitions away, and it goes on.",
        parameters=Stalled,
        script=_stall_worker,
        fired=in_order("stall-worker", "go-on"),
        refuses=_no_such_stall,
        estimate_s=lambda parameters, config: 8.0 + parameters.max_poll_interval_ms / 1000,
    ),
    Fault(
        name="rebalance",
        summary="Another worker joins the pipeline's group, and later the first one leaves it in order.",
        parameters=Rebalanced,
        script=_rebalance,
        fired=in_order("start-worker", "shared", "stop-worker", "shared"),
        refuses=_nothing_to_share,
        estimate_s=lambda parameters, config: 8.0 + parameters.messages / parameters.rate,
    ),
)
