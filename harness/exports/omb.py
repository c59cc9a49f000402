"""OpenMessaging Benchmark's ``TestResult``, a file a trial, which its chart tools read.

Its periods are ten seconds long, and a trial here is one of them. Latencies are in milliseconds, but for the delay of
publishing, which is in microseconds there as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hdrh.histogram import HdrHistogram

from harness.exports.series import Watched
from harness.report.performance import went
from harness.store import Percentiles, TrialRecord

_PERCENTS = {
    "50pct": 50.0, "75pct": 75.0, "95pct": 95.0, "99pct": 99.0, "999pct": 99.9, "9999pct": 99.99, "99999pct": 99.999,
}  # fmt: skip
_QUANTILES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999, 100.0)
_LATENCIES = {
    "publishLatency": ("service_ms", 1.0),
    "publishDelayLatency": ("late_ms", 1e3),
    "endToEndLatency": ("end_to_end_ms", 1.0),
}
"""Which of a record's distributions each is, and its unit's share of a millisecond."""


def export(watched: Watched) -> dict[str, str]:
    """A file for each trial without a fault that was completed."""
    return {
        f"omb/{record.id}.json": json.dumps(_result(record), indent=2)
        for record in watched.records
        if record.status == "completed" and not record.with_fault and went(record)
    }


def _result(record: TrialRecord) -> dict[str, Any]:
    config, speed = record.config, went(record)
    assert speed is not None
    counts = record.counts
    errors = 0 if counts is None else (counts.failed + counts.unknown) / speed.span_s
    received = [record.end_to_end_ms.count / speed.span_s] if record.end_to_end_ms else []
    latencies: dict[str, Any] = {}
    for name, (field, factor) in _LATENCIES.items():
        timed = _timed(getattr(record, field), factor)
        latencies |= {f"{name}{what}": [value] for what, value in timed.items()}
        latencies |= {f"aggregated{name[0].upper()}{name[1:]}{what}": value for what, value in timed.items()}
        latencies[f"aggregated{name[0].upper()}{name[1:]}Quantiles"] = _quantiles(getattr(record, field), factor)
    return {
        "workload": record.name,
        "driver": f"Kafka {record.kafka}, {record.client} {record.client_version or ''}".rstrip(),
        "messageSize": record.load.get("message_size"),
        "topics": int(config.get("topics", 1)),
        "partitions": int(config.get("partitions", 1)),
        "producersPerTopic": int(config.get("producers", 1)),
        "consumersPerTopic": int(config.get("consumers", 1)) if record.end_to_end_ms else 0,
        "publishRate": [speed.messages_per_s],
        "publishErrorRate": [errors],
        "consumeRate": received,
        "backlog": [0] if record.end_to_end_ms else [],  # a trial ends when its consumers have all
        **latencies,
    }


def _timed(timed: Percentiles | None, factor: float) -> Mapping[str, float]:
    """By OMB's own words; nothing was timed is nothing, never 0."""
    if timed is None or timed.hdr is None:
        return {}
    histogram = HdrHistogram.decode(timed.hdr)
    found = {what: histogram.get_value_at_percentile(percent) / 1e3 * factor for what, percent in _PERCENTS.items()}
    return {"Avg": timed.mean * factor, **found, "Max": timed.max * factor}


def _quantiles(timed: Percentiles | None, factor: float) -> dict[str, float]:
    if timed is None or timed.hdr is None:
        return {}
    histogram = HdrHistogram.decode(timed.hdr)
    return {f"{percent}": histogram.get_value_at_percentile(percent) / 1e3 * factor for percent in _QUANTILES}
