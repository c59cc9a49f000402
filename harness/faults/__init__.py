"""The catalogue of faults. A fault is a small pure plan, made of steps, and the evidence that it really happened.

``plan`` turns parameters into steps (``steps.py``), ``act`` (``act.py``) carries them out, and ``fired`` reads the
events that left: a fault that did not fire proves nothing. A new fault is one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.events import FaultEvent
from harness.faults import broker, wire
from harness.faults.parameters import Parameters
from harness.faults.steps import Step

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """One entry of the catalogue. All its functions are pure."""

    name: str
    summary: str
    parameters: type[Parameters]
    plan: Callable[[Any], Sequence[Step]]
    fired: Callable[[Sequence[FaultEvent]], bool]
    needs_proxy: bool
    refuses: Callable[[Config], str | None]
    """Why the fault would say nothing in this configuration, or None."""
    estimate_s: Callable[[Any, Config], float]
    """About how long a trial of it takes, set-up and scan included."""

    def messages(self, parameters: Parameters) -> int:
        """How many messages a trial of it sends, warm-up included."""
        return parameters.warmup + parameters.messages

    def message_size(self, parameters: Parameters) -> int:
        return parameters.message_size

    def seconds(self, parameters: Parameters, config: Config) -> float:
        return self.estimate_s(parameters, config)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            name="lose-ack",
            summary="The broker writes, its acknowledgement is lost on the wire, and the producer retries.",
            parameters=wire.LoseAck,
            plan=wire.lose_ack,
            fired=wire.fired,
            needs_proxy=True,
            refuses=wire.no_ack_to_lose,
            estimate_s=wire.estimate_s,
        ),
        Fault(
            name="lose-request",
            summary="The request is lost on the wire before the broker sees it.",
            parameters=wire.LoseRequest,
            plan=wire.lose_request,
            fired=wire.fired,
            needs_proxy=True,
            refuses=lambda config: None,
            estimate_s=wire.estimate_s,
        ),
        Fault(
            name="zombie-leader",
            summary="The leader freezes, another is elected, and the old one wakes up still believing it leads.",
            parameters=broker.ZombieLeader,
            plan=broker.zombie_leader,
            fired=broker.zombie_fired,
            needs_proxy=False,
            refuses=broker.nobody_else_can_lead,
            estimate_s=lambda parameters, config: 5.0,
        ),
        Fault(
            name="kill-leader",
            summary="The leader is killed under load and started again.",
            parameters=broker.KillLeader,
            plan=broker.kill_leader,
            fired=broker.kill_fired,
            needs_proxy=False,
            refuses=lambda config: None,
            estimate_s=lambda parameters, config: 4.0 + parameters.messages / parameters.rate,
        ),
    )
}
"""Every fault by its name. ``none`` is no entry: a trial without a fault is a performance trial."""
