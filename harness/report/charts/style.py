"""How every chart looks: colours that colour-blind eyes tell apart, and never colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

SMALL = 9
"""Points; nothing is smaller."""
RC: dict[str, Any] = {
    **sns.axes_style("whitegrid"),
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "figure.titlesize": 12,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "grid.color": "0.9",
    "hatch.linewidth": 0.6,
    # The same records make the same file, so that a report that is rendered again does not differ.
    "svg.hashsalt": "harness",
}
COLOURS: Sequence[Any] = sns.color_palette("colorblind")
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "---")
MARKERS = ("o", "s", "^", "D", "v", "p", "<", ">")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)), (0, (3, 1)))
COLUMNS = 3
"""Panels beside each other."""
WIDTH_IN = 10.0


def blank(height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """A figure that gives its parts room of their own."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    layout = figure.get_layout_engine()
    assert isinstance(layout, ConstrainedLayoutEngine)
    layout.set(w_pad=0.1, h_pad=0.06, wspace=0.02)
    return figure


def panels(number: int, height_in: float) -> tuple[Figure, list[Axes]]:
    """So many panels on one vertical scale, at most three beside each other, each ``height_in`` inches high."""
    columns = min(COLUMNS, number)
    rows = -(-number // columns)
    figure = blank(rows * height_in + 0.6)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    flat = [panel for row in axes for panel in row]
    for unused in flat[number:]:
        unused.set_visible(False)
    return figure, flat[:number]


def title(figure: Figure, text: str) -> None:
    """The figure's subject, at its left edge."""
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold")


def legend(figure: Figure, handles: Sequence[Artist], *, columns: int, note: str = "") -> None:
    """Below the panels, where it can cover nothing."""
    figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=columns,
        frameon=False,
        handlelength=3,
        title=note or None,
        title_fontsize=SMALL,
        alignment="left",
    )


def bare(panel: Axes, *sides: str) -> None:
    """Takes these sides of the frame away."""
    for side in sides:
        panel.spines[side].set_visible(False)


def _thousands(value: float, _: int) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


THOUSANDS = FuncFormatter(_thousands)
