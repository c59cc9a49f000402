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
        pipeline = _at_work(stage)
        pipeline.fail_if_dead()
        return pipeline.stopped(step.point, step.batch)

    yield from stage.until(there, f"the pipeline's worker did not come to {step.point} of batch {step.batch}")


@do.register
def _(step: steps.KillWorker, stage: Stage) -> None:
    pipeline = _at_work(stage)
    pipeline.kill()
    stage.record("kill-worker", processed=pipeline.processed())


@do.register
def _(step: steps.FreezeWorker, stage: Stage) -> None:
    pipeline = _at_work(stage)
    pipeline.freeze()
    stage.record("freeze-worker", processed=pipeline.processed())


@do.register
def _(step: steps.StartWorker, stage: Stage) -> None:
    _at_work(stage).start(tuple((stop.point.value, stop.batch) for stop in step.stops))
    stage.record("start-worker")


def _at_work(stage: Stage) -> Pipeline:
    if stage.pipeline is None:
        raise RecipeFailed("there is no pipeline whose worker could be hit")
    return stage.pipeline
