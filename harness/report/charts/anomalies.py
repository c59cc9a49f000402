"""What was found, configuration by fault, a panel a client. The text in a cell says it all; colour only repeats it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from textwrap import wrap
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from harness.events import Anomaly, Verdict
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, SMALL, WIDTH_IN, bare, blank, legend, title
from harness.report.data import Data
from harness.report.files import slug
from harness.report.matrix import Cell, Grid, Matrix, grids, matrix
from harness.words import listed, plural, spaced

_SHADES = 5  # light ones, on which black text can be read
_TINTS = {
    Anomaly.LOST: sns.light_palette(COLOURS[3], 3 * _SHADES)[2 : 2 + _SHADES],
    Anomaly.DUPLICATE: sns.light_palette(COLOURS[0], 3 * _SHADES)[2 : 2 + _SHADES],
}
_OTHER = sns.light_palette(COLOURS[4], 3 * _SHADES)[2 : 2 + _SHADES]
_GREY = "0.93"
_EDGE: Mapping[str, Any] = {"edgecolor": "0.6", "linewidth": 0.6}
_LOOK: Mapping[Verdict, Mapping[str, Any]] = {
    Verdict.BROKEN: {"edgecolor": "black", "linewidth": 2.5},
    Verdict.ALLOWED: {"edgecolor": "0.1", "linewidth": 1.4, "linestyle": (0, (4, 2))},
    # Hatching is drawn in the edge's colour: lighter than text, so that text on it can be read.
    Verdict.NOT_EXERCISED: {"facecolor": _GREY, "edgecolor": "0.75", "linewidth": 0.6, "hatch": "///"},
    Verdict.UNKNOWN: {"facecolor": _GREY, "edgecolor": "0.75", "linewidth": 0.6, "hatch": "xxx"},
}
"""Of a cell beside its tint: a verdict can be told without any colour."""
_ALLOWED = "○"
_SAYS = {
    Verdict.ALLOWED: f"{_ALLOWED} allowed: no promise rules it out",
    Verdict.NOT_EXERCISED: "not exercised: proves nothing",
    Verdict.UNKNOWN: "unknown",
    Verdict.BROKEN: "broken",
}
_LINES = 3  # of text in one cell
_CELL_IN, _LETTER_IN = 1.2, 0.07
_SIDE_LETTERS = 36  # in the head of a row
_MOST_COLUMNS = 12
_LETTERS = 16  # in the head of a column
_ROWS_A_PAGE = 32


def draw(data: Data) -> Iterator[Drawing]:
    """One figure, or one a client where all together would be too high for a page. Nothing if nobody counted.

    With many faults it is turned: a row a fault, so that it grows downwards.
    """
    records = [record for record in data.records if record.with_fault]
    found = matrix(records, data.labels)
    if not any(cell.judged for cell in found.cells.values()):
        return
    panels = grids(found, _MOST_COLUMNS)
    if sum(len(panel.rows) for panel in panels) <= _ROWS_A_PAGE:
        yield _drawing("anomalies", "What was lost and duplicated", found, panels)
        return
    for client in found.clients:
        own = [panel for panel in panels if panel.client == client]
        yield _drawing(slug("anomalies", client), f"What was lost and duplicated: {client}", found, own)


def _drawing(name: str, heading: str, found: Matrix, grids: Sequence[Grid]) -> Drawing:
    shown = _shown(grids)
    some = sum(bool(cell.found) for cell in shown)
    says = (
        f"Table of configurations by {plural(len(found.faults), 'fault')} for "
        f"{listed(list(dict.fromkeys(grid.client for grid in grids)))}: something was found in {some} of "
        f"{len(shown)} cells, the numbers are under Verdicts"
    )
    return Drawing(name, heading, says, partial(_figure, found, grids))


def _shown(grids: Sequence[Grid]) -> list[Cell]:
    return [grid.cells[at] for grid in grids for at in product(grid.rows, grid.columns) if at in grid.cells]


def _figure(found: Matrix, grids: Sequence[Grid]) -> Figure:
    most = max((high for cell in found.cells.values() for _, high in cell.found.values()), default=1)
    shown = _shown(grids)
    row_in = 0.14 + 0.15 * max(len(_text(cell).splitlines()) for cell in shown)
    rows = sum(len(grid.rows) for grid in grids)
    columns = max(len(grid.columns) for grid in grids)
    heads = [_head(column) for grid in grids for column in grid.columns]
    cell_in = max(_CELL_IN, 0.15 + _width_in([*heads, *map(_text, shown)]))
    head_in = 0.55 + 0.15 * max(len(head.splitlines()) for head in heads)
    label_in = 0.3 + _width_in([_side(row) for grid in grids for row in grid.rows])
    figure = blank(row_in * rows + (head_in + 0.15) * len(grids) + 1.0, max(WIDTH_IN, label_in + cell_in * columns))
    axes = figure.subplots(len(grids), 1, squeeze=False, height_ratios=[len(grid.rows) for grid in grids])[:, 0]
    for panel, grid in zip(axes, grids, strict=True):
        _panel(panel, grid, most)
    title(figure, "What was lost, duplicated or found besides, by configuration and fault")
    _legend(figure, shown)
    return figure


def _width_in(texts: Sequence[str]) -> float:
    return _LETTER_IN * max(len(line) for text in texts for line in text.splitlines())


def _panel(panel: Axes, grid: Grid, most: int) -> None:
    panel.set_xlim(0, len(grid.columns))
    panel.set_ylim(len(grid.rows), 0)
    for (y, row), (x, column) in product(enumerate(grid.rows), enumerate(grid.columns)):
        cell = grid.cells.get((row, column))
        if cell is not None and cell.verdict is not None:
            _draw_cell(panel, x, y, cell, most)
    panel.set_xticks([x + 0.5 for x in range(len(grid.columns))], [_head(column) for column in grid.columns])
    panel.set_yticks([y + 0.5 for y in range(len(grid.rows))], [_side(row) for row in grid.rows])
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.grid(visible=False)
    bare(panel, "top", "right", "bottom", "left")
    panel.set_title(grid.client, loc="left", fontweight="bold")


def _side(row: str) -> str:
    """Two lines at most, so that it is no higher than a cell."""
    return "\n".join(wrap(row, max(_SIDE_LETTERS, len(row) // 2 + 8), break_long_words=False))


def _head(column: str) -> str:
    """Narrow enough for a cell."""
    return "\n".join(wrap(column, _LETTERS, break_long_words=False))


def _draw_cell(panel: Axes, x: int, y: int, cell: Cell, most: int) -> None:
    inset = 0.04
    look = {"facecolor": _colour(cell, most), **_EDGE, **(_LOOK.get(cell.verdict, {}) if cell.verdict else {})}
    panel.add_patch(Rectangle((x + inset / 2, y + inset), 1 - inset, 1 - 2 * inset, **look))
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if "hatch" in look else None
    panel.text(
        x + 0.5,
        y + 0.5,
        _text(cell),
        ha="center",
        va="center",
        color="black",
        fontsize=SMALL,
        fontweight="bold" if cell.verdict is Verdict.BROKEN else "normal",
        linespacing=1.1,
        bbox=backing,
    )


def _text(cell: Cell) -> str:
    """At most three lines; the rest is in the report's tables."""
    if cell.verdict is None:
        return ""
    words = cell.counts or (["0"] if cell.judged else [])
    if not cell.ruled:
        words = [*words, "no rule"]
    if cell.verdict is Verdict.BROKEN:
        words = ["BROKEN", *words]
    elif cell.verdict is Verdict.ALLOWED and cell.ruled:
        words[0] = f"{_ALLOWED} {words[0]}"
    elif cell.verdict not in (Verdict.KEPT, Verdict.ALLOWED, Verdict.REPRODUCED):
        words = [*words, spaced(cell.verdict)]
    if cell.agreement and len(set(cell.verdicts)) > 1:
        words[-1] += f" ({cell.agreement})"
    return "\n".join(words if len(words) <= _LINES else [*words[: _LINES - 1], f"and {len(words) - _LINES + 1} more"])


