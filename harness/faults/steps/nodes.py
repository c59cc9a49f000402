"""What is done to nodes, and what is waited for of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.clusters.can import Ability
from harness.faults.steps.step import Need, Step

Target = Literal["leader", "follower", "followers", "controller", "txn-coordinator", "group-coordinator", "all"]
"""Of partition 0 at that moment: its leader, its first follower, all of its followers; the controller; the broker that
coordinates the first producer's transactions, or the consumers' group, whatever else it leads; every broker.

Once a step has hit a target, later steps mean the same nodes by it, whoever leads by then, until they are resumed,
mended or started again.
"""


def _of(target: Target, ability: Ability) -> frozenset[Need]:
    return frozenset({ability, Ability.CONTROLLER} if target == "controller" else {ability})


@dataclass(frozen=True)
class Pause(Step):
    """SIGSTOP."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.FREEZE)


@dataclass(frozen=True)
class Resume(Step):
    """SIGCONT what was paused."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.FREEZE)


@dataclass(frozen=True)
class Kill(Step):
    """SIGKILL."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.KILL)


@dataclass(frozen=True)
class ShutDown(Step):
    """SIGTERM, and until it has ended: the broker hands its partitions over first."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.SHUT_DOWN)


@dataclass(frozen=True)
class Restart(Step):
    """Start what was killed again, on its old disk and port."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.START)


@dataclass(frozen=True)
class RestartInTurn(Step):
    """One broker after the other, the leader first, is ended and started again; each next one when the ISR is full
    once more.
    """

    gracefully: bool

    @property
    def needs(self) -> frozenset[Need]:
        return frozenset({Ability.SHUT_DOWN if self.gracefully else Ability.KILL, Ability.START})


@dataclass(frozen=True)
class AwaitFailover(Step):
    """Until the other brokers say that the partition is led by another broker, or by none."""


@dataclass(frozen=True)
class AwaitCoordinator(Step):
    """Until the other brokers say that another coordinates what this one did."""

    target: Target


@dataclass(frozen=True)
class AwaitIsrOfLeader(Step):
    """Until the leader says that nobody but itself is in sync."""


@dataclass(frozen=True)
class AwaitHealthy(Step):
    """Until every broker says that all are here and every ISR is full."""


@dataclass(frozen=True)
class AwaitEnd(Step):
    """Until the broker's process has ended by itself, as the load makes it do."""

    target: Target = "leader"

    @property
    def needs(self) -> frozenset[Need]:
        return _of(self.target, Ability.ENDS)


@dataclass(frozen=True)
class ElectUnclean(Step):
    """Asks the controller to let a replica lead that is not in sync, if the partition has no leader."""
