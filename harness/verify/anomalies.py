"""What became of every message: each producer's journal against what the log really holds.

Finding is no judgement: what is counted here may be forbidden, allowed or expected (``expectations.py``). A message
is known by its producer and sequence, so its copies are found by a scatter into an array, not by a search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.events import Anomaly, Outcome
from harness.journal import NONE, Int32, Int64, LogColumns, ProducerColumns
from harness.store import Anomalies, Counts
from harness.verify.transactions import Bools, ReadCommitted, of_transactions

Witness = dict[str, Any]

_MOST_WITNESSES = 10
_OF_MESSAGES = (
    Anomaly.LOST,
    Anomaly.DUPLICATE,
    Anomaly.REORDERED,
    Anomaly.UNKNOWN_LANDED,
    Anomaly.UNKNOWN_ABSENT,
    Anomaly.FAILED_LANDED,
    Anomaly.MISPLACED,
)
_OF_TRANSACTIONS = (Anomaly.ABORTED_VISIBLE, Anomaly.TORN_TRANSACTION, Anomaly.HUNG_TRANSACTION)
_NOWHERE = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Findings:
    """What a trial's journals say, with no opinion on it."""

    counts: Counts
    anomalies: Anomalies
    """Those of pipelines are None, and those of transactions unless a ``ReadCommitted`` was given: nothing can tell."""
    witnesses: dict[str, list[Witness]]
    """Of each anomaly that was found its first ten messages, smallest sequence first: ``producer``, ``sequence``,
    ``partition``, ``outcome``, ``error``, ``offsets`` (all that were found) and ``acked_offset``. Those of
    ``unexpected`` are records, in the log's order, and say ``why``."""


def find(
    producers: Sequence[ProducerColumns],
    log: LogColumns,
    committed: ReadCommitted | None = None,
    *,
    report_within_ns: int | None = None,
) -> Findings:
    """Every anomaly of a trial. ``log`` is all of it, as ``read_uncommitted`` reads it. ``report_within_ns`` is how
    long after a message was handed over its client has to have reported it; None where nothing bounds that.

    A copy is a valid record of a message that was sent, in the partition it was sent to. Every other record is
    *unexpected*, and no copy: a message whose only record is in another partition is lost as well.

    - *lost*: acked or unconfirmed, and no copy. *duplicate*: copies beyond each message's first, summed.
    - *reordered*: of one producer and partition, the messages whose first copy (the one of the lowest offset) lies
      before the first copy of any earlier sequence. A later copy is a duplicate and reorders nothing.
    - *unknown_landed*, *unknown_absent*, *failed_landed*: by outcome, with a copy or without. PENDING is unknown.
    - *misplaced*: acked with an offset, and landed, but with no copy at that offset: also of two acks that share one,
      since a log holds one record there. A message that is lost is lost and nothing else, for its offset may have been
      written anew; a client that gave no offset contradicts nothing.
    - *unreported*: reported later than ``report_within_ns``, or not at all though it was waited for longer than that.
    - Those of transactions: see ``of_transactions``. A message is visible if ``committed`` has a copy of it.

    Raises ``ValueError`` if two journals are of one producer.
    """
    if len({producer.producer for producer in producers}) < len(producers):
        raise ValueError("two journals are of the same producer: their messages cannot be told apart")
    fates = [_Fate.of(producer, log, committed, report_within_ns) for producer in producers]
    expected = np.zeros(len(log), np.bool_)
    for fate in fates:
        expected[fate.records] = True
    unexpected = np.flatnonzero(~expected)

    of_messages = (*_OF_MESSAGES, *(() if committed is None else _OF_TRANSACTIONS))
    if report_within_ns is not None and all(producer.closed_ns is not None for producer in producers):
        of_messages += (Anomaly.UNREPORTED,)
    counted = {anomaly.value: sum(len(fate.sequences[anomaly]) for fate in fates) for anomaly in of_messages}
    counted[Anomaly.DUPLICATE] = sum(fate.copies_beyond_first for fate in fates)
    counted[Anomaly.UNEXPECTED] = len(unexpected)
    witnesses = {anomaly.value: _witnesses(fates, anomaly, log) for anomaly in of_messages}
    witnesses[Anomaly.UNEXPECTED] = _unexpected_witnesses(producers, log, unexpected)
    return Findings(
        counts=_counts(producers, log),
        anomalies=Anomalies(**counted),
        witnesses={anomaly: shown for anomaly, shown in witnesses.items() if shown},
    )


