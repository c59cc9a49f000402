"""Carries out what faults do that are parts of one. At once they take turns, each going on until it has to wait."""

from __future__ import annotations

from collections.abc import Iterator

from harness.faults import steps
from harness.faults.act.step import carry_out, do
from harness.faults.stage import Stage


@do.register
def _(step: steps.Part, stage: Stage) -> Iterator[None]:
    return carry_out(step.steps, stage.for_part(step.fault))


@do.register
def _(step: steps.Together, stage: Stage) -> Iterator[None]:
    at_work = [carry_out(part.steps, stage.for_part(part.fault)) for part in step.parts]
    while at_work := [part for part in at_work if next(part, _ENDED) is not _ENDED]:
        yield


_ENDED = object()
