"""Faults of brokers: the processes themselves freeze and die."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from harness.faults.fault import Fault, Script, in_order
from harness.faults.parameters import Parameters
from harness.faults.steps import AwaitAcks, AwaitFailover, Kill, Pause, Restart, Resume, Send


class ZombieLeader(Parameters):
    messages: int = Field(300, ge=1, le=10_000_000, description="messages sent while the leader is frozen")


class KillLeader(Parameters):
    messages: int = Field(9_000, ge=1, le=10_000_000, description="messages sent, before, during and after the kill")
    rate: float = Field(3_000, gt=0, description="messages a second")
    after_acks: int = Field(1_500, ge=0, description="the kill comes when so many are acked")


def _zombie_leader(parameters: ZombieLeader) -> Script:
    """No kill and no restart: what the frozen leader's socket still held is written by a leader deposed meanwhile."""
    return Script(before=(Pause(),), load=Send(parameters.messages), during=(AwaitFailover(), Resume()))


def _kill_leader(parameters: KillLeader) -> Script:
    """The broker comes back on its old disk while the load goes on."""
    return Script(
        load=Send(parameters.messages, rate=parameters.rate),
        during=(
            AwaitAcks(min(parameters.after_acks, parameters.messages)),
            Kill(),
            AwaitFailover(),
            Restart(),
        ),
    )


def _nobody_else_can_lead(config: Mapping[str, Any]) -> str | None:
    if config["replication.factor"] < 2:
        return "with replication factor 1 nobody else can lead, so the frozen leader is never deposed"
    return None


FAULTS = (
    Fault(
        name="zombie-leader",
        summary="The leader freezes, another is elected, and the old one wakes up still believing it leads.",
        parameters=ZombieLeader,
        script=_zombie_leader,
        # It is a zombie only if it was awake again after another had been elected.
        fired=in_order("pause", "failover", "resume"),
        refuses=_nobody_else_can_lead,
        estimate_s=lambda parameters, config: 5.0,
    ),
    Fault(
        name="kill-leader",
        summary="The leader is killed under load and started again.",
        parameters=KillLeader,
        script=_kill_leader,
        fired=in_order("kill", "failover"),
        estimate_s=lambda parameters, config: 4.0 + parameters.messages / parameters.rate,
    ),
)
