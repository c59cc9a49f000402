"""What is done to nodes, and what is waited for of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Target = Literal["leader", "follower", "followers", "controller", "all"]
"""Of partition 0 at that moment: its leader, its first follower, all of its followers; the controller; every broker.

Once a step has hit a target, later steps mean the same nodes by it, whoever leads by then, until they are resumed,
mended or started again.
"""


@dataclass(frozen=True)
class Pause:
    """SIGSTOP."""

    target: Target = "leader"


@dataclass(frozen=True)
class Resume:
    """SIGCONT what was paused."""

    target: Target = "leader"


@dataclass(frozen=True)
class Kill:
    """SIGKILL."""

    target: Target = "leader"


@dataclass(frozen=True)
class ShutDown:
    """SIGTERM, and until it has ended: the broker hands its partitions over first."""

    target: Target = "leader"


@dataclass(frozen=True)
class Restart:
    """Start what was killed again, on its old disk and port."""

    target: Target = "leader"


@dataclass(frozen=True)
class RestartInTurn:
    """One broker after the other, the leader first, is ended and started again; each next one when the ISR is full
    once more.
    """

    gracefully: bool


@dataclass(frozen=True)
class AwaitFailover:
    """Until the other brokers say that the partition is led by another broker, or by none."""


@dataclass(frozen=True)
class AwaitIsrOfLeader:
    """Until the leader says that nobody but itself is in sync."""


@dataclass(frozen=True)
class AwaitHealthy:
    """Until every broker says that all are here and every ISR is full."""


@dataclass(frozen=True)
class AwaitEnd:
    """Until the broker's process has ended by itself, as the load makes it do."""

    target: Target = "leader"


@dataclass(frozen=True)
class ElectUnclean:
    """Asks the controller to let a replica lead that is not in sync, if the partition has no leader."""
