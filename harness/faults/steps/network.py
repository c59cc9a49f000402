"""What is done between nodes, by the relays of a cluster that has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.faults.steps.nodes import Target

Others = Literal["controller", "brokers", "nodes"]
"""Whom a broker is cut off from: the controller, the other brokers, or both."""
Direction = Literal["both", "outgoing", "incoming"]
"""Seen from the broker that is cut off: what it sends does not arrive, what is sent to it does not, or neither does."""


@dataclass(frozen=True)
class Cut:
    """No byte passes any more between the broker and these others in this direction; no connection ends."""

    others: Others
    direction: Direction = "both"
    target: Target = "leader"


@dataclass(frozen=True)
class Mend:
    """All that was cut passes again, and what was held goes on."""

    target: Target = "leader"
