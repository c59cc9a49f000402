"""Carries out what becomes of producers in the middle of a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bounds import ABORTING_S, HELD_UP_S
from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


@do.register
def _(step: steps.StopClient, stage: Stage) -> None:
    stage.fleet.stop_at(step.point, step.ordinal)


@do.register
def _(step: steps.AwaitStopped, stage: Stage) -> Iterator[None]:
    yield from stage.while_load_moves(stage.fleet.stand, "the producer did not come to where it is to stop", grace_s=0)
    stage.record("stop-client", acks=stage.acks(), uncommitted=stage.fleet.uncommitted())


@do.register
def _(step: steps.AwaitExpired, stage: Stage) -> Iterator[None]:
    began_ns = stage.clock_ns()
    timeout_s = float(stage.fleet.effective["transaction.timeout.ms"]) / 1000
    until_ns = began_ns + int((timeout_s + ABORTING_S + HELD_UP_S) * 1e9)
    while (held := _held_back(stage)) and stage.clock_ns() < until_ns:
        stage.look_after()
        yield
    if held:
        raise RecipeFailed(f"no transaction was aborted after more than {timeout_s:g} s: {held} offsets are held back")
    stage.record("expired", seconds=round((stage.clock_ns() - began_ns) / 1e9, 3))


def _held_back(stage: Stage) -> int:
    """How many offsets a read_committed consumer does not get to."""
    stable = stage.topics.gathered(stage.cluster.last_stable_offsets)
    ends = stage.topics.gathered(stage.cluster.high_watermarks)
    return sum(end - stable.get(partition, 0) for partition, end in ends.items())


@do.register
def _(step: steps.GoOn, stage: Stage) -> None:
    stage.fleet.release()
    stage.record("go-on")


@do.register
def _(step: steps.FenceClient, stage: Stage) -> None:
    stage.fleet.fence()
    stage.record("fence-client")
    stage.fleet.go_on(stage.bounds)


@do.register
def _(step: steps.AwaitCommitted, stage: Stage) -> Iterator[None]:
    yield from stage.while_load_moves(
        lambda: stage.fleet.committed_at_work() >= step.count, f"not {step.count} messages were committed", grace_s=0
    )
    stage.record("committed", count=stage.fleet.committed_at_work())


@do.register
def _(step: steps.AwaitGoneOn, stage: Stage) -> None:
    for died, error in stage.fleet.finish_released():
        stage.record("gone-on", died=died, error=error)
