"""What is done between client and broker, by the proxy."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.wire.rules import Rule


@dataclass(frozen=True)
class AwaitFired:
    """Until the proxy says that a rule of this action fell on a request."""

    action: str


@dataclass(frozen=True)
class Wire:
    """Puts these rules into the proxy, in place of all before."""

    rules: tuple[Rule, ...] = field(default=())
