"""Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format/): measures of benchmarks by name."""

from __future__ import annotations

import json

from harness.exports.series import Series, Watched

_LONGEST_NAME = 1_024
# Bencher's own measures have units of their own: nanoseconds, and operations a second. Others are made when first seen.
_MEASURES = {"throughput": ("throughput", 1.0), "median latency": ("latency", 1e6)}


def export(watched: Watched) -> dict[str, str]:
    """The median of each figure, between the least and the most of its repeats."""
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for each in watched.series:
        measure, factor = _MEASURES.get(each.figure, (each.figure.lower().replace(" ", "-"), 1.0))
        benchmarks.setdefault(each.trial[:_LONGEST_NAME], {})[measure] = _metric(each, factor)
    return {"bencher.json": json.dumps(benchmarks, indent=2)}


def _metric(each: Series, factor: float) -> dict[str, float]:
    low, high = min(each.values), max(each.values)
    return {"value": each.median * factor, "lower_value": low * factor, "upper_value": high * factor}
