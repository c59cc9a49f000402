"""The log as a read_committed consumer has it, judged by the same checks as the whole of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.events import Ending, Outcome
from harness.journal.sealed import ProducerColumns
from harness.store import Anomalies
from harness.verify.anomalies import Findings, find
from harness.verify.copies import Copies
from harness.verify.readings import ReadCommitted, Readings

_OF_READERS = ("lost", "duplicate", "reordered", "unknown_landed", "unknown_absent", "failed_landed", "misplaced")
"""The anomalies that depend on which of the two a consumer is; the others are of the client, or of transactions."""


def find_committed(readings: Readings) -> tuple[Findings, Anomalies | None]:
    """What a read_committed consumer finds, which is what transactions are for, and what a read_uncommitted one does;
    the latter is None where nobody read the log as the former.

    A message counts for the former as its transaction ended: *acked* if that was committed, *aborted* if that was, for
    then nothing of it is to be seen, and else *unknown*, for anything may be. So is one that is kept back by the last
    stable offset, which is in the log and not lost, and an aborted one that was in another transaction before which
    may have been committed.
    """
    readings = replace(readings)  # what follows from them takes as much room as they do, and goes with this one
    whole = find(readings)
    if readings.committed is None:
        return whole, None
    if readings.copies is None or readings.seen is None:
        return find(replace(readings, log=readings.committed.log, committed=None)), whole.anomalies
    both = zip(readings.copies, readings.seen, strict=True)
    as_committed = [_as_committed(copies, seen, readings.committed) for copies, seen in both]
    view = find(replace(readings, producers=as_committed, log=readings.committed.log, committed=None))
    counted = {name: getattr(view.anomalies, name) for name in _OF_READERS}
    kept = {name: of for name, of in whole.witnesses.items() if name not in _OF_READERS}
    shown = {name: of for name, of in view.witnesses.items() if name in _OF_READERS}
    aborted = sum(np.count_nonzero(producer.outcome == Outcome.ABORTED) for producer in as_committed)
    counts = whole.counts and whole.counts.model_copy(update={"aborted": int(aborted)})
    return Findings(counts, whole.anomalies.model_copy(update=counted), {**shown, **kept}), whole.anomalies


def _as_committed(copies: Copies, seen: Copies, committed: ReadCommitted) -> ProducerColumns:
    producer = copies.producer
    outcome = producer.outcome.copy()
    doubtful = committed.kept_back(copies, seen)
    if (made := producer.transactions) is not None:
        ending = np.append(made.ending, np.uint8(Ending.COMMITTED))[made.number]  # -1, of none, is the one at the end
        doubtful |= ending != Ending.COMMITTED
        outcome[(ending == Ending.ABORTED) & made.alone & (outcome != Outcome.FAILED)] = Outcome.ABORTED
    outcome[doubtful & (outcome == Outcome.ACKED)] = Outcome.UNKNOWN
    return replace(producer, outcome=outcome)
