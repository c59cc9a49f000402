"""Faults of brokers: the processes themselves freeze and die."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from harness.events import FaultEvent
from harness.faults.parameters import Parameters
from harness.faults.steps import AwaitAcks, AwaitFailover, AwaitSent, Kill, Pause, Restart, Resume, Send, Step


class ZombieLeader(Parameters):
    messages: int = Field(300, ge=1, le=10_000_000, description="messages sent while the leader is frozen")


class KillLeader(Parameters):
    messages: int = Field(9_000, ge=1, le=10_000_000, description="messages sent, before, during and after the kill")
    rate: float = Field(3_000, gt=0, description="messages a second")
    after_acks: int = Field(1_500, ge=0, description="the kill comes when so many are acked")


def zombie_leader(parameters: ZombieLeader) -> Sequence[Step]:
    """No kill and no restart: what the frozen leader's socket still held is written by a leader deposed meanwhile."""
    return (Pause(), Send(parameters.messages), AwaitFailover(), Resume(), AwaitSent())


def kill_leader(parameters: KillLeader) -> Sequence[Step]:
    """The broker comes back on its old disk while the load goes on."""
    return (
        Send(parameters.messages, rate=parameters.rate),
        AwaitAcks(min(parameters.after_acks, parameters.messages)),
        Kill(),
        AwaitFailover(),
        Restart(),
        AwaitSent(),
    )


def zombie_fired(events: Sequence[FaultEvent]) -> bool:
    """The old leader was awake again only after another had been elected."""
    return _in_order(events, "pause", "failover", "resume")


def kill_fired(events: Sequence[FaultEvent]) -> bool:
    """The leader was killed and the cluster noticed."""
    return _in_order(events, "kill", "failover")


def nobody_else_can_lead(config: Mapping[str, Any]) -> str | None:
    if config["replication.factor"] < 2:
        return "with replication factor 1 nobody else can lead, so the frozen leader is never deposed"
    return None


def _in_order(events: Sequence[FaultEvent], *whats: str) -> bool:
    seen = iter(event.what for event in events)
    return all(what in seen for what in whats)
