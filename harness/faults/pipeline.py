"""Faults of a pipeline: one of its workers dies at a named point, or freezes there while another does its work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from harness.events import Guarantee, Point
from harness.faults.fault import Config, Fault, Script, in_order
from harness.faults.parameters import Parameters
from harness.faults.steps import AwaitStop, FreezeWorker, KillWorker, Send, StartWorker, Step

At = Literal["after-poll", "mid-send", "after-send", "after-send-offsets", "after-commit"]


class Stopped(Parameters):
    messages: int = Field(1_000, ge=1, le=10_000_000, description="inputs of the pipeline")
    point: At = Field("after-send", description="where in the life of a batch it strikes")
    batch: int = Field(5, ge=1, le=100_000, description="which batch in the worker's life that is")

    @property
    def stop(self) -> AwaitStop:
        return AwaitStop(Point(self.point), self.batch)


class KillWorkerAt(Stopped):
    times: int = Field(1, ge=1, le=100, description="how often: each worker that takes over dies there as well")


def _kill_worker(parameters: KillWorkerAt) -> Script:
    def deeds() -> Iterator[Step]:
        for left in reversed(range(parameters.times)):
            yield from (parameters.stop, KillWorker(), StartWorker((parameters.stop,) if left else ()))

    return Script(load=Send(parameters.messages), during=tuple(deeds()))


def _replace_worker(parameters: Stopped) -> Script:
    return Script(load=Send(parameters.messages), during=(parameters.stop, FreezeWorker(), StartWorker()))


def _no_such_point(parameters: Stopped, config: Config) -> str | None:
    guarantee = config.get("processing.guarantee")
    if guarantee is None:
        return "only a pipeline has workers"
    if Point(parameters.point) is Point.AFTER_SEND_OFFSETS and guarantee != Guarantee.EXACTLY_ONCE:
        return f"with {guarantee} no offsets are sent to a transaction"
    return None


FAULTS = (
    Fault(
        name="kill-worker",
        summary="The pipeline's worker is killed at a point of a batch's life, and another takes over.",
        parameters=KillWorkerAt,
        script=_kill_worker,
        fired=in_order("kill-worker", "start-worker"),
        refuses=_no_such_point,
        estimate_s=lambda parameters, config: 6.0 + 2.0 * parameters.times,
    ),
    Fault(
        name="replace-worker",
        summary="The pipeline's worker freezes at a point of a batch's life, another does its work, and it wakes up.",
        parameters=Stopped,
        script=_replace_worker,
        fired=in_order("freeze-worker", "start-worker"),
        refuses=_no_such_point,
        estimate_s=lambda parameters, config: 8.0,
    ),
)
