"""``latency.hlog``: every distribution of every trial, as a log of HdrHistograms that its own tools read.

A line a trial and clock, which its tag names: ``<trial>/latency_ms``. Values are microseconds, with three significant
digits; the interval is the trial's span. Version 1.3 of the format (HdrHistogram, HistogramLogWriter), V2 histograms.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from harness.report.data import Data
from harness.store import Percentiles, TrialRecord

_CLOCKS = ("latency_ms", "service_ms", "committed_ms", "end_to_end_ms", "gave_up_ms")
_HEAD = (
    "#[Histogram log format version 1.3]\n"
    "#[Values are microseconds, maxima milliseconds]\n"
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'
)


def export(data: Data) -> str:
    """The log, also when there is none in it."""
    return _HEAD + "".join(line for record in data.records for line in _lines(record))


def _lines(record: TrialRecord) -> Iterator[str]:
    start_s = datetime.fromisoformat(record.started).timestamp() if record.started else 0.0
    span_s = record.throughput.span_s if record.throughput else record.elapsed_s or 0.0
    for clock in _CLOCKS:
        timed: Percentiles | None = getattr(record, clock)
        if timed is not None and timed.hdr is not None:
            tag = f"{record.id}/{clock}".replace(",", ";").replace(" ", "_")
            yield f"Tag={tag},{start_s:.3f},{span_s:.3f},{timed.max:.3f},{timed.hdr}\n"