@dataclass(frozen=True)
class _Fate:
    """What became of one producer's messages."""

    producer: ProducerColumns
    records: Int64
    """The rows of the log that are copies of its messages."""
    sequences: dict[Anomaly, Int64]
    """The messages with each anomaly, ascending."""
    copies_beyond_first: int

    @classmethod
    def of(
        cls, producer: ProducerColumns, log: LogColumns, committed: ReadCommitted | None, report_within_ns: int | None
    ) -> _Fate:
        records = _copies(producer, log)
        sequence = log.sequence[records]
        copies = np.bincount(sequence, minlength=len(producer))
        first = np.full(len(producer), _NOWHERE)
        np.minimum.at(first, sequence, log.offset[records])

        landed, outcome = copies > 0, producer.outcome
        claimed = (outcome == Outcome.ACKED) | (outcome == Outcome.UNCONFIRMED)
        unknown = (outcome == Outcome.UNKNOWN) | (outcome == Outcome.PENDING)
        sequences = {
            Anomaly.LOST: np.flatnonzero(claimed & ~landed),
            Anomaly.DUPLICATE: np.flatnonzero(copies > 1),
            Anomaly.REORDERED: _reordered(np.flatnonzero(landed), producer.partition, first),
            Anomaly.UNKNOWN_LANDED: np.flatnonzero(unknown & landed),
            Anomaly.UNKNOWN_ABSENT: np.flatnonzero(unknown & ~landed),
            Anomaly.FAILED_LANDED: np.flatnonzero((outcome == Outcome.FAILED) & landed),
            Anomaly.MISPLACED: _misplaced(producer, landed, sequence, log.offset[records]),
            Anomaly.UNREPORTED: _unreported(producer, report_within_ns),
        }
        if committed is not None:
            which = _of_transactions(producer, first, committed)
            sequences |= {anomaly: np.flatnonzero(has) for anomaly, has in which.items()}
        return cls(producer, records, sequences, len(records) - int(np.count_nonzero(landed)))

    def witnesses(self, sequences: Int64, log: LogColumns) -> Iterator[Witness]:
        """What is known of each of these few messages."""
        if len(sequences) == 0:
            return
        found_at: dict[int, list[int]] = {int(sequence): [] for sequence in sequences}
        wanted = np.zeros(len(self.producer), np.bool_)
        wanted[sequences] = True
        for record in self.records[wanted[log.sequence[self.records]]]:
            found_at[int(log.sequence[record])].append(int(log.offset[record]))
        for sequence, offsets in found_at.items():
            partition = int(self.producer.partition[sequence])
            yield _witness(self.producer, sequence, partition, sorted(offsets))


def _of_transactions(producer: ProducerColumns, first: Int64, committed: ReadCommitted) -> dict[Anomaly, Bools]:
    """``first``: of each message the lowest offset of its copies in the whole log."""
    seen = np.zeros(len(producer), np.bool_)
    seen[committed.log.sequence[_copies(producer, committed.log)]] = True
    landed = np.flatnonzero(first != _NOWHERE)
    kept_back = np.zeros(len(producer), np.bool_)
    kept_back[landed] = first[landed] >= committed.stable[producer.partition[landed]]
    return of_transactions(committed.transactions.get(producer.producer), seen, kept_back)


def _copies(producer: ProducerColumns, log: LogColumns) -> Int64:
    """The rows of the log that are copies of this producer's messages."""
    its_own = log.valid & (log.producer == producer.producer)
    its_own &= (log.sequence >= 0) & (log.sequence < len(producer))
    records = np.flatnonzero(its_own)
    sequence = log.sequence[records]
    is_copy: npt.NDArray[np.bool_] = producer.partition[sequence] == log.partition[records]
    is_copy &= producer.outcome[sequence] != Outcome.UNSENT
    return records[is_copy]


