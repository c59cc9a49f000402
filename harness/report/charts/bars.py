"""One figure of bars: a panel a client with a scale of its own, a row a configuration, a bar a replication factor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harness.report.charts.style import COLOURS, HATCHES, SMALL, THOUSANDS, bare, legend, panels, title
from harness.report.labels import Configuration, Subject
from harness.report.wording import UNSTEADY, Spread, short

_LOG_FROM = 50  # times between the least and the most of a panel: beyond it short bars cannot be told apart
_BAR = 0.38
_SIDE_LETTERS = 36


def bars(values: Mapping[Subject, Spread], unsteady: set[Subject], heading: str, unit: str) -> Figure:
    """Medians as bars with their numbers; where there are repeats, a whisker from the least to the most."""
    clients = sorted({subject.client for subject in values})
    configurations = sorted({subject.configuration for subject in values})
    factors = sorted({subject.replication_factor for subject in values})
    row_in = max(0.2 + 0.22 * len(factors), 0.1 + 0.16 * max(_side(each).count("\n") + 1 for each in configurations))
    height_in = 0.9 + len(configurations) * row_in
    figure, axes = panels(len(clients), height_in)
    for panel, client in zip(axes, clients, strict=True):
        here = {subject: spread for subject, spread in values.items() if subject.client == client}
        _panel(panel, here, unsteady, configurations, factors)
        panel.set_title(client, loc="left", fontweight="bold")
        panel.set_xlabel(unit + (" (log scale)" if panel.get_xscale() == "log" else ""))
    repeated = any(spread.repeats > 1 for spread in values.values())
    title(figure, heading)
    handles = [
        Patch(facecolor=COLOURS[i % len(COLOURS)], hatch=HATCHES[i % len(HATCHES)], edgecolor="white", label=f"RF {rf}")
        for i, rf in enumerate(factors)
    ]
    notes = [
        "medians; whiskers: least and most of the repeats"
        if repeated
        else "one repeat each: no difference can be told",
        *([f"{UNSTEADY} not steady: not to be relied on"] if unsteady else []),
    ]
    legend(figure, handles, columns=6, note="; ".join(notes))
    return figure


def _panel(
    panel: Axes,
    values: Mapping[Subject, Spread],
    unsteady: set[Subject],
    configurations: list[Configuration],
    factors: list[int],
) -> None:
    thickness = 2 * _BAR / len(factors)
    most, least = max(s.high for s in values.values()), min(s.low for s in values.values())
    logarithmic = least > 0 and most / least > _LOG_FROM
    for subject, spread in values.items():
        which = factors.index(subject.replication_factor)
        y = configurations.index(subject.configuration) - _BAR + thickness * (which + 0.5)
        panel.barh(
            y,
            spread.median,
            thickness * 0.92,
            color=COLOURS[which % len(COLOURS)],
            hatch=HATCHES[which % len(HATCHES)],
            edgecolor="white",
        )
        if spread.repeats > 1:
            panel.errorbar(
                spread.median,
                y,
                xerr=[[spread.median - spread.low], [spread.high - spread.median]],
                color="black",
                linewidth=1,
                capsize=2.5,
            )
        label = short(spread.median) + (f" {UNSTEADY}" if subject in unsteady else "")
        panel.annotate(label, (spread.high, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL)
    if logarithmic:
        panel.set_xscale("log")
        low = 10 ** math.floor(math.log10(least))
        panel.set_xlim(low, most * (most / low) ** 0.3)
    else:
        panel.set_xlim(0, most * 1.3)  # room for the numbers
        panel.locator_params(axis="x", nbins=3)
        panel.xaxis.set_major_formatter(THOUSANDS)
    panel.set_ylim(len(configurations) - 0.5, -0.5)
    panel.set_yticks(range(len(configurations)), [_side(each) for each in configurations])
    panel.grid(visible=False, axis="y")
    bare(panel, "top", "right", "left")


def _side(configuration: Configuration) -> str:
    """As many lines as leave the panels their width."""
    return "\n".join(wrap(str(configuration), _SIDE_LETTERS, break_long_words=False))
