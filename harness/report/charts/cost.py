"""What a guarantee costs against how often it is paid: by commit interval, transaction size, or a pipeline's batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from harness.events import Guarantee
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, LINES, MARKERS, THOUSANDS, bare, blank, legend, title
from harness.report.data import Data
from harness.report.files import slug
from harness.report.labels import GUARANTEE, IDEMPOTENCE
from harness.report.performance import Performance
from harness.report.wording import Spread
from harness.store import TrialRecord
from harness.words import listed

_LOG_FROM = 10  # times between the least and the most of a panel: beyond it differences of the least cannot be seen
_TRANSACTIONAL, _OF_TRANSACTIONS = "transactional", "transaction."


@dataclass(frozen=True)
class Against:
    """One setting that says how often: what a figure has from left to right."""

    setting: str
    called: str
    heading: str

    def at(self, trial: TrialRecord) -> float | None:
        """Where a trial is on it; None where the setting says nothing of it, or its load is too short for it."""
        value = trial.config.get(self.setting)
        unreached = self.setting == "transaction.messages" and int(value or 0) >= int(trial.load.get("messages", 0))
        return None if value is None or unreached else float(value)


AGAINST = (
    Against("transaction.interval.ms", "commit interval, ms", "Cost of transactions by their interval"),
    Against("transaction.messages", "messages in a transaction", "Cost of transactions by their size"),
    Against("pipeline.batch", "inputs in a batch", "Cost of a pipeline's guarantee by its batches"),
)


@dataclass(frozen=True)
class Curve:
    """What is drawn as one line: the same client and settings, but for what is on the axis."""

    name: str
    points: tuple[tuple[float, Performance], ...]
    """From left to right, under every load."""
    references: Mapping[str, tuple[Performance, ...]]
    """What the same client did without transactions, by what it is called."""


@dataclass(frozen=True)
class _Panel:
    heading: str
    unit: str
    paced: bool
    value: Callable[[Performance], Spread | None]


def draw(data: Data) -> Iterator[Drawing]:
    """A figure for each setting that varies, by replication factor and message size; for pipelines by client too."""
    for against in AGAINST:
        measured = data.processed if against.setting == "pipeline.batch" else data.measured
        figures: dict[tuple[object, ...], list[Performance]] = defaultdict(list)
        for each in measured:
            of_pipeline = each.subject.client if GUARANTEE in each.trials[0].config else ""
            figures[of_pipeline, each.subject.replication_factor, each.message_size].append(each)
        for (client, factor, size), here in figures.items():
            if curves := _curves(against, here):
                heading = f"{against.heading} ({f'{client}, ' if client else ''}RF {factor}, {size} B)"
                says = (
                    f"Throughput at saturation, and p99 latency at a paced load to the commit and end to end, against "
                    f"{against.called}, a line each for {listed([curve.name for curve in curves])}; the numbers are "
                    "under Performance and Pipelines' performance"
                )
                name = slug("cost", against.setting.replace(".", "-"), str(client), f"rf{factor}", str(size))
                yield Drawing(name, heading, says, partial(_figure, against, curves, heading))


def _curves(against: Against, here: Sequence[Performance]) -> list[Curve]:
    groups: dict[tuple[object, ...], list[tuple[float, Performance]]] = defaultdict(list)
    others: dict[tuple[object, ...], dict[str, list[Performance]]] = defaultdict(lambda: defaultdict(list))
    for each in here:
        trial = each.trials[0]
        if (x := against.at(trial)) is not None:
            groups[_same(trial, (against.setting,))].append((x, each))
        elif not trial.config.get(_TRANSACTIONAL):
            plain = "idempotent" if trial.config.get(IDEMPOTENCE) else "not idempotent"
            others[_beside(trial)][plain].append(each)
    told = {key: points for key, points in groups.items() if len({x for x, _ in points}) > 1}
    clients = [points[0][1].subject.client for points in told.values()]
    return [
        Curve(
            name=_name(points[0][1], alone=clients.count(points[0][1].subject.client) == 1),
            points=tuple(sorted(points, key=lambda point: point[0])),
            references={name: tuple(them) for name, them in others[_beside(points[0][1].trials[0])].items()},
        )
        for points in sorted(told.values(), key=lambda points: (_strength(points[0][1]), points[0][1].subject))
    ]


def _strength(each: Performance) -> int:
    """Pipelines are listed as their guarantees are, the weakest first."""
    guarantee = each.trials[0].config.get(GUARANTEE)
    return [None, *Guarantee].index(guarantee) if guarantee in [*Guarantee] else 0


def _name(of: Performance, *, alone: bool) -> str:
    guarantee = of.trials[0].config.get(GUARANTEE)
    if guarantee is not None:
        return str(guarantee)
    return of.subject.client if alone else f"{of.subject.client}, {of.subject.configuration}"


def _same(trial: TrialRecord, but: Sequence[str]) -> tuple[object, ...]:
    """What two trials have alike that differ in these settings and their load."""
    rest = sorted((name, repr(value)) for name, value in trial.configured.items() if name not in but)
    return (trial.client, trial.client_version, trial.kafka, *rest)


def _beside(trial: TrialRecord) -> tuple[object, ...]:
    of_transactions = [name for name in trial.configured if name.startswith(_OF_TRANSACTIONS)]
    return _same(trial, (_TRANSACTIONAL, IDEMPOTENCE, *of_transactions))


def _done(each: Performance) -> Spread | None:
    """To the commit, or to the ack of what is in no transaction."""
    trial = each.trials[0]
    committed = trial.config.get(_TRANSACTIONAL) or GUARANTEE in trial.config
    return each.percentile("committed_ms" if committed else "latency_ms", "p99")


_PANELS = (
    _Panel("throughput", "messages/s", paced=False, value=lambda each: each.throughput),
    _Panel("p99 until committed", "ms from due", paced=True, value=_done),
    _Panel(
        "p99 end to end",
        "ms from due",
        paced=True,
        value=lambda each: each.percentile("end_to_end_ms", "p99"),
    ),
)


def _figure(against: Against, curves: Sequence[Curve], heading: str) -> Figure:
    figure = blank(4.3)
    axes = list(figure.subplots(1, len(_PANELS), squeeze=False)[0])
    for panel, what in zip(axes, _PANELS, strict=True):
        loads = {
            (each.rate, each.load)
            for curve in curves
            for _, each in curve.points
            if each.paced is what.paced and what.value(each)
        }
        load = max(loads)[1] if loads else None
        for style, curve in enumerate(curves):
            _line(panel, what, load, curve, style, over=len(curves) - 1 - style)
        _dress(panel, against, what, load)
    title(figure, heading)
    repeated = any(len(each.trials) > 1 for curve in curves for _, each in curve.points)
    names = [name for name in _REFERENCES if any(name in curve.references for curve in curves)]
    handles = [_handle(curve.name, style) for style, curve in enumerate(curves)]
    handles += [
        Line2D([], [], color="0.35", linestyle=_REFERENCES[name], label=f"in no transaction, {name} (until acked)")
        for name in names
    ]
    note = (
        "medians; whiskers: least and most of the repeats" if repeated else "one repeat each: no difference can be told"
    )
    legend(figure, handles, columns=3, note=note)
    return figure


_REFERENCES: Mapping[str, Any] = {"not idempotent": ":", "idempotent": "--"}
"""And how each is drawn, in its client's colour."""


