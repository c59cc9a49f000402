"""What charts are drawn from, and what a drawn one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from harness.report.labels import Labels
from harness.report.performance import Performance
from harness.store import TrialRecord


@dataclass(frozen=True)
class Data:
    """One run."""

    records: Sequence[TrialRecord]
    labels: Labels
    measured: Sequence[Performance]


@dataclass(frozen=True)
class Drawn:
    """One figure."""

    name: str
    """Of its files, without suffix."""
    title: str
    says: str
    """What is in it, for somebody who cannot see it."""
    figure: Figure
    fault: str | None = None
    """The fault it is about, on whose page it belongs; None in the report itself."""
