"""What is done between client and broker, by the proxy."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.faults.steps.step import LineNeed, Step
from harness.wire.rules import WireRule


@dataclass(frozen=True)
class AwaitFired(Step):
    """Until the proxy says that a rule of this action fell on a request."""

    needs = frozenset({LineNeed.PROXY})
    action: str


@dataclass(frozen=True)
class SetRules(Step):
    """Puts these rules into the proxy, in place of all before."""

    needs = frozenset({LineNeed.PROXY})
    rules: tuple[WireRule, ...] = field(default=())
