"""What the workers of a pipeline were given to read, partition by partition, against what was there.

A worker's *position* in a partition is behind the last record that it polled since it began there, which it does where
it left off: where its group's committed offset let it. It begins anew whenever the partition is assigned, revoked or
lost; before that nothing excuses it. Another worker is another one, under the same number as well.

- *poll_skipped*: offsets known to exist, by the acks of the inputs, that a poll passed by: those between the position
  and the poll, and where a worker begins those before it that nobody had polled or committed. What lies between offsets
  that exist (markers, aborted messages, what nobody knows of) is passed by rightly.
- *poll_again*: offsets polled twice between two begins, or committed, by the last commit, before the worker began.
- *poll_back*: polls that begin before the position.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from harness.events import Anomaly, Consuming, Outcome
from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import PollColumns, ProducerColumns
from harness.verify.checks.check import MOST_WITNESSES, Check, Found
from harness.verify.copies import Witness, witness

Bools = npt.NDArray[np.bool_]


def _find(polls: Sequence[PollColumns], inputs: Sequence[ProducerColumns]) -> Mapping[Anomaly, Found]:
    deeds = _in_time(polls)
    counts: dict[Anomaly, int] = dict.fromkeys(CHECK.anomalies, 0)
    shown: dict[Anomaly, list[Witness]] = defaultdict(list)
    for partition in np.unique(deeds.partition).tolist():
        rows = np.flatnonzero(deeds.partition == partition)
        end = 1 + int(max(deeds.first[rows].max(), deeds.last[rows].max()))
        there = _Partition.of(partition, inputs, end)
        for row in rows:
            by, what = polls[deeds.of[row]], Consuming(int(deeds.what[row]))
            for anomaly, offsets in there.take(deeds.of[row], what, int(deeds.first[row]), int(deeds.last[row])):
                counts[anomaly] += len(offsets)
                for offset in offsets[: MOST_WITNESSES - len(shown[anomaly])].tolist():
                    shown[anomaly].append({**there.known(offset), "worker": by.worker, "epoch": by.epoch})
    return {anomaly: Found(counts[anomaly], shown[anomaly]) for anomaly in CHECK.anomalies}


@dataclass(frozen=True)
class _Deeds:
    """All workers' in one order."""

    of: Int64
    """Whose each is, as a place among the workers."""
    what: Int64
    partition: Int64
    first: Int64
    last: Int64


def _in_time(polls: Sequence[PollColumns]) -> _Deeds:
    """By their times, and each worker's as it noted them."""
    of = np.repeat(np.arange(len(polls)), [len(each) for each in polls])
    names = ("at_ns", "what", "partition", "first", "last")
    at_ns, *rest = (np.concatenate([np.zeros(0, np.int64), *(getattr(each, name) for each in polls)]) for name in names)
    order = np.argsort(at_ns, kind="stable")
    return _Deeds(of[order], *(column[order] for column in rest))


@dataclass
class _Begun:
    """What one worker read since it began."""

    position: int
    committed: int
    """Before it began."""
    polled: Bools
    """By offset."""


@dataclass
class _Partition:
    """What of one partition is known so far, by whoever read it. What is by offset has room for all that was polled."""

    number: int
    inputs: Sequence[tuple[ProducerColumns, Int64]]
    """Of each producer, by sequence, the offset of what it has there; -1 of the rest."""
    exists: Bools
    polled: Bools
    committed: int = 0
    begun: dict[int, _Begun] = field(default_factory=dict)
    """By worker."""

    @classmethod
    def of(cls, number: int, inputs: Sequence[ProducerColumns], end: int) -> _Partition:
        """With nothing polled yet; no offset that anybody polls or commits is ``end`` or more."""
        there = [
            (its, np.where((its.outcome == Outcome.ACKED) & (its.partition == number), its.offset, NONE))
            for its in inputs
        ]
        exists = np.zeros(end, np.bool_)
        for _, offsets in there:
            exists[offsets[(offsets != NONE) & (offsets < end)]] = True
        return cls(number, there, exists, np.zeros(end, np.bool_))

    def take(self, worker: int, what: Consuming, first: int, last: int) -> Iterator[tuple[Anomaly, Int64]]:
        """One deed of a worker: the offsets that each anomaly is of."""
        match what:
            case Consuming.LEFT_OFF:
                yield self._begin(worker, first)
            case Consuming.POLLED:
                if worker not in self.begun:
                    yield self._begin(worker, first)
                yield from self._poll(self.begun[worker], first, last + 1)
            case Consuming.COMMITTED:
                self.committed = first
            case Consuming.ASSIGNED | Consuming.REVOKED | Consuming.LOST:
                self.begun.pop(worker, None)

    def known(self, offset: int) -> Witness:
        """What is known of the message at an offset."""
        for its, offsets in self.inputs:
            for sequence in np.flatnonzero(offsets == offset)[:1]:
                return witness(its, int(sequence), self.number, [offset])
        return {"producer": None, "sequence": None, "partition": self.number, "offsets": [offset]}

    def _begin(self, worker: int, at: int) -> tuple[Anomaly, Int64]:
        self.begun[worker] = _Begun(at, self.committed, np.zeros_like(self.polled))
        return Anomaly.POLL_SKIPPED, self._passed(self.polled, self.committed, at)

    def _poll(self, begun: _Begun, first: int, end: int) -> Iterator[tuple[Anomaly, Int64]]:
        passed = self._passed(begun.polled, begun.position, first)
        if not begun.polled.any():
            # A commit on its way may have come between its question where to begin and its client's own.
            passed = passed[(passed >= self.committed) | ~self.polled[passed]]
        yield Anomaly.POLL_SKIPPED, passed
        again = begun.polled[first:end].copy()
        done = slice(0, max(0, begun.committed - first))
        again[done] |= self.polled[first:end][done]
        yield Anomaly.POLL_AGAIN, first + np.flatnonzero(again)
        yield Anomaly.POLL_BACK, np.array([first] if first < begun.position else [], np.int64)
        begun.polled[first:end] = self.polled[first:end] = True
        begun.position = end

    def _passed(self, polled: Bools, start: int, end: int) -> Int64:
        """The offsets from ``start`` to before ``end`` that exist, and that are not among these."""
        between = slice(start, max(start, end))
        return start + np.flatnonzero(self.exists[between] & ~polled[between])


CHECK = Check((Anomaly.POLL_SKIPPED, Anomaly.POLL_AGAIN, Anomaly.POLL_BACK), ("polls", "inputs"), _find)
