"""Latency, as whole distributions: HdrHistograms of microseconds with 3 significant digits.

A message's latency counts from when it was due, so that a client which stalls and then sends late is charged for the
wait (no coordinated omission); its service time counts from when it was sent. With acks=0 both end when the client
counted the message as sent, which no broker had a part in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from harness.events import Ending
from harness.journal import NONE, Int64, ProducerColumns
from harness.measure.measured import Measured
from harness.measure.whole import Ends, behind_warmup
from harness.store import Percentiles

Floats = npt.NDArray[np.float64]

_LONGEST_US = 24 * 3600 * 10**6
_DIGITS = 3
_BUCKET_BITS = 11  # HdrHistogram's own choice for 3 digits: up to 2^11 us each value counts for itself
_PERCENTILES = (50, 90, 95, 99, 99.9)


def latency(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """From due to done of every acked (acks=0: unconfirmed) message after the warm-up; None if there is none.

    Raises ``ValueError`` for a message that was done before it was due.
    """
    measured = Measured.of(producers)
    return None if measured is None else _percentiles((measured.done_ns - measured.due_ns)[measured.counted])


def service(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """The same, from sent to done."""
    measured = Measured.of(producers)
    return None if measured is None else _percentiles((measured.done_ns - measured.sent_ns)[measured.counted])


def gave_up(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """From due to the report of every message that the client reported as failed or unknown; None if there is none."""
    measured = Measured.of(producers)
    if measured is None:
        return None
    reported = ~measured.counted & (measured.done_ns != NONE)
    return _percentiles((measured.done_ns - measured.due_ns)[reported])


def committed(producers: Sequence[ProducerColumns], ends: Ends) -> Percentiles | None:
    """From due until its transaction's commit was confirmed, of every message after the warm-up whose was, in a
    transaction that was whole (``harness.measure.whole``); None if there is none.
    """
    durations = []
    for producer, rows, number in behind_warmup(producers, ends):
        assert producer.transactions is not None
        ended = producer.transactions.ending[number] == Ending.COMMITTED
        durations.append(producer.transactions.done_ns[number[ended]] - producer.due_ns[rows[ended]])
    return _percentiles(np.concatenate(durations)) if durations else None


def end_to_end(due_ns: Int64, received_ns: Int64) -> Percentiles | None:
    """From due to received by a consumer; columns of one length, a row a record received, on one clock."""
    return _percentiles(received_ns - due_ns)


def merge(histograms: Sequence[str]) -> HdrHistogram:
    """Stored histograms (``Percentiles.hdr``) as one."""
    merged = HdrHistogram(1, _LONGEST_US, _DIGITS)
    for encoded in histograms:
        merged.decode_and_add(encoded)
    return merged


def curve(hdr: str) -> tuple[Floats, Floats]:
    """A stored histogram for a chart: percentiles (0 to 100, ascending) and the milliseconds they stay within.

    One point for each bucket that is not empty, at the highest value that the bucket holds, as HdrHistogram's own
    recorded iterator gives them; that one takes a third of a second for what columns give at once.
    """
    histogram = HdrHistogram.decode(hdr)
    counts = np.frombuffer(histogram.counts, np.dtype(histogram.counts._type_)).astype(np.int64)
    recorded = np.flatnonzero(counts)
    percentiles = 100.0 * np.cumsum(counts[recorded]) / histogram.total_count
    return percentiles, _highest_us(recorded) / 1e3


def _percentiles(duration_ns: Int64) -> Percentiles | None:
    """``max`` and ``mean`` are exact; a percentile is the upper end of its bucket, within 0.1 % or 1 us."""
    if len(duration_ns) == 0:
        return None
    if duration_ns.min() < 0 or duration_ns.max() > _LONGEST_US * 1000:
        raise ValueError(f"durations of {duration_ns.min()} to {duration_ns.max()} ns: the times cannot be right")
    histogram = _histogram((duration_ns + 500) // 1000)
    max_ms = duration_ns.max() / 1e6
    reached = histogram.get_percentile_to_value_dict(list(_PERCENTILES))
    return Percentiles.model_validate(
        {
            **{f"p{percentile}": min(reached[percentile] / 1e3, max_ms) for percentile in _PERCENTILES},
            "max": max_ms,
            "mean": duration_ns.mean() / 1e6,
            "count": len(duration_ns),
            "hdr": histogram.encode().decode("ascii"),
        }
    )


def _highest_us(index: Int64) -> Int64:
    """The highest value of each of these buckets: a bucket of 2^n values has the n-th power in its shift."""
    half = 1 << (_BUCKET_BITS - 1)
    shift = np.maximum(index // half - 1, 0)
    highest: Int64 = ((index - shift * half + 1) << shift) - 1
    return highest


def _histogram(duration_us: Int64) -> HdrHistogram:
    """All values recorded, a bucket at a time: recording one by one takes a second a million."""
    half = 1 << (_BUCKET_BITS - 1)
    # A float64's exponent is the number's bit length less one, exactly, below 2^53.
    bits = (duration_us.astype(np.float64).view(np.int64) >> 52) - 1022
    shift = np.maximum(bits - _BUCKET_BITS, 0)
    counts = np.bincount(shift * half + (duration_us >> shift))
    histogram = HdrHistogram(1, _LONGEST_US, _DIGITS)
    for bucket in np.flatnonzero(counts).tolist():
        exponent = max(bucket // half - 1, 0)
        histogram.record_value((bucket - exponent * half) << exponent, int(counts[bucket]))
    return histogram
