"""What faults do that are parts of one: one after the other, or at once."""

from __future__ import annotations

from dataclasses import dataclass

from harness.faults.steps.step import Step


@dataclass(frozen=True)
class Part(Step):
    """The steps of one of the faults, in their order: what they do bears its name, and what they hit is its own."""

    fault: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Together(Step):
    """All parts begin at once, and each goes on whenever it has not to wait; over when all are."""

    parts: tuple[Part, ...]
