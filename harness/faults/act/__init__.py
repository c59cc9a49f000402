"""Carries a recipe out, one step after the other, and writes down what it did and saw.

Every step is bounded. A step whose bound passes ends the recipe with ``RecipeFailed``; the events up to there stay.
Parts of a recipe that run at once take turns in this one thread: each goes on until it has to wait.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from harness.faults import steps
from harness.faults.act import (  # noqa: F401  each registers its steps
    disks,
    load,
    network,
    nodes,
    pipeline,
    together,
    transactions,
    wire,
)
from harness.faults.act.step import carry_out
from harness.faults.stage import Stage

_POLL_S = 0.02


def act(plan: Sequence[steps.Step], stage: Stage) -> None:
    """Runs the plan on the stage; the stage's ``events`` grow as it goes. Raises ``RecipeFailed``."""
    for _ in carry_out(plan, stage):
        time.sleep(_POLL_S)
