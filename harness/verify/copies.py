"""Which records of a log are copies of which messages, and what is shown of a message.

A message is known by its producer and sequence, so its copies are found by a scatter into an array, not by a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.events import Outcome
from harness.journal import NONE, Int64, LogColumns, ProducerColumns

Bools = npt.NDArray[np.bool_]
Witness = dict[str, Any]

_NOWHERE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Copies:
    """One producer's messages with their copies: the valid records of a message that was sent, in the partition it was
    sent to.
    """

    producer: ProducerColumns
    records: Int64
    """The rows of the log that are copies of its messages."""
    sequence: Int64
    """Of each copy, which message it is of."""
    offset: Int64
    """Of each copy, where it lies."""

    @classmethod
    def of(cls, producer: ProducerColumns, log: LogColumns) -> Copies:
        its_own = log.valid & (log.producer == producer.producer)
        its_own &= (log.sequence >= 0) & (log.sequence < len(producer))
        records = np.flatnonzero(its_own)
        sequence = log.sequence[records]
        is_copy: Bools = producer.partition[sequence] == log.partition[records]
        is_copy &= producer.outcome[sequence] != Outcome.UNSENT
        records = records[is_copy]
        return cls(producer, records, log.sequence[records], log.offset[records])

    @cached_property
    def number(self) -> Int64:
        """How many copies each message has."""
        return np.bincount(self.sequence, minlength=len(self.producer))

    @property
    def landed(self) -> Bools:
        """Whether each message has one."""
        return self.number > 0

    @cached_property
    def first(self) -> Int64:
        """Of each message the lowest offset of its copies; of one without a copy no offset that there is."""
        first = np.full(len(self.producer), _NOWHERE)
        np.minimum.at(first, self.sequence, self.offset)
        return first

    @cached_property
    def last(self) -> Int64:
        """Of each message the highest offset of its copies; of one without a copy -1."""
        last = np.full(len(self.producer), NONE)
        np.maximum.at(last, self.sequence, self.offset)
        return last

    def witnesses(self, sequences: Int64) -> Iterator[Witness]:
        """What is known of each of these few messages."""
        if len(sequences) == 0:
            return
        found_at: dict[int, list[int]] = {int(sequence): [] for sequence in sequences}
        wanted = np.zeros(len(self.producer), np.bool_)
        wanted[sequences] = True
        for copy in np.flatnonzero(wanted[self.sequence]):
            found_at[int(self.sequence[copy])].append(int(self.offset[copy]))
        for sequence, offsets in found_at.items():
            yield witness(self.producer, sequence, int(self.producer.partition[sequence]), sorted(offsets))


def witness(producer: ProducerColumns, sequence: int, partition: int, offsets: list[int]) -> Witness:
    """What is known of one message, found at these offsets of this partition."""
    acked_offset = int(producer.offset[sequence])
    return {
        "producer": producer.producer,
        "sequence": sequence,
        "partition": partition,
        "outcome": Outcome(int(producer.outcome[sequence])).name.lower(),
        "error": None if producer.error is None else producer.error[sequence],
        "offsets": offsets,
        "acked_offset": None if acked_offset == NONE else acked_offset,
    }
