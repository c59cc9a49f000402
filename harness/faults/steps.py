"""What a script is made of: small steps, pure data, that anybody can read and ``act`` carries out in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.wire.rules import Rule

Target = Literal["leader", "follower", "followers", "controller", "all"]
"""Of partition 0 at that moment: its leader, its first follower, all of its followers; the controller; every broker.

Once a step has hit a target, later steps mean the same nodes by it, whoever leads by then, until they are resumed or
started again.
"""


@dataclass(frozen=True)
class Send:
    """Starts ``count`` messages and goes on at once. ``rate`` in messages a second; None is as fast as it goes.

    ``flush_every`` makes the client flush after each so many, which gives one ProduceRequest each.
    """

    count: int
    rate: float | None = None
    flush_every: int | None = None


@dataclass(frozen=True)
class AwaitAcks:
    """Until so many messages sent since the warm-up are acked (acks=0: counted as sent).

    ``required`` is false where it is the configuration's to say whether anything is acked: then the bound only ends it.
    """

    count: int
    timeout_s: float = 20.0
    required: bool = True


@dataclass(frozen=True)
class AwaitSent:
    """Until the load is handed over and flushed. What has no report by then is unknown, which is no error here."""

    timeout_s: float


@dataclass(frozen=True)
class Sleep:
    """Waits so long."""

    seconds: float


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
    timeout_s: float = 30.0


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
    timeout_s: float = 30.0


@dataclass(frozen=True)
class AwaitFailover:
    """Until the other brokers say that the partition is led by another broker, or by none."""

    timeout_s: float = 20.0


@dataclass(frozen=True)
class AwaitIsrOfLeader:
    """Until the leader says that nobody but itself is in sync."""

    timeout_s: float = 20.0


@dataclass(frozen=True)
class AwaitHealthy:
    """Until every broker says that all are here and every ISR is full."""

    timeout_s: float = 45.0


@dataclass(frozen=True)
class AwaitEnd:
    """Until the broker's process has ended by itself."""

    target: Target = "leader"
    timeout_s: float = 20.0


@dataclass(frozen=True)
class ElectUnclean:
    """Asks the controller to let a replica lead that is not in sync, if the partition has no leader."""

    timeout_s: float = 20.0


@dataclass(frozen=True)
class LosePower:
    """What the dead nodes' disks would lose without power: all of the topic that was never forced to disk."""

    target: Target


@dataclass(frozen=True)
class LoseDisk:
    """The dead node's directories of the topic are gone."""

    target: Target


@dataclass(frozen=True)
class MakeReadOnly:
    """No file can be made in the partition's directory on this node any more; those that are open go on."""

    target: Target = "leader"


@dataclass(frozen=True)
class MakeWritable:
    """Undoes ``MakeReadOnly``."""

    target: Target = "leader"


@dataclass(frozen=True)
class FillDisk:
    """This node can add so many bytes to its largest log, and then writes fail, until it is started again."""

    room_bytes: int
    target: Target = "leader"


@dataclass(frozen=True)
class PauseClient:
    """SIGSTOP the producer's process."""


@dataclass(frozen=True)
class ResumeClient:
    """SIGCONT it."""


@dataclass(frozen=True)
class KillClient:
    """SIGKILL the producer's process: what it had in memory is gone. The load is over, unless it is restarted."""


@dataclass(frozen=True)
class RestartClient:
    """A new client sends again all that the killed one had no report for, and then the rest of the load."""

    timeout_s: float = 25.0


@dataclass(frozen=True)
class AwaitFired:
    """Until the proxy says that a rule of this action fell on a request."""

    action: str
    timeout_s: float = 20.0


@dataclass(frozen=True)
class Wire:
    """Puts these rules into the proxy, in place of all before."""

    rules: tuple[Rule, ...] = field(default=())


Step = (
    Send
    | AwaitAcks
    | AwaitSent
    | Sleep
    | Pause
    | Resume
    | Kill
    | ShutDown
    | Restart
    | RestartInTurn
    | AwaitFailover
    | AwaitIsrOfLeader
    | AwaitHealthy
    | AwaitEnd
    | ElectUnclean
    | LosePower
    | LoseDisk
    | MakeReadOnly
    | MakeWritable
    | FillDisk
    | PauseClient
    | ResumeClient
    | KillClient
    | RestartClient
    | AwaitFired
    | Wire
)
