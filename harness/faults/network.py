"""Faults of the network between nodes: the leader is cut off from the controller, from the other brokers, or both.

Clients reach every broker all the while. No process ends and no connection does: bytes stop, and go on later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field

from harness.faults.broker import needs_follower
from harness.faults.fault import Config, Fault, Script, given, in_order
from harness.faults.parameters import UnderLoad
from harness.faults.steps import (
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    Cut,
    Direction,
    Mend,
    Others,
    Sleep,
    Step,
)


class Partition(UnderLoad):
    messages: int = Field(18_000, ge=1, le=10_000_000, description="messages sent, before, during and after the fault")
    direction: Direction = Field(
        "both", description="which way is cut, seen from the leader: both, outgoing only or incoming only"
    )
    partition_s: float = Field(2.0, ge=0, le=60, description="how long it stays so once the cluster has reacted")


class PartitionFollowers(Partition):
    request_timeout_ms: int = Field(
        1_000,
        ge=1,
        description="request.timeout.ms of the client; shorter than the leader waits for followers, it sends again",
    )


def _partition(others: Others, reaction: Step) -> Callable[[Any], Script]:
    """Until the cluster has reacted, and for a while longer; then all that was held goes on."""

    def script(parameters: Partition) -> Script:
        return Script(
            before=parameters.watch,
            load=parameters.load,
            during=(
                *parameters.trigger,
                Cut(others, parameters.direction),
                reaction,
                Sleep(parameters.partition_s),
                Mend(),
                AwaitHealthy(),
            ),
        )

    return script


def _estimate_s(parameters: Partition, config: Config) -> float:
    return 3.0 + max(parameters.seconds, parameters.partition_s)


FAULTS = (
    Fault(
        name="partition-controller",
        summary="The leader is cut off from the controller, another is elected, and clients still reach both.",
        parameters=Partition,
        script=_partition("controller", AwaitFailover()),
        fired=in_order("cut", "failover", "mend"),
        refuses=needs_follower,
        estimate_s=_estimate_s,
    ),
    Fault(
        name="partition-followers",
        summary="The leader is cut off from the other brokers, and leads on alone.",
        parameters=PartitionFollowers,
        script=_partition("brokers", AwaitIsrOfLeader()),
        fired=in_order("cut", "isr-shrunk", "mend"),
        refuses=needs_follower,
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
        refuses=needs_follower,
        estimate_s=_estimate_s,
    ),
)
