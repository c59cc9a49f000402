"""What would have to change for a configuration to be safe, going by what the same run showed to be safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.events import Permission, Verdict
from harness.report.labels import Subject
from harness.report.matrix import HARM, Cell, Matrix, counted
from harness.store import TrialRecord

_ABSENT = object()


@dataclass(frozen=True)
class Safe:
    """A configuration that was safe, seen from one that was not."""

    subject: Subject
    changes: Mapping[str, Any]
    """Each setting that differs and the value that was safe, in the order of their names; None to leave it out."""
    trials: int
    """In so many repeats it was kept, of as many."""
    allowed: tuple[str, ...]
    """Of lost, duplicate and reordered what no rule forbids there, so that it may happen another time."""


def unsafe(cell: Cell) -> bool:
    """Whether there is something to advise against: broken, reproduced, or allowed."""
    return cell.verdict in (Verdict.BROKEN, Verdict.REPRODUCED, Verdict.ALLOWED)


def nearest(subject: Subject, fault: str, found: Matrix) -> Safe | None:
    """The safe configuration under the same fault with the fewest settings changed; None if the run has none.

    Safe is what was kept in every repeat with nothing lost, duplicated or reordered. Only where nothing of the same
    client was, another client's counts. Of as few changes the first in the report's order is taken, which is the one
    with the fewest replicas and the weakest acks. Faults are the same if they differ in parameters only that are
    settings by another name: ``flush_messages=1`` is ``flush.messages=1``, and a configuration like any other.
    """
    here = found.cells[subject, fault].trials[0]
    candidates = [
        Safe(other, _changes(here.config, cell.trials[0].config), len(cell.verdicts), _allowed(cell))
        for (other, _), cell in found.cells.items()
        if _comparable(here, cell.trials[0]) and _safe(cell)
    ]
    return min(
        candidates,
        key=lambda safe: (safe.subject.client != subject.client, len(safe.changes), safe.subject, repr(safe.changes)),
        default=None,
    )


def _comparable(one: TrialRecord, other: TrialRecord) -> bool:
    """Whether both met the same fault on the same Kafka."""
    of_one, of_other = one.fault.parameters, other.fault.parameters
    settings = one.config.keys() | other.config.keys()
    differing = {key for key in of_one.keys() | of_other.keys() if of_one.get(key) != of_other.get(key)}
    its_own = {key for key in differing if key.replace("_", ".") not in settings}
    return (one.kafka, one.fault.name) == (other.kafka, other.fault.name) and not its_own


def _safe(cell: Cell) -> bool:
    return set(cell.verdicts) == {Verdict.KEPT} and not _harmed(cell)


def _harmed(cell: Cell) -> bool:
    """Whether a message was lost, duplicated or reordered, or nobody counted whether it was."""
    ran = [trial for trial in cell.trials if trial.status != "skipped"]
    return any(counted(trial, anomaly) != 0 for trial in ran for anomaly in HARM)


def _allowed(cell: Cell) -> tuple[str, ...]:
    permitted = {each.anomaly: each.permission for each in cell.trials[0].expectations or ()}
    return tuple(a.value for a in HARM if permitted.get(a, Permission.FORBIDDEN) is not Permission.FORBIDDEN)


def _changes(config: Mapping[str, Any], safe: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(config.keys() | safe.keys())
    return {name: safe.get(name) for name in names if config.get(name, _ABSENT) != safe.get(name, _ABSENT)}
