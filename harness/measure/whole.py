"""Transactions that ended by themselves. The end of a load cuts the one short that is open then, and what is in it is
committed sooner than its interval says, so no figure is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.events import Ending
from harness.journal.mapped import NONE
from harness.journal.sealed import ProducerColumns
from harness.measure.measured import Bools
from harness.store import Throughput


@dataclass(frozen=True)
class Ends:
    """When a transaction of a trial is to end, whichever comes first."""

    messages: int
    interval_ms: int

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Ends | None:
        """By a trial's settings; None if it has no transactions."""
        if not config.get("transactional"):
            return None
        return cls(int(config["transaction.messages"]), int(config["transaction.interval.ms"]))


def in_whole(producer: ProducerColumns, ends: Ends) -> Bools:
    """Of each message of a producer with transactions, whether the last that it was in was full, or over its time."""
    made = producer.transactions
    assert made is not None
    has = np.bincount(made.number[made.number >= 0], minlength=len(made))
    over = (made.ended_ns != NONE) & (made.ended_ns - made.begun_ns >= ends.interval_ms * 1_000_000)
    whole: Bools = (made.number >= 0) & ((has >= ends.messages) | over)[made.number] if len(made) else made.number > 0
    return whole


def whole_transactions(producers: Sequence[ProducerColumns], ends: Ends) -> int:
    """How many there are behind the warm-up."""
    return sum(len(np.unique(numbers)) for _, _, numbers in behind_warmup(producers, ends))


def committed_throughput(
    producers: Sequence[ProducerColumns], ends: Ends, message_size_bytes: int
) -> Throughput | None:
    """Messages a second that were committed in whole transactions after the warm-up, all producers' together; None if
    one of them has none.

    A producer's span is from the first message sent after its warm-up until the last of these commits was confirmed,
    and every commit in it counts, as every ack does for ``throughput``.
    """
    rates, spans = [], []
    for producer in producers:
        if producer.transactions is None or len(producer) <= producer.warmup:
            continue
        number = producer.transactions.number[in_whole(producer, ends)]
        start_ns = int(producer.sent_ns[producer.warmup])
        done_ns = producer.transactions.done_ns[number[producer.transactions.ending[number] == Ending.COMMITTED]]
        done_ns = done_ns[done_ns > start_ns]
        if len(done_ns) == 0:
            return None
        spans.append((int(done_ns.max()) - start_ns) / 1e9)
        rates.append(len(done_ns) / spans[-1])
    if not rates:
        return None
    return Throughput(messages_per_s=sum(rates), mb_per_s=sum(rates) * message_size_bytes / 1e6, span_s=max(spans))


def behind_warmup(producers: Sequence[ProducerColumns], ends: Ends) -> Iterator[tuple[ProducerColumns, Any, Any]]:
    """Each producer that sent something after its warm-up, the messages of it that are in whole transactions, and the
    transaction of each of these.
    """
    for producer in producers:
        if producer.transactions is not None and len(producer) > producer.warmup:
            rows = np.flatnonzero(in_whole(producer, ends))
            rows = rows[rows >= producer.warmup]
            yield producer, rows, producer.transactions.number[rows]
