"""What would have to change for a configuration to be safe, going by the rules and by what the same run showed.

Safe is a configuration whose rules forbid what went wrong, under the same fault, and that kept it in every repeat. A
configuration that merely was lucky is none, and none is advised that guarantees less in anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.events import Anomaly, Permission, Verdict, flat_parameters
from harness.report.guarantees import Setup, weakens
from harness.report.labels import Subject
from harness.report.matrix import WRONG, Cell, Matrix, counted
from harness.store import Expectation, TrialRecord

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
    """Of what a guarantee is about what no rule forbids there, so that it may happen another time."""


def unsafe(cell: Cell) -> bool:
    """Whether there is something to advise against: something went wrong, in trials that say so."""
    return cell.verdict in (Verdict.BROKEN, Verdict.REPRODUCED, Verdict.ALLOWED) and bool(gone_wrong(cell))


def gone_wrong(cell: Cell) -> frozenset[Anomaly]:
    """What of it there was in any repeat; what became of unknown messages is no wrong."""
    return frozenset(cell.found).intersection(WRONG)


def nearest(subject: Subject, fault: str, found: Matrix) -> Safe | None:
    """The safe configuration under the same fault with the fewest settings changed; None if the run has none.

    It takes no promise away: no setting of it guarantees less, and what the rules forbid here of what a guarantee is
    about they forbid there. Of the same client if any of its own is safe. Of as few changes the first in the
    report's order is taken. Faults are the same if they differ in parameters only that are settings by another name:
    ``flush_messages=1`` is ``flush.messages=1``, and a configuration like any other.
    """
    cell = found.cells[subject, fault]
    config, must = cell.trials[0].config, gone_wrong(cell) | forbidden(cell).intersection(cell.harm)
    candidates = [
        Safe(other, _changes(config, of.trials[0].config), len(of.verdicts), _allowed(of))
        for (other, _), of in found.cells.items()
        if _comparable(cell, of) and _safe(of, must) and not _weaker(cell, of)
    ]
    return min(
        candidates,
        key=lambda safe: (safe.subject.client != subject.client, len(safe.changes), safe.subject, repr(safe.changes)),
        default=None,
    )


def ran(cell: Cell) -> list[TrialRecord]:
    """Its trials that were not skipped."""
    return [trial for trial in cell.trials if trial.status != "skipped"]


def forbidden(cell: Cell) -> frozenset[Anomaly]:
    """What the rules let happen in none of its repeats: neither going by what was seen in them nor before."""
    rules = [permitted(Permission.FORBIDDEN, trial.expectations or ()) for trial in ran(cell)]
    foreseen = [Setup.of(trial).foreseen(trial.fault).values() for trial in ran(cell)]
    return frozenset.intersection(*rules, *(permitted(Permission.FORBIDDEN, each) for each in foreseen))


def permitted(permission: Permission, rules: Iterable[Expectation]) -> frozenset[Anomaly]:
    """The anomalies of which they say so."""
    return frozenset(Anomaly(rule.anomaly) for rule in rules if rule.permission is permission)


def _safe(cell: Cell, must: frozenset[Anomaly]) -> bool:
    """Whether it promises that none of this goes wrong, and kept that and all else each time; somebody looked."""
    looked_for = must.union(cell.harm)
    return (
        set(cell.verdicts) == {Verdict.KEPT}
        and not gone_wrong(cell)
        and must <= forbidden(cell)
        and all(counted(trial, anomaly) is not None for trial in ran(cell) for anomaly in looked_for)
    )


def _comparable(cell: Cell, other: Cell) -> bool:
    """Whether the other met the same fault on the same Kafka, under all of its loads."""
    one, another = cell.trials[0], other.trials[0]
    if (one.kafka, one.fault.name) != (another.kafka, another.fault.name):
        return False
    of_one, of_other = flat_parameters(one.fault.parameters), flat_parameters(another.fault.parameters)
    settings = one.config.keys() | another.config.keys()
    differing = {key for key in of_one.keys() | of_other.keys() if of_one.get(key) != of_other.get(key)}
    its_own = {key for key in differing if key.rpartition(".")[2].replace("_", ".") not in settings}
    return not its_own and cell.loads <= other.loads


def _weaker(cell: Cell, other: Cell) -> bool:
    return any(weakens(Setup.of(here), Setup.of(there)) for here in ran(cell) for there in ran(other))


def _allowed(cell: Cell) -> tuple[str, ...]:
    return tuple(anomaly.value for anomaly in cell.harm if anomaly not in forbidden(cell))


def _changes(config: Mapping[str, Any], safe: Mapping[str, Any]) -> dict[str, Any]:
    names = sorted(config.keys() | safe.keys())
    return {name: safe.get(name) for name in names if config.get(name, _ABSENT) != safe.get(name, _ABSENT)}
