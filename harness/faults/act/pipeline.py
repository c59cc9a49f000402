"""Carries out what becomes of a pipeline's workers."""

from __future__ import annotations

from collections.abc import Iterator

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage
from harness.workers.pipeline import Pipeline


@do.register
def _(step: steps.AwaitStop, stage: Stage) -> Iterator[None]:
    def there() -> bool:
        return _at_work(stage).stopped(step.worker, step.point.value, step.batch)

    yield from stage.until(there, f"worker {step.worker} did not come to {step.point} of batch {step.batch}")


@do.register
def _(step: steps.KillWorker, stage: Stage) -> None:
    processed = _at_work(stage).processed(step.worker)
    _at_work(stage).kill(step.worker)
    stage.record("kill-worker", worker=step.worker, processed=processed)


@do.register
def _(step: steps.FreezeWorker, stage: Stage) -> None:
    processed = _at_work(stage).processed(step.worker)
    _at_work(stage).freeze(step.worker)
    stage.record("freeze-worker", worker=step.worker, processed=processed)


@do.register
def _(step: steps.StartWorker, stage: Stage) -> None:
    _at_work(stage).start(step.worker, tuple((stop.point.value, stop.batch) for stop in step.stops))
    stage.record("start-worker", worker=step.worker)


@do.register
def _(step: steps.AddWorker, stage: Stage) -> None:
    stage.record("start-worker", worker=_at_work(stage).add())


@do.register
def _(step: steps.StopWorker, stage: Stage) -> None:
    processed = _at_work(stage).processed(step.worker)
    _at_work(stage).stop(step.worker)
    stage.record("stop-worker", worker=step.worker, processed=processed)


@do.register
def _(step: steps.StallWorker, stage: Stage) -> Iterator[None]:
    pipeline = _at_work(stage)
    stage.record("stall-worker", worker=step.worker, processed=pipeline.processed(step.worker))
    pipeline.stall(step.worker)
    yield from _shared(stage, f"what worker {step.worker} had was not given to others")
    pipeline.go_on()
    stage.record("go-on", worker=step.worker)


@do.register
def _(step: steps.AwaitShares, stage: Stage) -> Iterator[None]:
    yield from _shared(stage, "not every worker has partitions")
    stage.record("shared", partitions={number: sorted(own) for number, own in _at_work(stage).shares().items()})


@do.register
def _(step: steps.AwaitProcessed, stage: Stage) -> Iterator[None]:
    def there() -> bool:
        return _at_work(stage).processed() >= step.inputs

    what = f"not {step.inputs} inputs were processed"
    yield from stage.while_load_moves(there, what, grace_s=stage.bounds.cluster_s)


def _shared(stage: Stage, what_was_not: str) -> Iterator[None]:
    """Until each worker at work has partitions, and all are somebody's."""

    def there() -> bool:
        pipeline = _at_work(stage)
        shares = pipeline.shares().values()
        return all(shares) and sum(map(len, shares)) == pipeline.partitions

    yield from stage.until(there, what_was_not)


def _at_work(stage: Stage) -> Pipeline:
    if stage.pipeline is None:
        raise RecipeFailed("there is no pipeline whose worker could be hit")
    return stage.pipeline
