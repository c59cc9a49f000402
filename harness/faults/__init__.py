"""The catalogue of faults. A fault is a small pure plan, made of steps, and the evidence that it really happened.

``script`` turns parameters into steps (``steps``), ``act`` carries them out, and ``fired`` reads the events that left:
a fault that did not fire proves nothing. A new fault is one entry in its family's list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from harness.effects import PEACE, Effects, InTurn
from harness.events import NO_FAULT, THEN, WITH, FaultEvent, parameters_key, parts_of
from harness.faults import broker, client, disk, line, network, pipeline, replication, wire
from harness.faults.compose import Catalogue
from harness.faults.effects import effects_of
from harness.faults.fault import Config, Fault, Script

__all__ = ["FAULTS", "Catalogue", "Config", "Fault", "Script", "evidence", "known_effects"]

_FAMILIES = (wire, line, network, broker, replication, disk, client, pipeline)
FAULTS = Catalogue({fault.name: fault for family in _FAMILIES for fault in family.FAULTS})
"""Every fault by its name. A trial without one has ``NO_FAULT``, which is no entry."""


def evidence(fault: str, events: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether a trial's stored events (``at_ns``, ``what``, evidence) prove that the fault happened in it; None for a
    fault that is not here. Nothing but these decides, so that it can be asked again of every stored trial.
    """
    if not all(part in FAULTS for part in parts_of(fault)):
        return None
    in_order = sorted(events, key=lambda event: int(event["at_ns"]))
    return FAULTS[fault].fired([FaultEvent(event["at_ns"], event["what"], dict(event)) for event in in_order])


def known_effects(fault: str, parameters: Mapping[str, Any]) -> InTurn:
    """What a trial's fault does, by its name and its parameters on record; a composition's effects are its parts'. Of a
    part whose name or parameters this version does not know nothing is known.
    """
    if fault == NO_FAULT:
        return PEACE
    return [
        {name: _effects(name, json.dumps(own, sort_keys=True)) for name, own in _parts(WITH, at_once, given)}
        for at_once, given in _parts(THEN, fault, parameters)
    ]


def _parts(word: str, fault: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The parts that the word joins, each with its parameters; a fault that it does not join is its only part."""
    parts = fault.split(word)
    for part in parts:
        yield part, parameters if len(parts) == 1 else parameters.get(parameters_key(part), {})


@cache
def _effects(name: str, given: str) -> Effects | None:
    """``given`` is JSON: the same trials are asked about over and over."""
    try:
        stated = {key: value for key, value in json.loads(given).items() if value is not None}  # null is: not stated
        return effects_of(FAULTS[name], FAULTS[name].parameters.model_validate(stated))
    except (KeyError, ValidationError):
        return None
