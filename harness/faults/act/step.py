"""One step: whoever can carry out a kind of it is registered here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any

from harness.faults import steps
from harness.faults.stage import Stage


@singledispatch
def do(step: Any, stage: Stage) -> Iterator[None] | None:
    """Carries out one step; one that has to wait yields while it does, so that others can be carried out meanwhile.

    It is bounded: past its bound it raises ``RecipeFailed``.
    """
    raise TypeError(f"no act for {step!r}")


def carry_out(plan: Sequence[steps.Step], stage: Stage) -> Iterator[None]:
    """One step after the other; it yields while a step waits."""
    for step in plan:
        try:
            yield from do(step, stage) or ()
        finally:  # what was hit before a step failed was hit all the same
            stage.collect_firings()
