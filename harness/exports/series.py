"""What is watched from run to run: a figure of a configuration under a load, with all its repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any

from harness.compare.gauges import GAUGES, Gauge
from harness.events import Metric
from harness.report.labels import Labels
from harness.store import Results, ResultsUnusable, TrialRecord


@dataclass(frozen=True)
class Series:
    """One figure of one trial's repeats; there is one value at least."""

    trial: str
    """Its name in the report."""
    figure: Metric
    values: tuple[float, ...]
    records: tuple[TrialRecord, ...]
    """Those that have it, in the order of the values."""

    @property
    def name(self) -> str:
        return f"{self.trial}: {self.figure}"

    @property
    def gauge(self) -> Gauge:
        return GAUGES[self.figure]

    @property
    def unit(self) -> str:
        return self.gauge.unit

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True)
class Watched:
    """A run, and what is watched of it."""

    run: Mapping[str, Any]
    records: Sequence[TrialRecord]
    series: Sequence[Series]

    @classmethod
    def of(cls, results: Results) -> Watched:
        """By the names that its own report has. Raises ``ResultsUnusable``."""
        run, records = results.run(), results.records()
        try:
            datetime.fromisoformat(run.get("started") or "")
        except ValueError:
            raise ResultsUnusable(f"{results.folder / 'run.json'} does not say when it was started") from None
        if not run.get("run_id"):
            raise ResultsUnusable(f"{results.folder / 'run.json'} has no run_id")
        return cls(run, records, [*series(records, Labels.of(records))])

    def named(self, labels: Labels) -> Watched:
        """The same by other names."""
        return replace(self, series=[*series(self.records, labels)])


def series(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Series]:
    """All figures of the completed trials without a fault, by trial."""
    groups: dict[str, list[TrialRecord]] = {}
    for record in records:
        if record.status == "completed" and not record.with_fault and record.sustained is None:
            groups.setdefault(record.key, []).append(record)
    for trials in groups.values():
        for figure, gauge in GAUGES.items():
            having = [(record, value) for record in trials if (value := gauge.of(record)) is not None]
            if having:
                measured, values = zip(*having, strict=True)
                yield Series(labels.row(trials[0]), figure, values, measured)
