"""What a recipe is made of: small steps, pure data, that anybody can read and ``act`` carries out in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.wire.rules import Rule


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
    """Until so many messages sent since the warm-up are acked (acks=0: counted as sent)."""

    count: int
    timeout_s: float = 20.0


@dataclass(frozen=True)
class AwaitSent:
    """Until the load is handed over and flushed. What has no report by then is unknown, which is no error here."""

    timeout_s: float = 25.0


@dataclass(frozen=True)
class Pause:
    """SIGSTOP the partition's leader of this moment."""


@dataclass(frozen=True)
class Resume:
    """SIGCONT the broker that was paused."""


@dataclass(frozen=True)
class Kill:
    """SIGKILL the partition's leader of this moment."""


@dataclass(frozen=True)
class Restart:
    """Start the killed broker again."""


@dataclass(frozen=True)
class AwaitFailover:
    """Until the other brokers say that the partition is led by another broker, or by none."""

    timeout_s: float = 20.0


@dataclass(frozen=True)
class Wire:
    """Puts these rules into the proxy, in place of all before."""

    rules: tuple[Rule, ...] = field(default=())


Step = Send | AwaitAcks | AwaitSent | Pause | Resume | Kill | Restart | AwaitFailover | Wire
