"""Faults on the wire between client and broker, carried out by the proxy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from harness.events import FaultEvent
from harness.faults.parameters import Parameters
from harness.faults.steps import AwaitSent, Send, Step, Wire
from harness.wire.rules import Rule


class _Lost(Parameters):
    messages: int = Field(3_000, ge=1, le=10_000_000, description="messages sent in all")
    flush_every: int = Field(50, ge=1, description="the client flushes after each so many: one ProduceRequest each")
    skip: int = Field(5, ge=0, description="so many ProduceRequests pass untouched first")
    every: int = Field(12, ge=1, description="then this one and each so-manieth after it is hit")
    times: int = Field(5, ge=1, description="at most so many are hit")
    probability: float | None = Field(
        None, gt=0, le=1, description="hit each ProduceRequest with this probability instead (seeded, repeatable)"
    )
    seed: int = Field(0, ge=0, description="of the probability")
    silent: bool = Field(False, description="keep the connection open: the client must time out by itself")


class LoseAck(_Lost):
    pass


class LoseRequest(_Lost):
    pass


def lose_ack(parameters: LoseAck) -> Sequence[Step]:
    """The documents' own scenario: written, the ack lost, sent again."""
    return _plan("lose-ack", parameters)


def lose_request(parameters: LoseRequest) -> Sequence[Step]:
    """The control of ``lose-ack``: lost before the broker saw it, so a retry can duplicate nothing."""
    return _plan("lose-request", parameters)


def _plan(action: str, parameters: _Lost) -> Sequence[Step]:
    rule = Rule(
        action=action,
        skip=parameters.skip,
        every=parameters.every if parameters.probability is None else None,
        times=parameters.times,
        probability=parameters.probability,
        seed=parameters.seed,
        silent=parameters.silent,
    )
    return (
        Wire((rule,)),
        Send(parameters.messages, flush_every=parameters.flush_every),
        AwaitSent(),
        Wire(),
    )


def fired(events: Sequence[FaultEvent]) -> bool:
    """The proxy says that a rule hit a request."""
    return any(event.what in ("lose-ack", "lose-request") for event in events)


def no_ack_to_lose(config: Mapping[str, Any]) -> str | None:
    return "acks=0 has no acknowledgement to lose" if config["acks"] == "0" else None


def estimate_s(parameters: _Lost, config: Mapping[str, Any]) -> float:
    """Each request that is hit costs a client a reconnect, or a request timeout when it is hit silently."""
    timeout_s = config.get("request.timeout.ms", 30_000) / 1000
    return 2.5 + parameters.times * (timeout_s if parameters.silent else 0.1)
