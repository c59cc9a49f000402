"""What is measured of every trial from its clients' reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.journal.sealed import ProducerColumns
from harness.measure.durations import committed, gave_up, latency, service
from harness.measure.rates import throughput
from harness.measure.whole import Ends, committed_throughput


def reported(producers: Sequence[ProducerColumns], message_size_bytes: int, ends: Ends | None) -> dict[str, Any]:
    """Fields of a trial's record; ``ends`` is None of one without transactions."""
    return {
        "throughput": throughput(producers, message_size_bytes),
        "latency_ms": latency(producers),
        "service_ms": service(producers),
        "committed_throughput": None if ends is None else committed_throughput(producers, ends, message_size_bytes),
        "committed_ms": None if ends is None else committed(producers, ends),
        "gave_up_ms": gave_up(producers),
    }
