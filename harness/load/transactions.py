"""A client whose messages are in transactions, which is what an application around it would do."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable

import numpy as np

from harness import clients
from harness.clients import ClientDead, Setting, TransactionFailed
from harness.clients.batch import Batch
from harness.events import Ending, Outcome, TransactionPoint
from harness.journal.mapped import ProducerJournal, TransactionJournal
from harness.load.drain import Stalled, drain
from harness.load.recorder import JournalRecorder
from harness.load.spec import InTransactions
from harness.load.stop import Stop


class Transacting:
    """A ``clients.Producer``. A transaction is begun with the first message behind the one before; it ends when it has
    room for no more or its time is over, at the next call, and whenever all is to be reported. Which are aborted is
    drawn by their numbers, so that a producer that takes over goes on with the same draw; and so is one of which a
    message had an error, as an application does that looks at its reports: not every client refuses to commit the rest.

    Whatever is called raises ``ClientDead`` when a transaction cannot be ended any more, for the client is fenced, has
    failed, or does not return; ``Stalled`` when it does not report the messages of one.
    """

    def __init__(
        self,
        producer: clients.Producer,
        told: InTransactions,
        messages: ProducerJournal,
        journal: TransactionJournal,
        recorder: JournalRecorder,
        patience_s: Callable[[], float],
        call_s: Callable[[], float],
    ) -> None:
        """``patience_s`` is for how long the client may report nothing by now, ``call_s`` how long ending a transaction
        may take.
        """
        assert producer.transactions is not None
        self.transactions: clients.Transactions = producer.transactions
        self.effective: dict[str, Setting] = producer.effective
        self.most_waiting_bytes = producer.most_waiting_bytes
        self._producer, self._told, self._recorder = producer, told, recorder
        self._messages, self._journal = messages, journal
        self._patience_s, self._call_s = patience_s, call_s
        self.stop = Stop()
        self._number = journal.begun() - 1
        self._has: int | None = None
        """How many messages are in the transaction that is open, if one is."""
        self._parts: list[slice] = []
        """Their sequences."""
        self._until_ns = 0

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        # Not behind the messages that fill it: whatever its end raises, they were taken, and it has to be known.
        self._end_if_due()
        if self._has is None:
            self._begin()
        assert self._has is not None
        batch = batch[: self._told.messages - self._has]
        # Before it has them: whatever is in the log is known to have been in this one.
        part = slice(first_sequence, first_sequence + len(batch))
        known = self._journal.transaction[part].copy()
        another = (known != 0) & (np.abs(known) != self._number + 1)
        self._journal.transaction[part] = np.where(another | (known < 0), -1, 1) * (self._number + 1)
        accepted = self._producer.send(first_sequence, partition, batch)
        self._journal.transaction[part][accepted:] = known[accepted:]  # what it did not take was in none
        self._has += accepted
        self._parts.append(slice(first_sequence, first_sequence + accepted))
        return accepted

    def poll(self, timeout_s: float) -> None:
        self._producer.poll(min(timeout_s, self._left_s()))
        self._end_if_due()

    def flush(self, timeout_s: float) -> int:
        unreported = self._producer.flush(timeout_s)
        if not unreported and self._has is not None:
            self._end()
        return unreported

    def close(self, timeout_s: float) -> None:
        self._producer.close(timeout_s)

    def stop_at(self, point: TransactionPoint, ordinal: int) -> None:
        """At this point of the so manieth transaction from now on, from 1."""
        self.stop.at(point, self._journal.begun() + ordinal - 1)

    def _begin(self) -> None:
        if self._number + 1 >= self._journal.room:
            raise ClientDead(f"the journal has no room for more than {self._journal.room} transactions")
        try:
            self.transactions.begin()
        except TransactionFailed as failed:
            raise ClientDead(f"no transaction can be begun: {failed}") from failed
        self._number += 1
        self._has, self._parts = 0, []
        self._journal.begun_ns[self._number] = time.monotonic_ns()
        self.stop.here(TransactionPoint.BEFORE_SEND, self._number)
        # In whole nanoseconds: whether a transaction's time was over is told from its times alone.
        self._until_ns = time.monotonic_ns() + round(self._told.interval_s * 1e9)

    def _left_s(self) -> float:
        """How long the transaction may go on that is open, if one is."""
        if self._has is None:
            return math.inf
        return 0.0 if self._has >= self._told.messages else max(0.0, (self._until_ns - time.monotonic_ns()) / 1e9)

    def _end_if_due(self) -> None:
        if self._half_over() and self.stop.wanted(TransactionPoint.AFTER_SEND, self._number):
            self._drain()
            since_ns = time.monotonic_ns()
            self.stop.here(TransactionPoint.AFTER_SEND, self._number)
            self._until_ns += time.monotonic_ns() - since_ns  # there is more to be sent in it
        if self._left_s():
            return
        self._drain()
        self._end()

    def _half_over(self) -> bool:
        if not self._has:
            return False
        return self._has >= self._told.messages / 2 or self._left_s() <= self._told.interval_s / 2

    def _drain(self) -> None:
        _, still_s = drain(self._producer, self._patience_s)
        if still_s is not None:
            self._has = None  # nobody waits for it once more
            raise Stalled(still_s)

    def _end(self) -> None:
        number, journal = self._number, self._journal
        draw = zlib.crc32(f"{self._told.seed} {number}".encode()) / 2**32
        is_to = self.stop.wanted(TransactionPoint.AT_ABORT, number)
        asked = Ending.ABORTED if draw < self._told.aborts or is_to or self._has_errors() else Ending.COMMITTED
        aborts = asked is Ending.ABORTED
        self.stop.here(TransactionPoint.AT_ABORT if aborts else TransactionPoint.AT_COMMIT, number)
        journal.asked[number] = asked
        journal.ended_ns[number] = time.monotonic_ns()
        self._has = None
        ending = self._ended(asked)
        journal.done_ns[number] = time.monotonic_ns()
        journal.ending[number] = ending

    def _has_errors(self) -> bool:
        return any(np.isin(self._messages.outcome[part], (Outcome.ERROR, Outcome.FAILED)).any() for part in self._parts)

    def _ended(self, asked: Ending) -> Ending:
        """Asks until it is answered: a client that says that it can be asked again is, while anybody is patient."""
        began = time.monotonic()
        while True:
            passed_s = time.monotonic() - began
            try:
                if asked is Ending.COMMITTED:
                    self.transactions.commit(self._left_of_call(passed_s))
                else:
                    self.transactions.abort(self._left_of_call(passed_s))
            except TransactionFailed as failed:
                self._journal.error[self._number] = self._recorder.code(failed.error)
                if failed.hung_s is not None:
                    self._recorder.gave_up(failed.error, failed.hung_s)
                if failed.abortable and asked is Ending.COMMITTED:
                    asked = Ending.ABORTED
                elif failed.fatal or failed.hung_s is not None or passed_s >= self._call_s():
                    raise ClientDead(f"the transaction cannot be ended: {failed}") from failed
            else:
                return asked

    def _left_of_call(self, passed_s: float) -> Callable[[], float]:
        return lambda: max(0.0, self._call_s() - passed_s)
