"""Acks over time in fault trials: how long nothing is acked, and how the client catches up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.report.charts import rates
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, LINES, SMALL, bare, blank, legend, title
from harness.report.data import Data
from harness.report.files import slug
from harness.report.labels import Labels, replication_factor
from harness.store import TrialRecord

_SHADE = 0.1
_BELOW = 0.04  # of the height: room for a line at zero


def draw(data: Data) -> Iterator[Drawing]:
    """A figure a fault, of the first repeat of each trial that has acks."""
    by_fault: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in data.records:
        if record.with_fault and any(rate for _, rate in record.ack_rate or ()):
            by_fault[data.labels.fault(record)].append(record)
    for fault, records in sorted(by_fault.items()):
        heading = f"Acks over time under {fault}"
        first = {data.labels.subject(each): each for each in sorted(records, key=lambda each: -each.repeat)}
        yield Drawing(
            slug("acks", fault),
            heading,
            "Acked messages a second against seconds, a column a client, a row a configuration, a line a replication "
            f"factor; the time of {fault} is shaded. Gaps and recovery times are in the table of trials",
            partial(_figure, list(first.values()), data.labels, heading),
            records[0].fault.name,
        )


def _figure(records: Sequence[TrialRecord], labels: Labels, heading: str) -> Figure:
    """Panels by configuration and client: lines of more than a few trials in one panel hide each other."""
    configurations = sorted({labels.configuration(record) for record in records})
    clients = sorted({labels.client(record) for record in records})
    factors = sorted({replication_factor(record) for record in records})
    figure = blank(1.25 * len(configurations) + 1.2)
    grid = figure.subplots(len(configurations), len(clients), squeeze=False, sharex=True, sharey="col")
    for row, configuration in enumerate(configurations):
        for column, client in enumerate(clients):
            here = [
                each
                for each in records
                if labels.client(each) == client and labels.configuration(each) == configuration
            ]
            _panel(grid[row][column], here, factors)
        # Above the row: beside it a label has no more room than the panel is high.
        grid[row][0].set_title(str(configuration), loc="left")
    for column, client in enumerate(clients):
        grid[-1][column].set_xlabel("seconds")
        top = grid[0][column]
        acks = [record.ack_rate or [] for record in records if labels.client(record) == client]
        scaled = " (log scale)" if rates.scale(top, *acks, below=_BELOW) else ""  # of the whole column: it is shared
        above = {"xytext": (0, 20), "xycoords": "axes fraction", "textcoords": "offset points"}
        top.annotate(client + scaled, (0, 1), **above, fontweight="bold", fontsize=11)
    title(figure, heading)
    figure.supylabel("messages acked a second", fontsize=10)
    handles: list[Artist] = [
        Line2D([], [], color=COLOURS[i % len(COLOURS)], linestyle=LINES[i % len(LINES)], label=f"RF {factor}")
        for i, factor in enumerate(factors)
    ]
    several = ", darker where several trials are under it" if len(factors) > 1 else ""
    handles.append(Patch(facecolor="black", alpha=1.5 * _SHADE, label=f"the fault{several}"))
    notes = ["seconds count from when the first message was due"]
    if any(record.counts and record.counts.unconfirmed for record in records):
        notes.append("acks=0: messages the client counted as sent")
    legend(figure, handles, columns=6, note="; ".join(notes))
    return figure


def _panel(panel: Axes, records: Sequence[TrialRecord], factors: Sequence[int]) -> None:
    for record in sorted(records, key=replication_factor):
        style = factors.index(replication_factor(record))
        times, acks = zip(*(record.ack_rate or ()), strict=True)
        panel.stairs(
            acks,
            [*times, times[-1] + (record.ack_rate_bin_s or 0)],
            baseline=None,
            color=COLOURS[style % len(COLOURS)],
            linestyle=LINES[style % len(LINES)],
            linewidth=1.4,
        )
        fault = record.fault
        if fault.start_s is not None and fault.end_s is not None:
            panel.axvspan(fault.start_s, fault.end_s, color="black", alpha=_SHADE, linewidth=0)
    if not records:
        panel.text(0.5, 0.5, "no acks", ha="center", va="center", transform=panel.transAxes, fontsize=SMALL)
    panel.locator_params(axis="x", nbins=6)
    bare(panel, "top", "right")
