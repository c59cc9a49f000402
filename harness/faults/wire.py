"""Faults on the wire between client and broker, carried out by the proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field

from harness.events import FaultEvent
from harness.faults.fault import Fault, Script
from harness.faults.parameters import Parameters
from harness.faults.steps import Send, Wire
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


def _script(action: str, parameters: _Lost) -> Script:
    rule = Rule(
        action=action,
        skip=parameters.skip,
        every=parameters.every if parameters.probability is None else None,
        times=parameters.times,
        probability=parameters.probability,
        seed=parameters.seed,
        silent=parameters.silent,
    )
    return Script(
        before=(Wire((rule,)),),
        load=Send(parameters.messages, flush_every=parameters.flush_every),
        after=(Wire(),),
    )


def _hit(*actions: str) -> Callable[[Sequence[FaultEvent]], bool]:
    """The proxy says that a rule of such an action hit a request."""
    return lambda events: any(event.what in actions for event in events)


def _no_ack_to_lose(config: Mapping[str, Any]) -> str | None:
    return "acks=0 has no acknowledgement to lose" if config["acks"] == "0" else None


def _estimate_s(parameters: _Lost, config: Mapping[str, Any]) -> float:
    """Each request that is hit costs a client a reconnect, or a request timeout when it is hit silently."""
    timeout_s = config.get("request.timeout.ms", 30_000) / 1000
    return 2.5 + parameters.times * (timeout_s if parameters.silent else 0.1)


FAULTS = (
    # The documents' own scenario: written, the ack lost, sent again.
    Fault(
        name="lose-ack",
        summary="The broker writes, its acknowledgement is lost on the wire, and the producer retries.",
        parameters=LoseAck,
        script=lambda parameters: _script("lose-ack", parameters),
        fired=_hit("lose-ack"),
        needs_proxy=True,
        refuses=_no_ack_to_lose,
        estimate_s=_estimate_s,
    ),
    # Its control: lost before the broker saw it, so a retry can duplicate nothing.
    Fault(
        name="lose-request",
        summary="The request is lost on the wire before the broker sees it.",
        parameters=LoseRequest,
        script=lambda parameters: _script("lose-request", parameters),
        fired=_hit("lose-request"),
        needs_proxy=True,
        estimate_s=_estimate_s,
    ),
)
