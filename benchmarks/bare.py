"""A client without the harness around it: the same calls with the same values, of which nobody makes or records any.

A child of ``benchmarks.perf_test``: it is told what to do as JSON on stdin, and says, as JSON too, how many messages a
second it were and how many microseconds of CPU each took.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from harness import clients
from harness.clients import Int64
from harness.clients.batch import Batch
from harness.events import Outcome
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.topics import Topics

_BATCH = 8_192


class Nobody:
    """A ``clients.Recorder`` that counts, for somebody has to know when all is over."""

    def __init__(self) -> None:
        self.acked = 0

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        self.acked += outcome is Outcome.ACKED

    def done_many(
        self, sequence: Int64, outcome: Outcome, at_ns: Int64, offset: Int64, error: str | None = None
    ) -> None:
        self.acked += len(sequence) if outcome is Outcome.ACKED else 0


def main() -> None:
    told = json.load(sys.stdin)
    topics, messages = Topics((told["topic"],), told["partitions"]), told["messages"]
    nobody = Nobody()
    producer = clients.load(told["client"]).create(told["bootstrap"], topics, told["config"], nobody)
    values = Messages(1, Shape(((told["size"], 100),))).make(np.arange(_BATCH), np.arange(_BATCH))
    sent, turn, began, began_cpu_s = 0, 0, time.monotonic(), time.process_time()
    while sent < messages:
        batch: Batch = values[: messages - sent]
        partition, turn = turn % topics.total, turn + 1
        while batch:
            accepted = producer.send(sent, partition, batch)
            sent, batch = sent + accepted, batch[accepted:]
            producer.poll(0.005 if batch else 0)
    while producer.flush(5.0):
        pass
    took_s, cpu_s = time.monotonic() - began, time.process_time() - began_cpu_s
    producer.close(5.0)
    if nobody.acked != messages:
        raise SystemExit(f"only {nobody.acked} of {messages} were acked")
    print(json.dumps([messages / took_s, cpu_s / messages * 1e6]))


if __name__ == "__main__":
    main()
