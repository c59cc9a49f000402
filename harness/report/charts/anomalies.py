"""What went wrong, configuration by fault, a panel a client. The text in a cell says it all; colour only repeats it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from harness.events import Anomaly, Verdict
from harness.report.charts.data import Data, Drawn
from harness.report.charts.style import COLOURS, SMALL, bare, blank, legend, title
from harness.report.labels import Subject
from harness.report.matrix import Cell, Matrix, matrix
from harness.report.wording import plural

_SHADES = 5  # light ones, on which black text can be read
_TINTS = {
    Anomaly.LOST: sns.light_palette(COLOURS[3], 2 * _SHADES)[1 : 1 + _SHADES],
    Anomaly.DUPLICATE: sns.light_palette(COLOURS[0], 2 * _SHADES)[1 : 1 + _SHADES],
}
_OTHER = sns.light_palette(COLOURS[4], 2 * _SHADES)[1 : 1 + _SHADES]
_GREY = "0.93"
_HATCH = {Verdict.NOT_EXERCISED: "///", Verdict.UNKNOWN: "xxx"}
_LINES = 3  # of text in one cell


def draw(data: Data) -> Iterator[Drawn]:
    """One figure. Nothing if no fault trial has counts."""
    records = [record for record in data.records if record.kind != "performance"]
    found = matrix(records, data.labels)
    if not any(cell.judged for cell in found.cells.values()):
        return
    most = max((high for cell in found.cells.values() for _, high in cell.found.values()), default=1)
    heights = [sum(subject.client == client for subject in found.subjects) for client in found.clients]
    row_in = 0.14 + 0.15 * max(len(_text(cell).splitlines()) for cell in found.cells.values())
    figure = blank(row_in * sum(heights) + 0.7 * len(heights) + 1.0)
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for panel, client in zip(axes, found.clients, strict=True):
        _panel(panel, client, found, most)
    title(figure, "Messages lost, duplicated and reordered, by configuration and fault")
    _legend(figure, found)
    wrong = sum(bool(cell.found) for cell in found.cells.values())
    says = (
        f"Table of {plural(len(found.subjects), 'configuration')} by {plural(len(found.faults), 'fault')}: "
        f"something went wrong in {wrong} of {len(found.cells)} cells, the numbers are under Verdicts"
    )
    yield Drawn("anomalies", "What was lost and duplicated", says, figure)


def _panel(panel: Axes, client: str, found: Matrix, most: int) -> None:
    subjects = [subject for subject in found.subjects if subject.client == client]
    panel.set_xlim(0, len(found.faults))
    panel.set_ylim(len(subjects), 0)
    for y, subject in enumerate(subjects):
        for x, fault in enumerate(found.faults):
            cell = found.cells.get((subject, fault))
            if cell is not None and cell.verdict is not None:
                _draw_cell(panel, x, y, cell, most)
    panel.set_xticks([x + 0.5 for x in range(len(found.faults))], found.faults)
    panel.set_yticks([y + 0.5 for y in range(len(subjects))], [_row(subject) for subject in subjects])
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.grid(visible=False)
    bare(panel, "top", "right", "bottom", "left")
    panel.set_title(client, loc="left", fontweight="bold")


def _draw_cell(panel: Axes, x: int, y: int, cell: Cell, most: int) -> None:
    hatch = _HATCH.get(cell.verdict) if cell.verdict else None
    broken = cell.verdict is Verdict.BROKEN
    inset = 0.04
    box = Rectangle(
        (x + inset / 2, y + inset),
        1 - inset,
        1 - 2 * inset,
        facecolor=_colour(cell, most),
        edgecolor="black" if broken else "0.6",
        linewidth=2.5 if broken else 0.6,
        hatch=hatch,
    )
    # Hatching is drawn in the edge's colour: lighter than text, so that text on it can be read.
    if hatch:
        box.set_edgecolor("0.75")
    panel.add_patch(box)
    backing = {"facecolor": "white", "edgecolor": "none", "pad": 1.5} if hatch else None
    panel.text(
        x + 0.5,
        y + 0.5,
        _text(cell),
        ha="center",
        va="center",
        fontsize=SMALL,
        fontweight="bold" if broken else "normal",
        linespacing=1.1,
        bbox=backing,
    )


def _text(cell: Cell) -> str:
    """At most three lines; the rest is in the report's tables."""
    if cell.verdict is None:
        return ""
    words = cell.counts or (["0"] if cell.judged else [])
    if cell.verdict is Verdict.BROKEN:
        words = ["BROKEN", *words]
    elif cell.verdict is not Verdict.KEPT and cell.verdict is not Verdict.REPRODUCED:
        words = [*words, cell.verdict.replace("_", " ")]
    if cell.agreement and len(set(cell.verdicts)) > 1:
        words[-1] += f" ({cell.agreement})"
    return "\n".join(words if len(words) <= _LINES else [*words[: _LINES - 1], f"and {len(words) - _LINES + 1} more"])


def _colour(cell: Cell, most: int) -> object:
    """By the worst anomaly, darker the more there are, on a scale of powers."""
    if cell.verdict in _HATCH:
        return _GREY
    if not cell.found:
        return "white"
    anomaly, (_, high) = next(iter(cell.found.items()))
    share = math.log1p(high) / math.log1p(max(most, 1))
    return _TINTS.get(anomaly, _OTHER)[min(_SHADES - 1, int(share * _SHADES))]


def _row(subject: Subject) -> str:
    return f"{subject.configuration}, RF {subject.replication_factor}"


def _legend(figure: Figure, found: Matrix) -> None:
    cells = [cell for cell in found.cells.values() if cell.verdict is not None]
    verdicts = {cell.verdict for cell in cells}
    first = {next(iter(cell.found)) for cell in cells if cell.found}
    keys: Sequence[tuple[bool, Patch]] = (
        (Anomaly.LOST in first, Patch(facecolor=_TINTS[Anomaly.LOST][-1], edgecolor="0.6", label="lost")),
        (
            Anomaly.DUPLICATE in first,
            Patch(facecolor=_TINTS[Anomaly.DUPLICATE][-1], edgecolor="0.6", label="duplicated, none lost"),
        ),
        (bool(first - set(_TINTS)), Patch(facecolor=_OTHER[-1], edgecolor="0.6", label="something else")),
        (Verdict.KEPT in verdicts, Patch(facecolor="white", edgecolor="0.6", label="0: nothing, and the fault fired")),
        (
            Verdict.NOT_EXERCISED in verdicts,
            Patch(facecolor=_GREY, edgecolor="0.75", hatch="///", label="not exercised: proves nothing"),
        ),
        (Verdict.UNKNOWN in verdicts, Patch(facecolor=_GREY, edgecolor="0.75", hatch="xxx", label="unknown")),
        (Verdict.BROKEN in verdicts, Patch(facecolor="white", edgecolor="black", linewidth=2.5, label="broken")),
    )
    handles = [patch for there, patch in keys if there]
    legend(figure, handles, columns=3, note="blank: not run")
