"""Faults of the network: the leader is cut off from the controller, from the other brokers, or both; so is a
coordinator. Clients reach every broker all the while. No process ends and no connection does: bytes stop, and go on
later.

Or the leader is off the network altogether: its connections end, and nobody reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field

from harness.faults.broker import COORDINATOR, WHOSE, Of, needs_follower, no_coordinator
from harness.faults.fault import Config, Fault, Script, first_of, given, in_order, no_transactions
from harness.faults.parameters import InTransaction
from harness.faults.steps import (
    AwaitCoordinator,
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    Cut,
    Direction,
    Disconnect,
    Mend,
    Others,
    Reconnect,
    Sleep,
    Step,
    Target,
)


class Partition(InTransaction):
    messages: int = Field(18_000, ge=1, le=10_000_000, description="messages sent, before, during and after the fault")
    direction: Direction = Field(
        "both", description="which way is cut, seen from the broker: both, outgoing only or incoming only"
    )
    partition_s: float = Field(2.0, ge=0, le=60, description="how long it stays so once the cluster has reacted")


class DisconnectLeader(InTransaction):
    messages: int = Field(18_000, ge=1, le=10_000_000, description="messages sent, before, during and after the fault")
    off_s: float = Field(2.0, ge=0, le=60, description="how long it stays so once another leads")


class PartitionCoordinator(Partition):
    of: Of = Field("transaction", description=WHOSE)


class PartitionFollowers(Partition):
    request_timeout_ms: int = Field(
        1_000,
        ge=1,
        description="request.timeout.ms of the client; shorter than the leader waits for followers, it sends again",
    )


def _partition(others: Others, reaction: Step, target: Target = "leader") -> Callable[[Any], Script]:
    """Until the cluster has reacted, and for a while longer; then all that was held goes on."""

    def script(parameters: Partition) -> Script:
        return Script(
            before=parameters.watch,
            load=parameters.load,
            during=(
                *parameters.trigger,
                Cut(others, parameters.direction, target),
                *parameters.goes_on,
                reaction,
                Sleep(parameters.partition_s),
                Mend(target),
                AwaitHealthy(),
            ),
        )

    return script


def _cut_off_coordinator(parameters: PartitionCoordinator) -> Script:
    target = COORDINATOR[parameters.of]
    return _partition("nodes", AwaitCoordinator(target), target)(parameters)


def _disconnect(parameters: DisconnectLeader) -> Script:
    return Script(
        before=parameters.watch,
        load=parameters.load,
        during=(
            *parameters.trigger,
            Disconnect(),
            *parameters.goes_on,
            AwaitFailover(),
            Sleep(parameters.off_s),
            Reconnect(),
            AwaitHealthy(),
        ),
    )


def _estimate_s(parameters: Partition, config: Config) -> float:
    return 3.0 + max(parameters.seconds, parameters.partition_s)


FAULTS = (
    Fault(
        name="partition-controller",
        summary="The leader is cut off from the controller, another is elected, and clients still reach both.",
        parameters=Partition,
        script=_partition("controller", AwaitFailover()),
        fired=in_order("cut", "failover", "mend"),
        refuses=first_of(needs_follower, no_transactions),
        estimate_s=_estimate_s,
    ),
    Fault(
        name="partition-followers",
        summary="The leader is cut off from the other brokers, and leads on alone.",
        parameters=PartitionFollowers,
        script=_partition("brokers", AwaitIsrOfLeader()),
        fired=in_order("cut", "isr-shrunk", "mend"),
        refuses=first_of(needs_follower, no_transactions),
        # Below min.insync.replicas the high watermark stands still (KIP-966), so that what was appended is not refused
        # but waits for the followers: only a client that does not wait so long sends it again.
        settings=given("request.timeout.ms"),
        estimate_s=_estimate_s,
    ),
    Fault(
        name="partition-leader",
        summary="The leader is cut off from every other node, another is elected, and clients still reach both.",
        parameters=Partition,
        script=_partition("nodes", AwaitFailover()),
        fired=in_order("cut", "failover", "mend"),
        refuses=first_of(needs_follower, no_transactions),
        estimate_s=_estimate_s,
    ),
    Fault(
        name="disconnect-leader",
        summary="The leader is off the network, for nodes and for clients, another is elected, and it is back.",
        parameters=DisconnectLeader,
        script=_disconnect,
        fired=in_order("disconnect", "failover", "reconnect"),
        refuses=first_of(needs_follower, no_transactions),
        estimate_s=lambda parameters, config: 3.0 + max(parameters.seconds, parameters.off_s),
    ),
    Fault(
        name="partition-coordinator",
        summary="The coordinator is cut off from every other node, another takes over, and clients still reach both.",
        parameters=PartitionCoordinator,
        script=_cut_off_coordinator,
        fired=in_order("cut", "coordinator", "mend"),
        refuses=first_of(no_coordinator, needs_follower, no_transactions),
        estimate_s=_estimate_s,
    ),
)
