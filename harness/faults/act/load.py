"""Carries out what the load does, and the application that makes it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


@do.register
def _(step: steps.Send, stage: Stage) -> None:
    if stage.fleet.hangs:
        raise RecipeFailed(str(stage.fleet.hangs[0]))
    stage.fleet.start(step.count, stage.bounds, rate=step.rate, flush_every=step.flush_every)


@do.register
def _(step: steps.AwaitAcks, stage: Stage) -> Iterator[None]:
    over_ns = math.inf if step.at_most_s is None else stage.clock_ns() + step.at_most_s * 1e9

    def done() -> bool:
        return stage.acks() >= step.count or stage.clock_ns() > over_ns

    try:
        yield from stage.while_load_moves(done, f"not {step.count} messages were acked", grace_s=0)
    except RecipeFailed:
        if step.required:
            raise


@do.register
def _(step: steps.AwaitSent, stage: Stage) -> Iterator[None]:
    if stage.fleet.killed:
        stage.record("sent", total=stage.fleet.sent())
        return
    unreported = stage.fleet.finish()
    if stage.proxy is not None and stage.fleet.unconfirmed():
        # What is on its way still would meet other rules than it was sent under.
        stage.cluster.wait_quiet(stage.topics.names, stage.bounds.cluster_s)
    stage.record("sent", total=stage.fleet.sent(), unreported=unreported)
    if stage.proxy is not None and stage.pipeline is not None:
        yield from stage.while_processed(stage.pipeline)  # and so would what consumes it


@do.register
def _(step: steps.Sleep, stage: Stage) -> Iterator[None]:
    if step.drawn:
        stage.record("jitter", seconds=step.seconds)
    return stage.passing(step.seconds)


@do.register
def _(step: steps.PauseClient, stage: Stage) -> None:
    stage.fleet.pause()
    stage.record("pause-client", acks=stage.acks())


@do.register
def _(step: steps.ResumeClient, stage: Stage) -> None:
    stage.fleet.resume()
    stage.record("resume-client")


@do.register
def _(step: steps.KillClient, stage: Stage) -> None:
    stage.fleet.kill()
    fleet = stage.fleet
    stage.record("kill-client", sent=fleet.sent(), acks=stage.acks(), uncommitted=fleet.uncommitted())


@do.register
def _(step: steps.RestartClient, stage: Stage) -> Iterator[None]:
    stage.fleet.succeed()
    unfinished = stage.fleet.pending() + stage.fleet.uncommitted()
    if step.resend:
        stage.fleet.resend(stage.bounds)
        yield from stage.while_load_moves(lambda: not stage.fleet.pending(), "what was sent again has no report")
    stage.record("restart-client", sent_again=unfinished if step.resend else 0)
    stage.fleet.go_on(stage.bounds)
