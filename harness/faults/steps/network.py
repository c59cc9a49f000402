"""What is done between nodes: the ways between them are cut, or a node is taken off the network."""

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


@dataclass(frozen=True)
class Disconnect(Step):
    """The node is off the network: all of its connections end, and nobody reaches it, no client either. It runs on."""

    needs = frozenset({Ability.DISCONNECT})
    target: Target = "leader"


@dataclass(frozen=True)
class Reconnect(Step):
    """What was off the network is back, at its old address."""

    needs = frozenset({Ability.DISCONNECT})
    target: Target = "leader"
