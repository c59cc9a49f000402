"""What is done between nodes, by the relays of a cluster that has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.clusters.can import Ability
from harness.faults.steps.nodes import Target
from harness.faults.steps.step import Need, Step

Others = Literal["controller", "brokers", "nodes"]
"""Whom a broker is cut off from: the controller, the other brokers, or both."""
Direction = Literal["both", "outgoing", "incoming"]
"""Seen from the broker that is cut off: what it sends does not arrive, what is sent to it does not, or neither does."""


@dataclass(frozen=True)
class Cut(Step):
    """No byte passes any more between the broker and these others in this direction; no connection ends."""

    others: Others
    direction: Direction = "both"
    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return frozenset({Ability.LINKS} if self.others == "brokers" else {Ability.LINKS, Ability.CONTROLLER})


@dataclass(frozen=True)
class Mend(Step):
    """All that was cut passes again, and what was held goes on."""

    needs = frozenset({Ability.LINKS})
    target: Target = "leader"
