"""Latency by percentile, the way HdrHistogram draws it: every further nine has the same room as the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from harness.measure.durations import curve, merge
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, LINES, MARKERS, bare, legend, panels, title
from harness.report.data import Data
from harness.report.files import slug
from harness.report.labels import Configuration
from harness.report.performance import Performance
from harness.words import listed

Float = npt.NDArray[np.float64]
_TICKS = np.array([50, 90, 99, 99.9, 99.99, 99.999])
_FROM = 45  # a little of the line before the first tick


def draw(data: Data) -> Iterator[Drawing]:
    """A figure a paced load and replication factor; latency at saturation has no curve, it is the queue's."""
    with_curves = [each for each in data.measured if each.paced and _histograms(each)]
    for load in dict.fromkeys(each.load for each in with_curves):
        here = [each for each in with_curves if each.load == load]
        for factor in sorted({each.subject.replication_factor for each in here}):
            chosen = [each for each in here if each.subject.replication_factor == factor]
            heading = f"Latency by percentile at a paced load of {load}, RF {factor}"
            clients = sorted({each.subject.client for each in chosen})
            yield Drawing(
                slug("latency", load, f"rf{factor}"),
                heading,
                f"Latency in milliseconds against the percentile, a line a configuration, for {listed(clients)}",
                partial(_figure, chosen, clients, heading),
            )


def _figure(chosen: Sequence[Performance], clients: Sequence[str], heading: str) -> Figure:
    configurations = sorted({each.subject.configuration for each in chosen})
    figure, axes = panels(len(clients), 3.4)
    for panel, client in zip(axes, clients, strict=True):
        for each in chosen:
            if each.subject.client == client:
                _line(panel, each, configurations.index(each.subject.configuration))
        _dress(panel, client)
    axes[0].set_ylabel("ms from due to acked (log scale)")
    title(figure, heading)
    handles = [_handle(configuration, style) for style, configuration in enumerate(configurations)]
    legend(figure, handles, columns=4)
    return figure


def _line(panel: Axes, each: Performance, style: int) -> None:
    first, *repeats = _histograms(each)
    percentiles, ms = curve(merge([first, *repeats]).encode().decode("ascii") if repeats else first)
    timed = sum(trial.latency_ms.count for trial in each.trials if trial.latency_ms)
    # Past the last percentile that a whole message lies beyond there is only the maximum, over and over.
    told = (percentiles >= _FROM) & (percentiles < 100) & ((100 - percentiles) / 100 * timed >= 1) & (ms > 0)
    x, y = _nines(percentiles[told]), ms[told]
    if not len(x):
        return
    panel.plot(x, y, color=COLOURS[style % len(COLOURS)], linestyle=LINES[style % len(LINES)], linewidth=1.6)
    at = _nines(_TICKS)
    at = at[(at >= x[0]) & (at <= x[-1])]
    panel.plot(
        at,
        np.interp(at, x, y),
        color=COLOURS[style % len(COLOURS)],
        linestyle="none",
        marker=MARKERS[style % len(MARKERS)],
        markersize=5.5,
        markeredgecolor="white",
    )


def _dress(panel: Axes, client: str) -> None:
    panel.set_title(client, loc="left", fontweight="bold")
    panel.set_xlabel("percentile")
    panel.set_xticks(_nines(_TICKS), [f"{percentile:g}" for percentile in _TICKS])
    reached = max((float(np.max(line.get_xdata())) for line in panel.lines), default=2.0)
    panel.set_xlim(float(_nines(np.array([_FROM]))[0]), reached + 0.2)
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.yaxis.set_minor_formatter(NullFormatter())
    bare(panel, "top", "right")


def _handle(configuration: Configuration, style: int) -> Line2D:
    return Line2D(
        [],
        [],
        color=COLOURS[style % len(COLOURS)],
        linestyle=LINES[style % len(LINES)],
        marker=MARKERS[style % len(MARKERS)],
        markeredgecolor="white",
        label=str(configuration),
    )


def _nines(percentiles: Float) -> Float:
    """0 to 90 takes as much room as 90 to 99, and so on."""
    return np.asarray(-np.log10(1 - percentiles / 100), np.float64)


def _histograms(each: Performance) -> list[str]:
    return [trial.latency_ms.hdr for trial in each.trials if trial.latency_ms and trial.latency_ms.hdr]
