"""What charts are drawn from, and what a drawn one is."""

from __future__ import annotations

import re
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


def slug(*words: str) -> str:
    """A file name of these words: ``latency-2000-s``."""
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(words).lower().replace(",", "")).strip("-.")
