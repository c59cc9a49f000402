"""What is done between client and broker, by the proxy."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.faults.steps.step import Line, Step
from harness.wire.rules import Rule


@dataclass(frozen=True)
class AwaitFired(Step):
    """Until the proxy says that a rule of this action fell on a request."""

    needs = frozenset({Line.PROXY})
    action: str


@dataclass(frozen=True)
class Wire(Step):
    """Puts these rules into the proxy, in place of all before."""

    needs = frozenset({Line.PROXY})
    rules: tuple[Rule, ...] = field(default=())
