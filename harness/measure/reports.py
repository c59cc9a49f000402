"""What is measured of every trial from its clients' reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.journal import ProducerColumns
from harness.measure.durations import committed, gave_up, latency, service
from harness.measure.rates import throughput


def reported(producers: Sequence[ProducerColumns], message_size_bytes: int) -> dict[str, Any]:
    """Fields of a trial's record."""
    return {
        "throughput": throughput(producers, message_size_bytes),
        "latency_ms": latency(producers),
        "service_ms": service(producers),
        "committed_ms": committed(producers),
        "gave_up_ms": gave_up(producers),
    }
