"""How fast each configuration goes when nothing holds it back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.report.charts.bars import bars
from harness.report.charts.drawing import Drawing
from harness.report.data import Data
from harness.report.files import slug
from harness.words import listed


def draw(data: Data) -> Iterator[Drawing]:
    """A figure a message size, of the loads with ``rate: max``."""
    for load in dict.fromkeys(each.load for each in data.measured if not each.paced):
        here = [each for each in data.measured if each.load == load]
        values = {each.subject: each.throughput for each in here if each.throughput}
        if values:
            size = f" of {here[0].message_size:,} bytes"
            heading = f"Throughput of messages{size}, as fast as each client goes"
            unsteady = {each.subject for each in here if not each.steady}
            clients = sorted({subject.client for subject in values})
            yield Drawing(
                slug("throughput", "" if load == "max" else load.removeprefix("max")),
                heading,
                f"Bars of messages a second by configuration and replication factor for {listed(clients)}; the numbers "
                "are under Performance",
                partial(bars, values, unsteady, heading, "messages/s"),
            )
