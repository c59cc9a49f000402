"""How far a producer has come: its journal says so at any moment, and no question holds the producer up."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from harness.events import Ending, Outcome
from harness.journal.mapped import ProducerJournal, TransactionJournal, UInt8
from harness.journal.mapped.transactions import beside


class Progress:
    """What one producer's journal says by now. Counts are of messages, and 0 as long as there is no journal."""

    def __init__(self, journal: Path, *, transactional: bool) -> None:
        self._path, self._transactional = journal, transactional
        self._journal: ProducerJournal | None = None

    def open(self) -> None:
        """From now on there is a journal, for the producer is ready. Raises ``ValueError`` for a file that is none."""
        self._journal = ProducerJournal.open(self._path)

    def sent(self) -> int:
        """Those that were handed to the client, warm-up included."""
        return 0 if self._journal is None else self._journal.sent()

    def moved(self) -> tuple[int, int]:
        """Those that were handed over, and those that have a report; warm-up included."""
        if self._journal is None:
            return 0, 0
        sent = self._journal.sent()
        return sent, int(np.count_nonzero(self._journal.outcome[:sent] > Outcome.PENDING))

    def pending(self) -> int:
        """Those that were handed over and have no report, the warm-up's too."""
        sent, reported = self.moved()
        return sent - reported

    def acks(self, first: int = 0) -> int:
        """Those from this sequence on that were acked (acks=0: counted as sent)."""
        return self._count(Outcome.ACKED, first) + self.unconfirmed(first)

    def unconfirmed(self, first: int = 0) -> int:
        """Those from this sequence on that the client merely counts as sent (acks=0)."""
        return self._count(Outcome.UNCONFIRMED, first)

    def due_within(self, seconds: float, first: int) -> int:
        """Those that were due in so many seconds from this sequence on."""
        if self._journal is None or first >= (sent := self.sent()):
            return 0
        due_ns = self._journal.due_ns[first:sent]
        return int(np.searchsorted(due_ns, due_ns[0] + int(seconds * 1e9)))

    def acked_ends(self) -> dict[int, int]:
        """Of each partition the offset behind the last message that was acked with one."""
        if self._journal is None:
            return {}
        offset = self._journal.offset[: self.sent()]
        partition = self._journal.partition[: self.sent()]
        return {int(number): int(offset[partition == number].max()) + 1 for number in np.unique(partition[offset >= 0])}

    def committed(self, partitions: Collection[int] | None = None) -> int:
        """Those that were in no transaction, or in one that was committed; of these partitions, or of all."""
        if self._journal is None:
            return 0
        its = np.ones(self.sent(), bool) if not self._transactional else self._endings() == Ending.COMMITTED
        if partitions is not None:
            its &= np.isin(self._journal.partition[: len(its)], list(partitions))
        return int(np.count_nonzero(its))

    def uncommitted(self) -> int:
        """Those that have a report, and are in a transaction whose end was not confirmed."""
        if not self._transactional or self._journal is None:
            return 0
        is_open = self._endings() == Ending.OPEN
        return int(np.count_nonzero(is_open & (self._journal.outcome[: len(is_open)] > Outcome.PENDING)))

    def transaction_error(self) -> int:
        """The code of what the client said instead of ending its last transaction as it was asked to; 0 if nothing."""
        journal = self._transactions()
        return int(journal.error[max(0, journal.begun() - 1)])

    def _endings(self) -> UInt8:
        return self._transactions().endings(self.sent())

    def _transactions(self) -> TransactionJournal:
        return TransactionJournal.open(beside(self._path))

    def _count(self, outcome: Outcome, first: int) -> int:
        return 0 if self._journal is None else self._journal.count(outcome, first)