def _colour(cell: Cell, most: int) -> object:
    """By the worst anomaly, darker the more there are, on a scale of powers."""
    if not cell.found:
        return "white"
    anomaly, (_, high) = next(iter(cell.found.items()))
    share = math.log1p(high) / math.log1p(max(most, 1))
    return _TINTS.get(anomaly, _OTHER)[min(_SHADES - 1, int(share * _SHADES))]


def _legend(figure: Figure, shown: Sequence[Cell]) -> None:
    cells = [cell for cell in shown if cell.verdict is not None]
    verdicts = {cell.verdict for cell in cells}
    first = {next(iter(cell.found)) for cell in cells if cell.found}
    keys: Sequence[tuple[bool, str, Mapping[str, Any]]] = (
        (Anomaly.LOST in first, "lost", {"facecolor": _TINTS[Anomaly.LOST][-1]}),
        (Anomaly.DUPLICATE in first, "duplicated, none lost", {"facecolor": _TINTS[Anomaly.DUPLICATE][-1]}),
        (bool(first - set(_TINTS)), "something else, none lost or duplicated", {"facecolor": _OTHER[-1]}),
        (Verdict.KEPT in verdicts, "0: nothing went wrong, and the fault fired", {}),
        *((verdict in verdicts, says, _LOOK[verdict]) for verdict, says in _SAYS.items()),
    )
    handles = [Patch(label=says, **{"facecolor": "white", **_EDGE, **look}) for there, says, look in keys if there]
    expected = (
        "; coloured with a thin border: reproduced, as the rules expect" if Verdict.REPRODUCED in verdicts else ""
    )
    legend(figure, handles, columns=3, note=f"blank: not run{expected}")