def _reordered(landed: Int64, partition: Int32, first: Int64) -> Int64:
    """Of the landed sequences (ascending), those whose first copy lies before one of an earlier sequence."""
    keys = partition[landed]
    # A stable sort keeps each partition's messages in order; numpy has a radix sort for keys of one or two bytes.
    grouped = landed[np.argsort(keys.astype(np.min_scalar_type(keys.max(initial=0))), kind="stable")]
    starts = np.flatnonzero(np.diff(partition[grouped])) + 1
    behind = []
    for messages in np.split(grouped, starts):
        offsets = first[messages]
        behind.append(messages[1:][offsets[1:] < np.maximum.accumulate(offsets[:-1])])
    return np.sort(np.concatenate(behind))


def _misplaced(producer: ProducerColumns, landed: Bools, sequence: Int64, offset: Int64) -> Int64:
    """``sequence`` and ``offset`` are of every copy of this producer's messages."""
    where_acked = np.zeros(len(producer), np.bool_)
    where_acked[sequence[offset == producer.offset[sequence]]] = True
    told = (producer.outcome == Outcome.ACKED) & (producer.offset != NONE)
    return np.flatnonzero(told & landed & ~where_acked)


def _unreported(producer: ProducerColumns, report_within_ns: int | None) -> Int64:
    if report_within_ns is None or producer.closed_ns is None:
        return np.empty(0, np.int64)
    until = np.where(producer.done_ns == NONE, producer.closed_ns, producer.done_ns)
    late = until - producer.sent_ns > report_within_ns
    return np.flatnonzero(late & (producer.outcome != Outcome.UNSENT))


def _counts(producers: Sequence[ProducerColumns], log: LogColumns) -> Counts:
    count = sum((np.bincount(p.outcome, minlength=len(Outcome)) for p in producers), np.zeros(len(Outcome), np.int64))
    return Counts(
        sent=int(count.sum() - count[Outcome.UNSENT]),
        acked=int(count[Outcome.ACKED]),
        failed=int(count[Outcome.FAILED]),
        unknown=int(count[Outcome.UNKNOWN] + count[Outcome.PENDING]),
        unconfirmed=int(count[Outcome.UNCONFIRMED]),
        in_log=len(log),
    )


def _witnesses(fates: Sequence[_Fate], anomaly: Anomaly, log: LogColumns) -> list[Witness]:
    each = (fate.witnesses(fate.sequences[anomaly][:_MOST_WITNESSES], log) for fate in fates)
    shown = sorted(chain.from_iterable(each), key=lambda witness: (witness["sequence"], witness["producer"]))
    return shown[:_MOST_WITNESSES]


def _unexpected_witnesses(
    producers: Sequence[ProducerColumns], log: LogColumns, records: npt.NDArray[np.intp]
) -> list[Witness]:
    by_id = {producer.producer: producer for producer in producers}
    shown = records[np.lexsort((log.offset[records], log.partition[records]))][:_MOST_WITNESSES]
    return [_unexpected(by_id, log, record) for record in shown]


def _unexpected(by_id: dict[int, ProducerColumns], log: LogColumns, record: np.intp) -> Witness:
    partition, offsets = int(log.partition[record]), [int(log.offset[record])]
    unattributed = {"partition": partition, "outcome": None, "error": None, "offsets": offsets, "acked_offset": None}
    if not log.valid[record]:
        why = "its bytes are not what a producer of this trial wrote"
        return {"producer": None, "sequence": None, **unattributed, "why": why}
    producer, sequence = by_id.get(int(log.producer[record])), int(log.sequence[record])
    if producer is None or not 0 <= sequence < len(producer) or producer.outcome[sequence] == Outcome.UNSENT:
        return {"producer": int(log.producer[record]), "sequence": sequence, **unattributed, "why": "never sent"}
    why = f"sent to partition {producer.partition[sequence]}"
    return {**_witness(producer, sequence, partition, offsets), "why": why}


def _witness(producer: ProducerColumns, sequence: int, partition: int, offsets: list[int]) -> Witness:
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
