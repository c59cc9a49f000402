"""Latency, as whole distributions: HdrHistograms of microseconds with 3 significant digits.

A message's latency counts from when it was due, so that a client which stalls and then sends late is charged for the
wait (no coordinated omission); its service time counts from when it was sent. With acks=0 both end when the client
counted the message as sent, which no broker had a part in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from harness.events import Ending
from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import ProducerColumns
from harness.measure.measured import parts
from harness.measure.whole import Ends, behind_warmup
from harness.store import Percentiles

Floats = npt.NDArray[np.float64]

_LONGEST_US = 24 * 3600 * 10**6
_DIGITS = 3
_BUCKET_BITS = 11  # HdrHistogram's own choice for 3 digits: up to 2^11 us each value counts for itself
_HALF = 1 << (_BUCKET_BITS - 1)
_PERCENTILES = (50, 90, 95, 99, 99.9)


def latency(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """From due to done of every acked (acks=0: unconfirmed) message after the warm-up; None if there is none.

    Raises ``ValueError`` for a message that was done before it was due.
    """
    return distribution((part.done_ns - part.due_ns)[part.counted] for part in parts(producers))


def service(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """The same, from sent to done."""
    return distribution((part.done_ns - part.sent_ns)[part.counted] for part in parts(producers))


def late(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """From due to handed over, of every message after the warm-up: the pacer's own delay, and how long a client that
    has no room kept it waiting; None if nothing was sent.
    """
    return distribution(part.sent_ns - part.due_ns for part in parts(producers))


def gave_up(producers: Sequence[ProducerColumns]) -> Percentiles | None:
    """From due to the report of every message that the client reported as failed or unknown; None if there is none."""
    return distribution(
        (part.done_ns - part.due_ns)[~part.counted & (part.done_ns != NONE)] for part in parts(producers)
    )


def committed(producers: Sequence[ProducerColumns], ends: Ends) -> Percentiles | None:
    """From due until its transaction's commit was confirmed, of every message after the warm-up whose was, in a
    transaction that was whole (``harness.measure.whole``); None if there is none.
    """
    durations = []
    for producer, rows, number in behind_warmup(producers, ends):
        assert producer.transactions is not None
        ended = producer.transactions.ending[number] == Ending.COMMITTED
        durations.append(producer.transactions.done_ns[number[ended]] - producer.due_ns[rows[ended]])
    return distribution(durations)


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
    recorded, counts = _recorded(histogram)
    reached = 100.0 * np.cumsum(counts) / histogram.total_count
    return reached, _highest_us(recorded) / 1e3


def moments(histogram: HdrHistogram) -> tuple[float, float]:
    """Mean and standard deviation, in milliseconds, of one that is not empty: each value is taken for the middle of its
    bucket, as HdrHistogram's own do, which take a second for what columns give at once.
    """
    recorded, counts = _recorded(histogram)
    values = 1 << _shift(recorded)
    middle_ms = (_highest_us(recorded) + 1 - values + values // 2) / 1e3
    mean_ms = float(np.average(middle_ms, weights=counts))
    return mean_ms, math.sqrt(np.average((middle_ms - mean_ms) ** 2, weights=counts))


def distribution(durations_ns: Iterable[Int64]) -> Percentiles | None:
    """Of all of these; None if there are none. ``max`` and ``mean`` are exact; a percentile is the upper end of its
    bucket, within 0.1 % or 1 us. Raises ``ValueError`` for one that is below 0 or above a day.
    """
    counts, sums, longest_ns = np.zeros(_BUCKETS, np.int64), [], 0
    for each in durations_ns:
        if len(each) == 0:
            continue
        if each.min() < 0 or each.max() > _LONGEST_US * 1000:
            raise ValueError(f"durations of {each.min()} to {each.max()} ns: the times cannot be right")
        counts += np.bincount(_bucket((each + 500) // 1000), minlength=_BUCKETS)
        sums.append(each.sum(dtype=np.float64))
        longest_ns = max(longest_ns, int(each.max()))
    if (count := int(counts.sum())) == 0:
        return None
    reached = np.searchsorted(np.cumsum(counts), [max(1, int(each * count / 100 + 0.5)) for each in _PERCENTILES])
    percentiles = zip(_PERCENTILES, _highest_us(reached).tolist(), strict=True)
    return Percentiles.model_validate(
        {
            **{f"p{percentile}": min(highest_us / 1e3, longest_ns / 1e6) for percentile, highest_us in percentiles},
            "max": longest_ns / 1e6,
            "mean": math.fsum(sums) / count / 1e6,
            "count": count,
            "hdr": _histogram(counts).encode().decode("ascii"),
        }
    )


def _recorded(histogram: HdrHistogram) -> tuple[Int64, Int64]:
    """Its buckets that are not empty, and how many values each has."""
    counts = np.frombuffer(histogram.counts, np.dtype(histogram.counts._type_)).astype(np.int64)
    recorded = np.flatnonzero(counts)
    return recorded, counts[recorded]


def _shift(index: Int64) -> Int64:
    """A bucket of 2^n values has n."""
    shift: Int64 = np.maximum(index // _HALF - 1, 0)
    return shift


def _highest_us(index: Int64) -> Int64:
    """The highest value of each of these buckets."""
    shift = _shift(index)
    highest: Int64 = ((index - shift * _HALF + 1) << shift) - 1
    return highest


def _bucket(duration_us: Int64) -> Int64:
    """Where each is counted."""
    # A float64's exponent is the number's bit length less one, exactly, below 2^53.
    bits = (duration_us.astype(np.float64).view(np.int64) >> 52) - 1022
    shift = np.maximum(bits - _BUCKET_BITS, 0)
    bucket: Int64 = shift * _HALF + (duration_us >> shift)
    return bucket


def _histogram(counts: Int64) -> HdrHistogram:
    """All that is in its buckets, as the library itself does it when it reads one."""
    histogram = HdrHistogram(1, _LONGEST_US, _DIGITS)
    np.frombuffer(histogram.counts, np.dtype(histogram.counts._type_))[: len(counts)] = counts
    recorded = np.flatnonzero(counts)
    histogram.set_internal_tacking_values(int(recorded[0]), int(recorded[-1]), int(counts.sum()))
    return histogram


_BUCKETS = 1 + int(_bucket(np.array([_LONGEST_US]))[0])
