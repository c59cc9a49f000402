"""Which records of a log are copies of which messages, and what is shown of a message.

A message is known by its producer and sequence, so its copies are found by a scatter into an array, not by a search.
The log is gone through once, a part at a time: of most messages one offset is all that it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.events import Outcome
from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import LogColumns, Parts, ProducerColumns

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.unsignedinteger[Any]]
"""Sequences of one producer, in the smallest type that has room for all of them."""
Witness = dict[str, Any]

_NOWHERE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Copies:
    """One producer's messages with their copies: the valid records of a message that was sent, in the partition it was
    sent to.
    """

    producer: ProducerColumns
    first: Int64
    """Of each message the lowest offset of its copies; of one without a copy no offset that there is."""
    further: Sequence[tuple[Places, Int64]]
    """Of all other copies which messages they are of, and their offsets; some at a time, in no order."""

    @cached_property
    def landed(self) -> Bools:
        """Whether each message has one."""
        landed: Bools = self.first != _NOWHERE
        return landed

    @cached_property
    def several(self) -> Bools:
        """Whether each message has more than one."""
        several = np.zeros(len(self.producer), np.bool_)
        for sequence, _ in self.further:
            several[sequence] = True
        return several

    @property
    def beyond_first(self) -> int:
        """How many there are but the first of each message."""
        return sum(len(sequence) for sequence, _ in self.further)

    def last(self, sequences: Int64) -> Int64:
        """Of each of these messages, all of which have landed, the highest offset of its copies."""
        last = self.first.copy()
        for sequence, at in self.further:
            np.maximum.at(last, sequence, at)
        return last[sequences]

    def lies_at(self, offset: Int64) -> Bools:
        """Whether each message has a copy at the offset given for it."""
        there: Bools = self.first == offset
        for sequence, at in self.further:
            there[sequence[at == offset[sequence]]] = True
        return there

    def witnesses(self, sequences: Int64) -> Iterator[Witness]:
        """What is known of each of these few messages."""
        if len(sequences) == 0:
            return
        wanted = np.zeros(len(self.producer), np.bool_)
        wanted[sequences] = True
        found_at: dict[int, list[int]] = {int(sequence): [] for sequence in sequences}
        for sequence, at in [(sequences, self.first[sequences]), *self.further]:
            for copy in np.flatnonzero(wanted[sequence]):
                found_at[int(sequence[copy])].append(int(at[copy]))
        for number, offsets in found_at.items():
            there = sorted(offset for offset in offsets if offset != _NOWHERE)
            yield witness(self.producer, number, int(self.producer.partition[number]), there)


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


def match(producers: Sequence[ProducerColumns], log: Parts[LogColumns]) -> tuple[list[Copies], LogColumns]:
    """Each producer's copies, and the records that are of none of them, in the log's order."""
    gathered = [_Gathered(producer) for producer in producers]
    strays = []
    for part in log.parts():
        stray = np.ones(len(part), np.bool_)
        for each in gathered:
            stray[each.take(part)] = False
        if stray.any():
            strays.append(part[stray])
    return [each.copies() for each in gathered], LogColumns.joined(strays)


class _Gathered:
    """What of one producer was found so far."""

    def __init__(self, producer: ProducerColumns) -> None:
        self._producer = producer
        self._first = np.full(len(producer), _NOWHERE)
        self._further: list[tuple[Places, Int64]] = []

    def take(self, part: LogColumns) -> Int64:
        """Which rows of it are copies of its messages."""
        producer = self._producer
        its_own = part.valid & (part.producer == producer.producer)
        its_own &= (part.sequence >= 0) & (part.sequence < len(producer))
        rows = np.flatnonzero(its_own)
        sequence = part.sequence[rows]
        is_copy: Bools = producer.partition[sequence] == part.partition[rows]
        is_copy &= producer.outcome[sequence] != Outcome.UNSENT
        rows = rows[is_copy]
        self._note(part.sequence[rows], part.offset[rows])
        return rows

    def copies(self) -> Copies:
        return Copies(self._producer, self._first, self._further)

    def _note(self, sequence: Int64, offset: Int64) -> None:
        known = self._first[sequence]
        # Each row writes its own mark, and of rows of one message one mark stays: no offset is below 0.
        mark = ~np.arange(len(sequence))
        self._first[sequence] = mark
        one = self._first[sequence] == mark
        self._first[sequence[one]] = np.minimum(known, offset)[one]
        self._keep(sequence[one], np.maximum(known, offset)[one])
        if not one.all():
            self._note_several(sequence[~one], offset[~one])

    def _note_several(self, sequence: Int64, offset: Int64) -> None:
        """Of messages that are known all: only the lowest offset of each can be its first."""
        order = np.lexsort((offset, sequence))
        sequence, offset = sequence[order], offset[order]
        lowest = np.flatnonzero(np.diff(sequence, prepend=NONE))
        known = self._first[sequence[lowest]]
        self._first[sequence[lowest]] = np.minimum(known, offset[lowest])
        offset[lowest] = np.maximum(known, offset[lowest])
        self._keep(sequence, offset)

    def _keep(self, sequence: Int64, offset: Int64) -> None:
        further = offset != _NOWHERE
        if further.any():
            narrow = np.min_scalar_type(len(self._producer))
            self._further.append((sequence[further].astype(narrow), offset[further]))
