"""One step: whoever can carry out a kind of it is registered here."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from harness.faults.stage import Stage


@singledispatch
def do(step: Any, stage: Stage) -> None:
    """Carries out one step. It is bounded: past its bound it raises ``RecipeFailed``."""
    raise TypeError(f"no act for {step!r}")
