"""Faults of disks: what a lost power supply takes, a directory that is gone, read-only or full."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from harness.faults.broker import needs_follower
from harness.faults.fault import Config, Fault, Script, given, in_order
from harness.faults.parameters import Parameters, UnderLoad
from harness.faults.steps import (
    AwaitAcks,
    AwaitEnd,
    AwaitFailover,
    AwaitHealthy,
    ElectUnclean,
    FillDisk,
    Kill,
    LoseDisk,
    LosePower,
    MakeReadOnly,
    MakeWritable,
    Restart,
    Send,
    Sleep,
    Step,
    Target,
)
from harness.topics import partitions_in_all

_CHECKPOINTED_S = 0.7  # by then what was flushed is in the checkpoint (log.flush.offset.checkpoint.interval.ms)

_SMALLEST_SEGMENT_BYTES = 1_048_576  # that Kafka allows (KIP-1030)


class Stored(Parameters):
    messages: int = Field(500, ge=1, le=10_000_000, description="messages sent, and acked, before the fault")


class PowerLoss(Stored):
    flush_messages: int | None = Field(
        None, ge=1, description="flush.messages of the topic: with 1 every message is forced to disk before it is acked"
    )


class PowerLossFollower(PowerLoss):
    leader_dies: bool = Field(
        False, description="the leader is killed too, and a follower is made to lead before it is back"
    )


class Rolled(UnderLoad):
    messages: int = Field(16_000, ge=1, le=10_000_000, description="messages sent: more than one segment holds")
    rate: float = Field(4_000, gt=0, description="messages a second")


class FullDisk(UnderLoad):
    room_bytes: int = Field(100_000, ge=1, description="so much can still be written to a log")


def _stored(parameters: Stored, *then: Step) -> Script:
    """All is sent and acked before anything else happens."""
    acked = AwaitAcks(parameters.messages, required=False)
    return Script(load=Send(parameters.messages), during=(acked, Sleep(_CHECKPOINTED_S), *then, AwaitHealthy()))


def _crash(target: Target, harm: Step, *then: Step) -> Callable[[Stored], Script]:
    """The nodes die, and their disks are not what they were when they start again."""
    return lambda parameters: _stored(parameters, Kill(target), harm, *then, Restart(target))


def _forgetful_follower(parameters: PowerLossFollower) -> Script:
    """If the leader dies too, the follower that forgot leads, unless another one has all."""
    loses = (Kill("follower"), LosePower("follower"))
    if not parameters.leader_dies:
        return _stored(parameters, *loses, Restart("follower"))
    return _stored(parameters, *loses, Kill(), Restart("follower"), AwaitFailover(), ElectUnclean(), Restart())


def _read_only(parameters: Rolled) -> Script:
    """The leader finds out when it starts its next segment; a broker without a log directory that works ends."""
    return Script(
        before=parameters.watch,
        load=parameters.load,
        during=(
            *parameters.trigger,
            MakeReadOnly(),
            AwaitEnd(),
            MakeWritable(),
            AwaitFailover(),
            Restart(),
            AwaitHealthy(),
        ),
    )


def _full(parameters: FullDisk) -> Script:
    return Script(
        before=parameters.watch,
        load=parameters.load,
        during=(
            *parameters.trigger,
            FillDisk(parameters.room_bytes),
            AwaitEnd(),
            AwaitFailover(),
            Restart(),
            AwaitHealthy(),
        ),
    )


def _never_rolls(parameters: Rolled, config: Config) -> str | None:
    """The broker finds out only when it needs a new file."""
    partitions, segment_bytes = partitions_in_all(config), int(config["segment.bytes"])
    left_bytes = (parameters.messages - min(parameters.after_acks, parameters.messages)) * parameters.message_size
    if left_bytes / partitions > segment_bytes:
        return None
    return (
        f"what is sent after it strikes, {left_bytes:,} bytes, fills no segment of {segment_bytes:,} bytes in each of "
        f"{partitions} partitions: send more messages"
    )


def _stored_s(parameters: Stored, config: Config) -> float:
    return 8.0


def _under_load_s(parameters: UnderLoad, config: Config) -> float:
    return 5.0 + parameters.seconds


FAULTS = (
    Fault(
        name="power-loss",
        summary="Every broker loses power at once: all that was not forced to disk is gone.",
        parameters=PowerLoss,
        settings=given("flush.messages"),
        script=_crash("all", LosePower("all")),
        fired=in_order("kill", "power-lost", "restart", "healthy"),
        estimate_s=_stored_s,
    ),
    Fault(
        name="power-loss-leader",
        summary="The leader alone loses power, and starts again at once without what was not forced to disk.",
        parameters=PowerLoss,
        settings=given("flush.messages"),
        script=_crash("leader", LosePower("leader")),
        fired=in_order("kill", "power-lost", "restart", "healthy"),
        estimate_s=_stored_s,
    ),
    Fault(
        name="power-loss-follower",
        summary="One follower alone loses power, and starts again without what was not forced to disk.",
        parameters=PowerLossFollower,
        settings=given("flush.messages"),
        script=_forgetful_follower,
        fired=in_order("kill", "power-lost", "restart", "healthy"),
        refuses=needs_follower,
        estimate_s=_stored_s,
    ),
    Fault(
        name="disk-lost",
        summary="The leader is killed and its copy of the topic is gone when it starts again.",
        parameters=Stored,
        # It comes back when its session is over: a replica that is in sync by its own word would lead with nothing.
        script=_crash("leader", LoseDisk("leader"), AwaitFailover()),
        fired=in_order("kill", "disk-lost", "failover", "restart", "healthy"),
        estimate_s=_stored_s,
    ),
    Fault(
        name="read-only-disk",
        summary="The leader's log directory becomes read-only under load: the broker ends at its next segment.",
        parameters=Rolled,
        script=_read_only,
        fired=in_order("read-only", "ended", "failover", "restart", "healthy"),
        refuses=_never_rolls,
        settings=lambda parameters: {"segment.bytes": _SMALLEST_SEGMENT_BYTES},
        estimate_s=_under_load_s,
    ),
    Fault(
        name="full-disk",
        summary="The leader's disk is full under load: its writes fail and the broker ends.",
        parameters=FullDisk,
        script=_full,
        fired=in_order("disk-full", "ended", "failover", "restart", "healthy"),
        estimate_s=_under_load_s,
    ),
)
