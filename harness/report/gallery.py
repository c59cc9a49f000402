"""What became of a report's charts."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.blocks import Figure, Section


@dataclass(frozen=True)
class Picture:
    """A chart that was drawn, as two files; the paths are relative to the report."""

    title: str
    says: str
    """What is in it, for somebody who cannot see it."""
    png: str
    svg: str
    fault: str | None = None
    """The fault it is about, on whose page it belongs."""

    @property
    def section(self) -> Section:
        return Section(self.title, (Figure(self.says, self.png, self.svg),))

    @property
    def files(self) -> tuple[str, str]:
        return self.png, self.svg


@dataclass(frozen=True)
class Gallery:
    """The charts that were drawn, and those that were not."""

    pictures: tuple[Picture, ...]
    left_out: tuple[str, ...]
    """A sentence for each chart that was not drawn: which, and why."""

    def of(self, fault: str | None) -> tuple[Picture, ...]:
        """The pictures of one fault, or of none."""
        return tuple(picture for picture in self.pictures if picture.fault == fault)
