"""Carries a recipe out, one step after the other, and writes down what it did and saw.

Every step is bounded. A step whose bound passes ends the recipe with ``RecipeFailed``; the events up to there stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.faults import steps
from harness.faults.act import disks, load, network, nodes, wire  # noqa: F401  each registers its family's steps
from harness.faults.act.step import do
from harness.faults.stage import Stage


def act(plan: Sequence[steps.Step], stage: Stage) -> None:
    """Runs the plan on the stage; the stage's ``events`` grow as it goes. Raises ``RecipeFailed``."""
    for step in plan:
        try:
            do(step, stage)
        finally:  # what was hit before a step failed was hit all the same
            stage.collect_firings()
