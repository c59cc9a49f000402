"""Carries out what is done between client and broker."""

from __future__ import annotations

from collections.abc import Iterator

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage


@do.register
def _(step: steps.AwaitFired, stage: Stage) -> Iterator[None]:
    def fired() -> bool:
        stage.collect_firings()
        return any(event.what == step.action for event in stage.events)

    return stage.while_load_moves(fired, f"no request met {step.action}")


@do.register
def _(step: steps.Wire, stage: Stage) -> None:
    if stage.proxy is None:
        raise RecipeFailed("there is no proxy to put rules into")
    stage.proxy.set_rules(list(step.rules))
