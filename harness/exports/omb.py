"""OpenMessaging Benchmark's ``TestResult``, a file a trial, which its ``create_charts.py`` and ``ResultsToCsv`` read.

Its charts are one a workload, which is a load here, with a line a driver, which is a trial. Its periods are ten seconds
long, and a trial is one of them. Latencies are in milliseconds, but for the delay of publishing, which is in whole
microseconds there as well. It knows no value that is not there: what nobody measured is 0 in its files, and with
``consumersPerTopic`` 0 nobody consumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hdrh.histogram import HdrHistogram

from harness.exports.series import Watched
from harness.report.labels import Labels
from harness.report.labels import name as name_of
from harness.report.performance import went
from harness.store import Percentiles, Throughput, TrialRecord

_PERCENTS = {
    "50pct": 50.0, "75pct": 75.0, "95pct": 95.0, "99pct": 99.0, "999pct": 99.9, "9999pct": 99.99,
}  # fmt: skip
_QUANTILES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999, 100.0)
_LATENCIES: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "publishLatency": ("service_ms", float),
    "publishDelayLatency": ("late_ms", lambda ms: round(ms * 1e3)),
    "endToEndLatency": ("end_to_end_ms", float),
}
"""Which of a record's distributions each is, and how it has a number of milliseconds."""


def export(watched: Watched) -> dict[str, str]:
    """A file for each trial without a fault that was completed."""
    labels = Labels.of(watched.records)
    return {
        f"omb/{record.id}.json": json.dumps(_result(record, speed, labels), indent=2)
        for record in watched.records
        if record.status == "completed" and not record.with_fault and (speed := went(record))
    }


def _result(record: TrialRecord, speed: Throughput, labels: Labels) -> dict[str, Any]:
    config, counts, received = record.config, record.counts, record.end_to_end_ms
    latencies: dict[str, Any] = {}
    for name, (field, said) in _LATENCIES.items():
        timed, aggregated = getattr(record, field), f"aggregated{name[0].upper()}{name[1:]}"
        for what, ms in _timed(timed).items():
            latencies[f"{name}{what}"], latencies[f"{aggregated}{what}"] = [said(ms)], said(ms)
        latencies[f"{aggregated}Quantiles"] = {percent: said(ms) for percent, ms in _quantiles(timed).items()}
    return {
        "workload": f"load {labels.load(record)}",
        "driver": f"Kafka {record.kafka}, {name_of(labels.subject(record))}, run {record.repeat}",
        "messageSize": round(record.load["message_size"]),
        "topics": int(config.get("topics", 1)),
        "partitions": int(config.get("partitions", 1)),
        "producersPerTopic": int(config.get("producers", 1)),
        "consumersPerTopic": int(config.get("consumers", 1)) if received else 0,
        "publishRate": [speed.messages_per_s],
        "publishErrorRate": [(counts.failed + counts.unknown) / speed.span_s if counts else 0.0],
        "consumeRate": [received.count / speed.span_s if received else 0.0],
        "backlog": [0],  # a trial ends when its consumers have all
        **latencies,
    }


def _timed(timed: Percentiles | None) -> Mapping[str, float]:
    """In ms, by OMB's own words."""
    if timed is None or timed.hdr is None:
        return dict.fromkeys(("Avg", *_PERCENTS, "Max"), 0.0)
    histogram = HdrHistogram.decode(timed.hdr)
    found = {what: histogram.get_value_at_percentile(percent) / 1e3 for what, percent in _PERCENTS.items()}
    return {"Avg": timed.mean, **found, "Max": timed.max}


def _quantiles(timed: Percentiles | None) -> Mapping[str, float]:
    """In ms, by percent."""
    if timed is None or timed.hdr is None:
        return {}
    histogram = HdrHistogram.decode(timed.hdr)
    return {f"{percent}": histogram.get_value_at_percentile(percent) / 1e3 for percent in _QUANTILES}
