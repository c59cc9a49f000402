"""Faults of the line between client and broker: for a time no byte, no new connection, or not enough bytes pass.

Each begins at a certain request, a Produce unless ``hold`` is told otherwise, and is of every connection of the client.
"""

from __future__ import annotations

import math

from pydantic import Field

from harness.faults.apis import OfApi, never_asked
from harness.faults.fault import Config, Fault, Script, first_of, given, hit, no_ack
from harness.faults.steps import AwaitFired, SetRules, Sleep
from harness.faults.wire import Flushed
from harness.wire.rules import WireRule


class Hold(Flushed, OfApi):
    hold_s: float = Field(3.0, gt=0, le=60, description="how long no byte passes")
    request_timeout_ms: int = Field(
        1_000, ge=1, description="request.timeout.ms of the client; shorter than the hold, it sends again"
    )


class Refuse(Flushed):
    refuse_s: float = Field(2.0, gt=0, le=60, description="how long no new connection is taken")
    cut: bool = Field(True, description="connections that are there end as well")


class Bandwidth(Flushed):
    bytes_per_s: int = Field(100_000, ge=1, description="as much passes on each connection in each direction")
    slow_s: float | None = Field(None, gt=0, le=600, description="for so long; to the load's end without it")
    request_timeout_ms: int | None = Field(
        None, ge=1, description="request.timeout.ms of the client; shorter than a request takes, it sends again"
    )


def _for_a_time(rule: WireRule, seconds: float, parameters: Flushed) -> Script:
    """The load waits for the line as any client would; the pause counts from the request at which it began."""
    return Script(
        before=(SetRules((rule,)),),
        load=parameters.load,
        during=(AwaitFired(rule.action), Sleep(seconds), SetRules()),
    )


def _hold(parameters: Hold) -> Script:
    rule = WireRule("hold", api=parameters.api, skip=parameters.skip, times=1)
    return _for_a_time(rule, parameters.hold_s, parameters)


def _refuse(parameters: Refuse) -> Script:
    rule = WireRule("refuse", skip=parameters.skip, times=1, cut=parameters.cut)
    return _for_a_time(rule, parameters.refuse_s, parameters)


def _bandwidth(parameters: Bandwidth) -> Script:
    rule = WireRule("bandwidth", skip=parameters.skip, times=1, bytes_per_s=parameters.bytes_per_s)
    if parameters.slow_s is not None:
        return _for_a_time(rule, parameters.slow_s, parameters)
    return Script(before=(SetRules((rule,)),), load=parameters.load, after=(SetRules(),))


def _slow_s(parameters: Bandwidth, config: Config) -> float:
    bytes_in_all = parameters.messages * parameters.message_size
    slow_s = min(bytes_in_all / parameters.bytes_per_s, parameters.slow_s or math.inf)
    return 2.5 + max(parameters.seconds, slow_s)


FAULTS = (
    Fault(
        name="hold",
        summary="No byte passes for a time, in either direction, and no connection ends; then all of them go on.",
        parameters=Hold,
        script=_hold,
        fired=hit("hold"),
        refuses=first_of(
            never_asked, no_ack("acks=0 waits for no response, so that a line that is held goes unnoticed")
        ),
        settings=given("request.timeout.ms"),
        estimate_s=lambda parameters, config: 4.5 + parameters.seconds + parameters.hold_s,
    ),
    Fault(
        name="refuse",
        summary="Connections are reset, and so is every new one, for a time.",
        parameters=Refuse,
        script=_refuse,
        fired=hit("refuse"),
        estimate_s=lambda parameters, config: 3.5 + parameters.seconds + parameters.refuse_s,
    ),
    Fault(
        name="bandwidth",
        summary="The line between client and broker is slow.",
        parameters=Bandwidth,
        script=_bandwidth,
        fired=hit("bandwidth"),
        settings=given("request.timeout.ms"),
        estimate_s=_slow_s,
    ),
)