def _line(panel: Axes, what: _Panel, load: str | None, curve: Curve, style: int, over: int) -> None:
    """With so many lines drawn ``over`` it, which may lie where it does: it is the wider."""
    colour = COLOURS[style % len(COLOURS)]
    found = [(x, spread) for x, each in curve.points if each.load == load and (spread := what.value(each))]
    if found:
        panel.errorbar(
            [x for x, _ in found],
            [spread.median for _, spread in found],
            yerr=[[s.median - s.low for _, s in found], [s.high - s.median for _, s in found]],
            color=colour,
            linestyle=LINES[0],
            linewidth=1.6 + 1.2 * over,
            marker=MARKERS[style % len(MARKERS)],
            markersize=6 + 2 * over,
            markeredgecolor="white",
            capsize=2.5,
        )
    for name, others in curve.references.items():
        for each in others:
            if each.load == load and (spread := what.value(each)):
                panel.axhline(spread.median, color=colour, linestyle=_REFERENCES[name], linewidth=1.3)


def _dress(panel: Axes, against: Against, what: _Panel, load: str | None) -> None:
    at = f" at {load}" if what.paced else " at saturation"
    panel.set_title(what.heading + (at if load else ": not measured"), loc="left", fontsize=10)
    panel.set_xscale("log")
    panel.set_xlabel(f"{against.called} (log scale)")
    panel.xaxis.set_major_formatter(FuncFormatter(_plain))
    panel.xaxis.set_minor_formatter(NullFormatter())
    drawn = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in panel.lines] or [np.ones(1)])
    logarithmic = bool(drawn.min() > 0) and drawn.max() / drawn.min() > _LOG_FROM
    panel.set_ylabel(what.unit + (" (log scale)" if logarithmic else ""))
    if logarithmic:
        panel.set_yscale("log")
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_minor_formatter(NullFormatter())
    else:
        panel.set_ylim(bottom=0)
    panel.yaxis.set_major_formatter(FuncFormatter(_plain) if what.paced else THOUSANDS)
    bare(panel, "top", "right")


def _plain(value: float, _: int) -> str:
    return f"{value:,.10g}"


def _handle(name: str, style: int) -> Line2D:
    return Line2D(
        [],
        [],
        color=COLOURS[style % len(COLOURS)],
        marker=MARKERS[style % len(MARKERS)],
        markeredgecolor="white",
        label=name,
    )
