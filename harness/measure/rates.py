"""How many messages a second, over the whole of a trial and over its course."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import numpy as np

from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import ProducerColumns, slices
from harness.measure.measured import Measured, counted, end_ns, parts
from harness.measure.steady import BINS, steadiness
from harness.store import Throughput

_SHORTEST_BIN_S = 0.1
_MOST_BINS = 1_000
_THIRD = BINS // 3


def throughput(producers: Sequence[ProducerColumns], message_size_bytes: int) -> Throughput | None:
    """Acked (acks=0: unconfirmed) messages a second; None if there is none after the warm-up, or if it took no time.

    The span is from the first message sent after the warm-up to the last one acked, and every ack in it counts: those
    of the warm-up's messages too that still waited in the client then, else their time would be nobody's.
    """
    measured = parts(producers)
    acked_ns = [int(acks.max()) for part in measured if len(acks := part.done_ns[part.counted])]
    if not acked_ns:
        return None
    start_ns, last_ns = min(int(part.sent_ns.min()) for part in measured), max(acked_ns)
    if start_ns == last_ns:
        return None
    counts = np.zeros(BINS, np.int64)
    for done_ns in _acks_since(producers, start_ns):
        counts += bins_of(done_ns, start_ns, last_ns)
    return rate_over(counts, (last_ns - start_ns) / 1e9, message_size_bytes)


def bins_of(done_ns: Int64, start_ns: int, last_ns: int) -> Int64:
    """How many of these are in each of ``BINS`` equal parts of a span; what is later is in its last."""
    place = (done_ns - start_ns) / (last_ns - start_ns) * BINS
    return np.bincount(np.minimum(place, BINS - 1).astype(np.int64), minlength=BINS)


def rate_over(counts: Int64, span_s: float, message_size_bytes: int) -> Throughput:
    """Of all of these ``BINS``, whatever the course of them was."""
    messages_per_s = int(counts.sum()) / span_s
    steady, unsteady = steadiness(counts, span_s)
    return Throughput(
        messages_per_s=messages_per_s,
        mb_per_s=messages_per_s * message_size_bytes / 1e6,
        span_s=span_s,
        last_third_per_s=int(counts[-_THIRD:].sum()) / (span_s * _THIRD / BINS),
        steady=steady,
        unsteady=unsteady,
    )


def _acks_since(producers: Sequence[ProducerColumns], start_ns: int) -> Iterator[Int64]:
    """When messages were acked, some at a time, also those of the warm-up."""
    for producer in producers:
        for part in slices(len(producer)):
            done_ns = producer.done_ns[part][counted(producer.outcome[part])]
            yield done_ns[done_ns >= start_ns]


def bin_width_s(producers: Sequence[ProducerColumns]) -> float:
    """The shortest of 0.1, 0.2, 0.5, 1, 2, 5, ... s with which the course of a trial has at most a thousand bins."""
    measured = parts(producers)
    span_s = (end_ns(measured) - _first_due_ns(measured)) / 1e9 if measured else 0.0
    widths = (round(_SHORTEST_BIN_S * step * 10.0**exponent, 1) for exponent in count() for step in (1, 2, 5))
    return next(width for width in widths if span_s / width < _MOST_BINS)


def ack_rate(producers: Sequence[ProducerColumns], bin_s: float) -> list[list[float]] | None:
    """Acks (acks=0: messages counted as sent) over time, in bins of ``bin_s``; None if nothing was sent.

    Each is ``[start of the bin, messages a second in it]``, seconds from the first message due after the warm-up.
    Bins without acks are there, up to the last message's end, so that a gap shows; the last bin may be cut short.
    """
    return _rate(producers, bin_s, lambda part, _: part.done_ns[part.counted])


def error_rate(producers: Sequence[ProducerColumns], bin_s: float) -> list[list[float]] | None:
    """Messages that ended as failed or unknown over time, in the bins of ``ack_rate``; None if nothing was sent.

    One that was never reported ended when nobody waited any longer: it is in the last bin.
    """
    return _rate(producers, bin_s, _failed_ns)


def _failed_ns(part: Measured, until_ns: int) -> Int64:
    done_ns = part.done_ns[~part.counted]
    return np.where(done_ns == NONE, until_ns, done_ns)


def _rate(
    producers: Sequence[ProducerColumns], bin_s: float, at_ns: Callable[[Measured, int], Int64]
) -> list[list[float]] | None:
    """``at_ns`` says of some messages when those that count did so; it is given when the last one ended."""
    if not (measured := parts(producers)):
        return None
    start_ns, until_ns, bin_ns = _first_due_ns(measured), end_ns(measured), bin_s * 1e9
    ended = np.zeros(int((until_ns - start_ns) / bin_ns) + 1, np.int64)
    for part in measured:
        ended += np.bincount(((at_ns(part, until_ns) - start_ns) / bin_ns).astype(np.int64), minlength=len(ended))
    return [[round(number * bin_s, 9), count / bin_s] for number, count in enumerate(ended.tolist())]


def _first_due_ns(measured: Sequence[Measured]) -> int:
    return min(int(part.due_ns.min()) for part in measured)
