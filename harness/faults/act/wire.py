"""Carries out what is done between client and broker."""

from __future__ import annotations

from collections.abc import Iterator

from harness.faults import steps
from harness.faults.act.step import do
from harness.faults.stage import Stage


@do.register
def _(step: steps.AwaitFired, stage: Stage) -> Iterator[None]:
    looked_at = 0  # events only come behind others, and there can be many

    def fired() -> bool:
        nonlocal looked_at
        stage.collect_firings()
        new, looked_at = stage.events[looked_at:], len(stage.events)
        return stage.has_fired(step.action, new)

    return stage.while_load_moves(fired, f"no request met {step.action}")


@do.register
def _(step: steps.SetRules, stage: Stage) -> None:
    stage.put_rules(step.rules)
