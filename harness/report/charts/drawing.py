"""What a chart is before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from harness.report.gallery import Picture


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
