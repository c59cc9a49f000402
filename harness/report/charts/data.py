"""What charts are drawn from, and what one is before it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from harness.report.gallery import Picture
from harness.report.labels import Labels
from harness.report.performance import Performance, performances
from harness.store import TrialRecord


@dataclass(frozen=True)
class Data:
    """One run."""

    records: Sequence[TrialRecord]
    labels: Labels
    measured: Sequence[Performance]

    @classmethod
    def of(cls, records: Sequence[TrialRecord]) -> Data:
        labels = Labels.of(records)
        return cls(records, labels, performances(records, labels))


@dataclass(frozen=True)
class Drawing:
    """One figure that can be drawn."""

    name: str
    """Of its files, without suffix; no two of a report have the same."""
    title: str
    says: str
    """What is in it, for somebody who cannot see it."""
    figure: Callable[[], Figure]
    """Draws it, which takes most of the time of a report: so nobody does but who saves it."""
    fault: str | None = None
    """The fault it is about, on whose page it belongs; None in the report itself."""

    @property
    def picture(self) -> Picture:
        """What it is once it is saved."""
        return Picture(self.title, self.says, f"charts/{self.name}.png", f"charts/{self.name}.svg", self.fault)
