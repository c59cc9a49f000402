"""The charts of a report. A new one is one module that draws figures from ``Data``, and one line in ``CHARTS``.

A chart without data is left out and one that fails is named: neither costs the reader the rest of the report.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

from harness.report.charts import ack_rate, anomalies, curves, latency, throughput, timeline
from harness.report.charts.data import Data, Drawn
from harness.report.charts.style import RC
from harness.report.files import keep_only, write
from harness.report.gallery import Gallery, Picture


@dataclass(frozen=True)
class Chart:
    """One kind of chart; it may draw several figures, one a load or a fault."""

    name: str
    without: str
    """What is missing when it draws none."""
    draw: Callable[[Data], Iterator[Drawn]]


CHARTS = (
    Chart("what was lost and duplicated", "no fault trial has counts", anomalies.draw),
    Chart("throughput", "no performance trial with rate: max has figures", throughput.draw),
    Chart("p99 latency at paced loads", "no performance trial with a paced load has figures", latency.draw_paced),
    Chart("p99 latency at saturation", "no performance trial with rate: max has latencies", latency.draw_saturated),
    Chart("latency by percentile", "no performance trial with a paced load has a histogram", curves.draw),
    Chart("the course of a fault", "no fault trial has a rate over time", timeline.draw),
    Chart("acks over time under a fault", "no fault trial has a rate over time", ack_rate.draw),
)
"""In the order they appear."""


def draw_all(data: Data, folder: Path, charts: Sequence[Chart] = CHARTS) -> Gallery:
    """Draws every chart into ``folder/charts`` as PNG and SVG; what an earlier report left there goes."""
    into = folder / "charts"
    into.mkdir(exist_ok=True)
    pictures: list[Picture] = []
    left_out: list[str] = []
    for chart in charts:
        try:
            with mpl.rc_context(RC):  # type: ignore[arg-type]
                drawn = [_save(each, into) for each in chart.draw(data)]
        except Exception as problem:  # noqa: BLE001 - whatever one chart trips over, the report is worth more than it
            left_out.append(f"{chart.name}: drawing it failed ({type(problem).__name__}: {problem})")
            continue
        pictures += drawn
        if not drawn:
            left_out.append(f"{chart.name}: {chart.without}")
    kept = {Path(path).name for picture in pictures for path in (picture.png, picture.svg)}
    keep_only(kept, into, "*.png", "*.svg")
    return Gallery(tuple(pictures), tuple(left_out))


def _save(drawn: Drawn, into: Path) -> Picture:
    for suffix, options in (("png", {"dpi": 150}), ("svg", {"metadata": {"Date": None}})):
        image = io.BytesIO()
        drawn.figure.savefig(image, format=suffix, **options)
        drawn.figure.set_layout_engine("none")  # laid out once: it is most of the work, and both files are alike
        write(into / f"{drawn.name}.{suffix}", image.getvalue())
    return Picture(drawn.title, drawn.says, f"charts/{drawn.name}.png", f"charts/{drawn.name}.svg", drawn.fault)
