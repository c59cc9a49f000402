"""Configurations against faults: the shape of the verdict table, the heat map and the terminal's last word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.events import Anomaly, Verdict
from harness.report.labels import NO_FAULT, Labels, Subject
from harness.report.wording import span
from harness.store import TrialRecord

WRONG: tuple[Anomaly, ...] = tuple(a for a in Anomaly if a not in (Anomaly.UNKNOWN_LANDED, Anomaly.UNKNOWN_ABSENT))
"""Anomalies a reader has to see; what became of unknown messages is information, and is in the trial's own row."""
WORST_FIRST = (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.REPRODUCED, Verdict.NOT_EXERCISED, Verdict.KEPT)

_SHORT: dict[str, str] = {Anomaly.DUPLICATE: "dup"}


@dataclass(frozen=True)
class Cell:
    """The repeats of one trial."""

    trials: tuple[TrialRecord, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of the trials that were not skipped. One that has no verdict has no data, which is unknown."""
        return tuple(verdict_of(trial) for trial in self.trials if trial.status != "skipped")

    @property
    def verdict(self) -> Verdict | None:
        """The worst of its repeats; None if all were skipped."""
        return min(self.verdicts, key=WORST_FIRST.index, default=None)

    @property
    def agreement(self) -> str:
        """``3 of 3``: how many repeats had that verdict; empty if there was one repeat."""
        verdicts = self.verdicts
        return f"{verdicts.count(self.verdict)} of {len(verdicts)}" if self.verdict and len(verdicts) > 1 else ""

    @property
    def found(self) -> dict[Anomaly, tuple[int, int]]:
        """The least and the most of each anomaly over the repeats, where there was any."""
        found: dict[Anomaly, tuple[int, int]] = {}
        for anomaly in WRONG:
            counts = [number for trial in self.trials if (number := counted(trial, anomaly)) is not None]
            if any(counts):
                found[anomaly] = (min(counts), max(counts))
        return found

    @property
    def counts(self) -> list[str]:
        """``["lost 7–222", "dup 3"]``."""
        return [f"{word(anomaly)} {span(*extent)}" for anomaly, extent in self.found.items()]

    @property
    def judged(self) -> bool:
        """Whether any of its trials has counts: no counts means nobody looked, which is not the same as none."""
        return any(trial.anomalies is not None for trial in self.trials)


@dataclass(frozen=True)
class Matrix:
    """Cells by subject and fault. A pair that no trial was planned for has no cell."""

    subjects: tuple[Subject, ...]
    faults: tuple[str, ...]
    cells: dict[tuple[Subject, str], Cell]

    @property
    def clients(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject.client for subject in self.subjects))


def matrix(records: Sequence[TrialRecord], labels: Labels) -> Matrix:
    """Rows by client, replication factor and configuration; columns: no fault (performance trials) first."""
    cells: dict[tuple[Subject, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        cells[labels.subject(record), labels.fault(record)].append(record)
    return Matrix(
        subjects=tuple(sorted({subject for subject, _ in cells})),
        faults=tuple(sorted({fault for _, fault in cells}, key=lambda fault: (fault != NO_FAULT, fault))),
        cells={key: Cell(tuple(trials)) for key, trials in cells.items()},
    )


def verdict_of(trial: TrialRecord) -> Verdict:
    return trial.verdict or Verdict.UNKNOWN


def counted(trial: TrialRecord, anomaly: str) -> int | None:
    """How many of this anomaly the trial had; None if it cannot tell."""
    return getattr(trial.anomalies, anomaly, None)


def word(anomaly: str) -> str:
    """Short enough for a cell."""
    return _SHORT.get(anomaly, anomaly.replace("_", " "))
