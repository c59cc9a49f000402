"""How many messages a second, over the whole of a trial and over its course."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np

from harness.journal import NONE, Int64, ProducerColumns
from harness.measure.measured import Measured, counted
from harness.store import Throughput

TOLERANCE = 0.2
"""By how much the halves of a steady span may differ."""
_SHORTEST_BIN_S = 0.1
_MOST_BINS = 1_000


def throughput(producers: Sequence[ProducerColumns], message_size_bytes: int) -> Throughput | None:
    """Acked (acks=0: unconfirmed) messages a second; None if there is none after the warm-up, or if it took no time.

    The span is from the first message sent after the warm-up to the last one acked, and every ack in it counts: those
    of the warm-up's messages too that still waited in the client then, else their time would be nobody's. ``steady``
    says whether the slower half of the span had at least 80 % of the faster half's messages.
    """
    measured = Measured.of(producers)
    if measured is None or not measured.counted.any():
        return None
    start_ns, end_ns = int(measured.sent_ns.min()), int(measured.done_ns[measured.counted].max())
    if start_ns == end_ns:
        return None
    done_ns = np.concatenate([producer.done_ns[counted(producer.outcome)] for producer in producers])
    done_ns = done_ns[done_ns >= start_ns]
    span_s = (end_ns - start_ns) / 1e9
    messages_per_s = len(done_ns) / span_s
    first_half = int(np.count_nonzero(done_ns - start_ns < (end_ns - start_ns) / 2))
    halves = (first_half, len(done_ns) - first_half)
    return Throughput(
        messages_per_s=messages_per_s,
        mb_per_s=messages_per_s * message_size_bytes / 1e6,
        span_s=span_s,
        steady=min(halves) >= (1 - TOLERANCE) * max(halves),
    )


def bin_width_s(producers: Sequence[ProducerColumns]) -> float:
    """The shortest of 0.1, 0.2, 0.5, 1, 2, 5, ... s with which the course of a trial has at most a thousand bins."""
    measured = Measured.of(producers)
    span_s = 0.0 if measured is None else (measured.end_ns - int(measured.due_ns.min())) / 1e9
    widths = (round(_SHORTEST_BIN_S * step * 10.0**exponent, 1) for exponent in count() for step in (1, 2, 5))
    return next(width for width in widths if span_s / width < _MOST_BINS)


def ack_rate(producers: Sequence[ProducerColumns], bin_s: float) -> list[list[float]] | None:
    """Acks (acks=0: messages counted as sent) over time, in bins of ``bin_s``; None if nothing was sent.

    Each is ``[start of the bin, messages a second in it]``, seconds from the first message due after the warm-up.
    Bins without acks are there, up to the last message's end, so that a gap shows; the last bin may be cut short.
    """
    measured = Measured.of(producers)
    return None if measured is None else _rate(measured, measured.done_ns[measured.counted], bin_s)


def error_rate(producers: Sequence[ProducerColumns], bin_s: float) -> list[list[float]] | None:
    """Messages that ended as failed or unknown over time, in the bins of ``ack_rate``; None if nothing was sent.

    One that was never reported ended when nobody waited any longer: it is in the last bin.
    """
    measured = Measured.of(producers)
    if measured is None:
        return None
    done_ns = measured.done_ns[~measured.counted]
    return _rate(measured, np.where(done_ns == NONE, measured.end_ns, done_ns), bin_s)


def _rate(measured: Measured, at_ns: Int64, bin_s: float) -> list[list[float]]:
    start_ns, bin_ns = int(measured.due_ns.min()), bin_s * 1e9
    bins = int((measured.end_ns - start_ns) / bin_ns) + 1
    ended = np.bincount(((at_ns - start_ns) / bin_ns).astype(np.int64), minlength=bins)
    return [[round(number * bin_s, 9), count / bin_s] for number, count in enumerate(ended.tolist())]
