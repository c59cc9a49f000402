"""The catalogue of faults. A fault is a small pure plan, made of steps, and the evidence that it really happened.

``script`` turns parameters into steps (``steps``), ``act`` carries them out, and ``fired`` reads the events that left:
a fault that did not fire proves nothing. A new fault is one entry in its family's list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.events import FaultEvent, parts_of
from harness.faults import broker, client, disk, line, network, replication, wire
from harness.faults.compose import Catalogue
from harness.faults.fault import Config, Fault, Script

__all__ = ["FAULTS", "Catalogue", "Config", "Fault", "Script", "evidence"]

_FAMILIES = (wire, line, network, broker, replication, disk, client)
FAULTS = Catalogue({fault.name: fault for family in _FAMILIES for fault in family.FAULTS})
"""Every fault by its name. ``none`` is no entry: a trial without a fault is a performance trial."""


def evidence(fault: str, events: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether a trial's stored events (``at_ns``, ``what``, evidence) prove that the fault happened in it; None for a
    fault that is not here. Nothing but these decides, so that it can be asked again of every stored trial.
    """
    if not all(part in FAULTS for part in parts_of(fault)):
        return None
    in_order = sorted(events, key=lambda event: int(event["at_ns"]))
    return FAULTS[fault].fired([FaultEvent(event["at_ns"], event["what"], dict(event)) for event in in_order])
