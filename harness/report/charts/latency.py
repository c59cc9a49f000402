"""The latency that one message in a hundred exceeds: at paced loads, and apart from them at saturation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.report.charts.bars import bars
from harness.report.charts.drawing import Drawing
from harness.report.data import Data
from harness.report.files import slug
from harness.words import listed


def draw_paced(data: Data) -> Iterator[Drawing]:
    """A figure a paced load."""
    for load in _loads(data, paced=True):
        yield from _draw(data, load, slug("p99", load), f"p99 latency at a paced load of {load}")


def draw_saturated(data: Data) -> Iterator[Drawing]:
    """A figure a load with ``rate: max``."""
    for load in _loads(data, paced=False):
        heading = f"p99 latency at saturation (load {load}): messages queue in the client"
        yield from _draw(data, load, slug("p99-saturated", load), heading)


def _loads(data: Data, *, paced: bool) -> list[str]:
    return list(dict.fromkeys(each.load for each in data.measured if each.paced is paced))


def _draw(data: Data, load: str, name: str, heading: str) -> Iterator[Drawing]:
    here = [each for each in data.measured if each.load == load]
    values = {each.subject: spread for each in here if (spread := each.percentile("latency_ms", "p99"))}
    if values:
        clients = sorted({subject.client for subject in values})
        unsteady = {each.subject for each in here if not each.steady}
        says = (
            f"Bars of the p99 latency in milliseconds by configuration and replication factor for {listed(clients)}; "
            "the numbers are under Performance"
        )
        yield Drawing(name, heading, says, partial(bars, values, unsteady, heading, "ms from due to acked"))
