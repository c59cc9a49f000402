"""The charts of a report. A new one is one module that draws figures from ``Data``, and one line in ``CHARTS``.

A chart without data is left out and one that fails is named: neither costs the reader the rest of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.report.charts import ack_rate, anomalies, cost, curves, latency, throughput, timeline
from harness.report.charts.drawing import Drawing
from harness.report.charts.saving import in_words, save_all
from harness.report.data import Data
from harness.report.gallery import Gallery, Picture


@dataclass(frozen=True)
class Chart:
    """One kind of chart; it may draw several figures, one a load or a fault."""

    name: str
    without: str
    """What is missing when it draws none."""
    draw: Callable[[Data], Iterator[Drawing]]


CHARTS = (
    Chart("what was lost and duplicated", "no fault trial has counts", anomalies.draw),
    Chart("throughput", "no performance trial with rate: max has figures", throughput.draw),
    Chart("p99 latency at paced loads", "no performance trial with a paced load has figures", latency.draw_paced),
    Chart("p99 latency at saturation", "no performance trial with rate: max has latencies", latency.draw_saturated),
    Chart("latency by percentile", "no performance trial with a paced load has a histogram", curves.draw),
    Chart("what guarantees cost", "no interval, size or batch varies in performance trials", cost.draw),
    Chart("the course of a fault", "no fault trial has a rate over time", timeline.draw),
    Chart("acks over time under a fault", "no fault trial has a rate over time", ack_rate.draw),
)
"""In the order they appear."""


def draw_all(data: Data, folder: Path, charts: Sequence[Chart] = CHARTS) -> Gallery:
    """Draws every chart into ``folder/charts`` as PNG and SVG. Of a chart that fails nothing is there afterwards."""
    (folder / "charts").mkdir(exist_ok=True)
    planned: list[list[Drawing] | str] = [_plan(chart, data) for chart in charts]
    problems = save_all([drawing for plan in planned if not isinstance(plan, str) for drawing in plan], folder)
    pictures: list[Picture] = []
    left_out: list[str] = []
    for chart, plan in zip(charts, planned, strict=True):
        drawings, wrong = ([], [plan]) if isinstance(plan, str) else (plan, [])
        wrong += [problems[drawing.name] for drawing in drawings if drawing.name in problems]
        if wrong:
            left_out.append(f"{chart.name}: drawing it failed ({wrong[0]})")
            for drawing in drawings:
                for path in drawing.picture.files:
                    (folder / path).unlink(missing_ok=True)
            continue
        pictures += [drawing.picture for drawing in drawings]
        if not drawings:
            left_out.append(f"{chart.name}: {chart.without}")
    return Gallery(tuple(pictures), tuple(left_out))


def _plan(chart: Chart, data: Data) -> list[Drawing] | str:
    """The chart's drawings, or why there are none to be had."""
    try:
        return list(chart.draw(data))
    except Exception as problem:  # noqa: BLE001 - whatever one chart trips over, the report is worth more than it
        return in_words(problem)
