"""The course of a fault in one trial of each client: acks, errors, what was done, who led and who was in sync."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from harness.events import Verdict
from harness.report.charts import rates
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, SMALL, bare, blank, legend, title
from harness.report.course import NOBODY, Mark, Spell, end_s, in_sync, lanes, leaders, marks
from harness.report.data import Data
from harness.report.files import slug
from harness.report.labels import ACKS, Labels
from harness.report.matrix import verdict_of
from harness.store import TrialRecord
from harness.words import listed, spaced

_SHADE = 0.1
_AFTER = 0.04  # of the time, at the end: for what came last to be seen
_ROOM = 0.16  # of the time, on the right: for the last label
_LETTER_IN, _LANE_IN = 0.068, 0.17  # of small text
_PANEL_IN, _STRIP_IN, _AXES_IN = 1.4, 0.5, 8.7
_ACKS: dict[str, Any] = {"facecolor": (*COLOURS[0], 0.35), "edgecolor": COLOURS[0], "fill": True}
_ERRORS: dict[str, Any] = {"facecolor": "none", "edgecolor": COLOURS[3], "fill": True, "hatch": "////"}


def draw(data: Data) -> Iterator[Drawing]:
    """A figure a fault, of one trial of each client that has acks or errors over time."""
    by_fault: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in data.records:
        if record.with_fault and record.ack_rate:
            by_fault[data.labels.fault(record)].append(record)
    for fault, records in sorted(by_fault.items()):
        chosen = [
            representative([record for record in records if data.labels.client(record) == client], data.labels)
            for client in sorted({data.labels.client(record) for record in records})
        ]
        heading = f"The course of {fault}"
        yield Drawing(
            slug("timeline", fault),
            heading,
            "Messages acked and failed or unknown a second against seconds, in one trial each of "
            f"{listed(map(data.labels.client, chosen))}; the time of {fault} is shaded, its events are named "
            "lines, and below are leader and in-sync replicas",
            partial(_figure, chosen, data.labels, heading),
            records[0].fault.name,
        )


def representative(records: Sequence[TrialRecord], labels: Labels) -> TrialRecord:
    """Of one client's trials the one to look at: one that fired; a broken one if any; one with acks that a broker
    gave; one that shows what the fault is for; of those the strongest configuration, and the first repeat of it.
    """
    return max(
        records,
        key=lambda record: (
            record.fault.fired,
            record.verdict is Verdict.BROKEN,
            str(record.config.get(ACKS)) != "0",
            record.verdict is Verdict.REPRODUCED,
            labels.subject(record),
            -record.repeat,
        ),
    )


def _figure(records: Sequence[TrialRecord], labels: Labels, heading: str) -> Figure:
    panels = [_Panel.of(record) for record in records]
    heights = [height for panel in panels for height in (_PANEL_IN, *([_STRIP_IN] if panel.leaders else []))]
    above_in = sum(0.55 + _LANE_IN * panel.high for panel in panels)
    figure = blank(sum(heights) + above_in + 1.1)
    axes = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    for panel in panels:
        above = next(axes)
        _rates(above, panel.record)
        _marks(above, panel)
        which = _which(panel.record, labels)
        above.set_title(f"{labels.client(panel.record)}, {which}", loc="left", pad=6 + 72 * _LANE_IN * panel.high)
        below = above
        if panel.leaders:
            below = next(axes)
            _strip(below, panel)
            above.tick_params(labelbottom=False)
        for each in (above, below):
            each.set_xlim(panel.start_s, panel.end_s + panel.room_s)
            each.locator_params(axis="x", nbins=10)
    below.set_xlabel("seconds from when the first message was due")
    title(figure, heading)
    _legend(figure, panels)
    return figure


@dataclass(frozen=True)
class _Panel:
    """What is drawn of one trial, and how much room that takes."""

    record: TrialRecord
    start_s: float
    end_s: float
    marks: list[Mark]
    lanes: list[int]
    leaders: list[Spell]
    in_sync: list[Spell]

    @classmethod
    def of(cls, record: TrialRecord) -> _Panel:
        done, end = marks(record), (1 + _AFTER) * end_s(record)
        start = min([0.0, *(mark.at_s[0] for mark in done)]) - 0.02 * end
        letter_s = _LETTER_IN / _AXES_IN * (1 + _ROOM) * (end - start)
        found = lanes([mark.at_s[0] for mark in done], [letter_s * (len(mark.text) + 1) for mark in done])
        return cls(record, start, end, done, found, leaders(record, end), in_sync(record, end))

    @property
    def high(self) -> int:
        """Lines of labels above it."""
        return 1 + max(self.lanes, default=-1)

    @property
    def room_s(self) -> float:
        return _ROOM * (self.end_s - self.start_s)


def _rates(axes: Axes, record: TrialRecord) -> None:
    for rate, style in ((record.ack_rate or [], _ACKS), (record.error_rate or [], _ERRORS)):
        if any(height for _, height in rate):  # a line of nothing would lie on the axis
            starts, heights = zip(*rate, strict=True)
            axes.stairs(
                heights, [*starts, starts[-1] + (record.ack_rate_bin_s or 0)], baseline=0, linewidth=1.3, **style
            )
    logarithmic = rates.scale(axes, record.ack_rate or [], record.error_rate or [])
    axes.set_ylabel("messages/s\n(log scale)" if logarithmic else "messages/s")
    bare(axes, "top", "right")


def _marks(axes: Axes, panel: _Panel) -> None:
    fault = panel.record.fault
    if fault.start_s is not None and fault.end_s is not None:
        axes.axvspan(fault.start_s, fault.end_s, color="black", alpha=_SHADE, linewidth=0, zorder=0)
    at_top = axes.get_xaxis_transform()
    for mark, lane in zip(panel.marks, panel.lanes, strict=True):
        for at in mark.at_s:
            axes.axvline(at, color="0.15", linewidth=0.9, linestyle=(0, (4, 2)))
        up = 72 * _LANE_IN * lane + 3
        line = {"arrowstyle": "-", "color": "0.15", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (mark.at_s[0], 1), (0, up + 8), xycoords=at_top, textcoords="offset points", arrowprops=line)
        axes.annotate(
            mark.text, (mark.at_s[0], 1), (3, up), xycoords=at_top, textcoords="offset points", fontsize=SMALL
        )


def _strip(axes: Axes, panel: _Panel) -> None:
    """Who led above, who was in sync below; shaded where it is not what it was at first."""
    for y, spells in ((1, panel.leaders), (0, panel.in_sync)):
        for spell in spells:
            start, end = max(spell.start_s, panel.start_s), min(spell.end_s, panel.end_s)
            if end <= start:
                continue
            as_at_first = spell.text == spells[0].text
            axes.add_patch(
                Rectangle(
                    (start, y + 0.08),
                    end - start,
                    0.84,
                    facecolor="white" if as_at_first else "0.88",
                    edgecolor="0.3",
                    hatch="xxx" if spell.text == NOBODY else None,
                    linewidth=0.8,
                )
            )
            if (end - start) / (panel.end_s + panel.room_s - panel.start_s) > len(spell.text) * _LETTER_IN / _AXES_IN:
                box = {"facecolor": "white" if as_at_first else "0.88", "edgecolor": "none", "pad": 0.8}
                centre = ((start + end) / 2, y + 0.48)
                axes.text(*centre, spell.text, ha="center", va="center", fontsize=SMALL, bbox=box)
    axes.set_ylim(0, 2)
    axes.set_yticks([0.5, 1.5], ["ISR", "leader"])
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    bare(axes, "top", "right", "left")


def _which(record: TrialRecord, labels: Labels) -> str:
    subject = labels.subject(record)
    repeat = f", repeat {record.repeat}" if record.repeat > 1 else ""
    verdict = spaced(verdict_of(record).value)
    return f"{subject.configuration}, RF {subject.replication_factor}{repeat}: {verdict}"


def _legend(figure: Figure, panels: Sequence[_Panel]) -> None:
    unconfirmed = any(panel.record.counts and panel.record.counts.unconfirmed for panel in panels)
    handles: list[Artist] = [Patch(label="acked" + (" (acks=0: counted as sent)" if unconfirmed else ""), **_ACKS)]
    notes = []
    if any(panel.record.error_rate for panel in panels):
        some = any(rate for panel in panels for _, rate in panel.record.error_rate or ())
        handles.append(Patch(label="failed or unknown" + ("" if some else ": none"), **_ERRORS))
    else:
        notes.append("errors over time are not on record")
    handles.append(Patch(facecolor="black", alpha=1.5 * _SHADE, label="the fault, from its first deed to its last"))
    if any(panel.leaders for panel in panels):
        notes.append(
            "leader and in-sync replicas (ISR) of partition 0 as last seen; grey: not as at first; crossed: none"
        )
    else:
        notes.append("leader and in-sync replicas are not on record")
    legend(figure, handles, columns=3, note="; ".join(notes))
