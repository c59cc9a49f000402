"""What is measured of a pipeline: from its batches, its inputs, and what was received of its outputs.

The end of a load leaves a batch that is not full, and is processed at once: nothing is measured of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.journal.mapped import Int64
from harness.journal.sealed import BatchColumns, ConsumedColumns, Parts, ProducerColumns
from harness.measure.durations import distribution
from harness.measure.measured import Bools
from harness.measure.rates import bins_of, rate_over
from harness.store import Percentiles, Throughput


@dataclass(frozen=True)
class Processed:
    """The inputs that were sent after the warm-up and processed in full batches, a row an input."""

    producer: Int64
    sequence: Int64
    due_ns: Int64
    polled_ns: Int64
    """When the first input of its batch was polled."""
    done_ns: Int64
    """When its batch was over for the worker."""

    @classmethod
    def of(cls, inputs: Sequence[ProducerColumns], batches: BatchColumns, size: int) -> Processed:
        """``size`` is that of a full batch."""
        rows = [_rows_of(producer, batches) for producer in inputs]
        held = np.bincount(batches.batch[_joined([each[each >= 0] for each in rows])])
        parts = []
        for producer, each in zip(inputs, rows, strict=True):
            sequence = np.arange(len(producer))
            counts = (each >= 0) & (sequence >= producer.warmup)
            counts[counts] = held[batches.batch[each[counts]]] == size
            parts.append((np.full(int(counts.sum()), producer.producer), sequence[counts], each[counts], producer))
        chosen = np.concatenate([row for _, _, row, _ in parts]) if parts else np.zeros(0, np.int64)
        return cls(
            producer=_joined([number for number, _, _, _ in parts]),
            sequence=_joined([sequence for _, sequence, _, _ in parts]),
            due_ns=_joined([producer.due_ns[sequence] for _, sequence, _, producer in parts]),
            polled_ns=batches.polled_ns[chosen],
            done_ns=batches.done_ns[chosen],
        )

    def throughput(self, message_size_bytes: int) -> Throughput | None:
        """Inputs a second, from the first poll to when the last batch was over; None if there is none. It is ``steady``
        as a producer's is.
        """
        if len(self.done_ns) == 0:
            return None
        start_ns, last_ns = int(self.polled_ns.min()), int(self.done_ns.max())
        if start_ns == last_ns:
            return None
        return rate_over(bins_of(self.done_ns, start_ns, last_ns), (last_ns - start_ns) / 1e9, message_size_bytes)

    def committed(self) -> Percentiles | None:
        """From when an input was due until its batch was over."""
        return distribution([self.done_ns - self.due_ns])

    def end_to_end(self, consumed: Parts[ConsumedColumns]) -> Percentiles | None:
        """From when an input was due until a consumer with read_committed had its output, the first of them."""
        received, durations = consumed.whole(), []
        for number in np.unique(self.producer):
            mine, theirs = self.producer == number, received.producer == number
            sequence, first = np.unique(received.sequence[theirs], return_index=True)
            place = np.searchsorted(sequence, self.sequence[mine])
            there: Bools = np.append(sequence, -1)[place] == self.sequence[mine]
            durations.append(received.received_ns[theirs][first[place[there]]] - self.due_ns[mine][there])
        return distribution(durations)


def _rows_of(producer: ProducerColumns, batches: BatchColumns) -> Int64:
    """Of each input the row of its batch and partition; -1 for one that nobody knows the offset of, or processed."""
    rows = np.full(len(producer), -1, np.int64)
    for partition in np.unique(producer.partition):
        mine = np.flatnonzero((producer.partition == partition) & (producer.offset >= 0))
        theirs = np.flatnonzero(batches.partition == partition)
        place = np.searchsorted(batches.end[theirs], producer.offset[mine], side="right")
        rows[mine] = np.append(theirs, -1)[place]
    return rows


def _joined(parts: Sequence[Int64]) -> Int64:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
