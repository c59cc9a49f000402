"""The catalogue of faults. A fault is a small pure plan, made of steps, and the evidence that it really happened.

``script`` turns parameters into steps (``steps``), ``act`` carries them out, and ``fired`` reads the events that left:
a fault that did not fire proves nothing. A new fault is one entry in its family's list.
"""

from __future__ import annotations

from harness.faults import broker, client, disk, line, network, replication, wire
from harness.faults.compose import Catalogue
from harness.faults.fault import Config, Fault, Script

__all__ = ["FAULTS", "Catalogue", "Config", "Fault", "Script"]

_FAMILIES = (wire, line, network, broker, replication, disk, client)
FAULTS = Catalogue({fault.name: fault for family in _FAMILIES for fault in family.FAULTS})
"""Every fault by its name. ``none`` is no entry: a trial without a fault is a performance trial."""
