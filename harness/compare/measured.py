"""What two runs have of a figure, repeat by repeat."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.compare.cells import Both
from harness.compare.estimate import Estimate, of_pairs, of_runs
from harness.compare.gauges import GAUGES, Gauge
from harness.events import Metric
from harness.store import TrialRecord


@dataclass(frozen=True)
class Measured:
    """One figure in both runs, by repeat; one of them has it at least."""

    trial: Both
    figure: Metric
    gates: bool
    """Whether it counts for what is said of the whole."""
    paired: bool
    """Whether the repeats of both were made in turn."""
    base: Mapping[int, float]
    new: Mapping[int, float]

    @property
    def gauge(self) -> Gauge:
        return GAUGES[self.figure]

    @property
    def comparable(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.base.keys() & self.new.keys()) if self.paired else bool(self.base and self.new)

    @property
    def lacking(self) -> bool:
        """Whether repeats are without it that others have: what is left is no fair sample."""
        if self.paired:
            return self.base.keys() != self.new.keys()
        return len(self.base) < len(self.trial.base) or len(self.new) < len(self.trial.new)

    def estimate(self, level: float) -> Estimate:
        """With bounds at that level; it is ``comparable``."""
        more_is_worse = self.gauge.more_is_worse
        if self.paired:
            rounds = sorted(self.base.keys() & self.new.keys())
            base, new = ([side[number] for number in rounds] for side in (self.base, self.new))
            return of_pairs(base, new, more_is_worse=more_is_worse, level=level)
        return of_runs([*self.base.values()], [*self.new.values()], more_is_worse=more_is_worse, level=level)


def measured(trials: Iterable[Both], *, paired: bool, gating: Collection[Metric]) -> Iterator[Measured]:
    """All figures of all trials without a fault."""
    for both in trials:
        if any(trial.with_fault for trial in both.base + both.new):
            continue
        for figure, gauge in GAUGES.items():
            base, new = (_by_repeat(gauge, side) for side in (both.base, both.new))
            if base or new:
                yield Measured(both, figure, figure in gating, paired, base, new)


def _by_repeat(gauge: Gauge, trials: Iterable[TrialRecord]) -> dict[int, float]:
    """Of a search there are none: its trials have rates that follow from one another."""
    completed = [trial for trial in trials if trial.status == "completed" and trial.sustained is None]
    values = ((trial.repeat, gauge.of(trial)) for trial in completed)
    return {repeat: value for repeat, value in values if value is not None and value > 0}
