"""The load as a client is given it: segment by segment, at a pace or as fast as it goes, whatever the client takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness import clients
from harness.clients import ClientDead
from harness.clients.batch import Batch
from harness.events import Ending, Outcome
from harness.journal.mapped import ProducerJournal, TransactionJournal
from harness.load.drain import Stalled, drain
from harness.load.messages import Messages
from harness.load.pacer import Pacer
from harness.load.recorder import JournalRecorder
from harness.load.spec import Spec

_AHEAD = 1024  # messages of a paced load made before they are due, so that making them costs no latency
_BATCH = 500  # messages handed over in one call at full speed, to begin with
_MOST = 8192  # more in one call bring nothing
_MADE_BYTES = 16 << 20  # of values made at once
_CALL_S = 0.01  # how long one call may last: a message waits for those before it in its call, and so does a report
_IDLE_S = 0.02


@dataclass(frozen=True)
class End:
    """How a segment ended: with all of it sent, or its time over, unless this says otherwise."""

    died: str | None = None
    """Why the client can send no more."""
    still_s: float | None = None
    """For how long it took nothing, or reported nothing of what was to be flushed: longer than the patience."""


class Sender:
    """Sends segments of the load, one after the other; sequences go on from segment to segment.

    The partitions of all topics take turns, call by call: of a paced load each has its share of what is due, of one at
    full speed a batch. That is no more than a partition's share of the load, so that a fault that hits one partition
    finds messages in it, nor of a transaction, so that each spans all of them if it has the messages. A flush is of
    one.
    """

    def __init__(
        self,
        spec: Spec,
        producer: clients.Producer,
        recorder: JournalRecorder,
        journal: ProducerJournal,
        transactions: TransactionJournal | None = None,
    ) -> None:
        self._spec = spec
        self._partitions = spec.topics.total
        self._producer = producer
        self._recorder = recorder
        self._messages = Messages(spec.run_key, spec.shape, spec.producer)
        self._messages.prepare()
        self._most = max(1, _MADE_BYTES // spec.shape.largest)
        self._journal = journal
        self._transactions = transactions
        self._next = journal.sent()
        self._turn = 0
        self._patience_s = 0.0
        self._end = End()

    def be_patient(self, patience_s: float) -> None:
        """How long the client may take nothing from now on, or report nothing where that is waited for."""
        self._patience_s = patience_s

    def patience_s(self) -> float:
        return self._patience_s

    def send(self, count: int, rate: float | None, flush_every: int | None, seconds: float | None) -> End:
        """Sends up to ``count`` messages for up to ``seconds``.

        At a rate it is what is due in them, however late, for the messages that had to wait are those with the longest
        latencies; a client that is as late as that was long is given no more.
        """
        count = min(count, self._spec.capacity - self._next)
        start_ns = time.monotonic_ns()
        end_ns = start_ns + int(seconds * 1e9) if seconds is not None else None
        if rate is None:
            return self._end_of(lambda: self._as_fast_as_it_goes(count, flush_every, end_ns))
        pacer = Pacer(start_ns, rate)
        if end_ns is not None:
            count, end_ns = min(count, pacer.due_by(end_ns - 1)), 2 * end_ns - start_ns
        return self._end_of(lambda: self._paced(count, pacer, end_ns))

    def resend(self) -> End:
        """Sends again what has no report, or was in a transaction whose end was not confirmed, as an application does
        that was killed and starts anew.
        """
        return self._end_of(self._resend)

    def flush(self) -> End:
        """Waits until all is reported, as long as reports come; after a segment that stood still that was long enough.
        Returns how the load has ended by then.
        """
        return self._goes_on(self._drain) if self._end.still_s is None else self._end

    def idle(self, timeout_s: float) -> None:
        """Lets the client work: reports come, and a transaction's time may be over."""
        self._goes_on(lambda: self._producer.poll(timeout_s))

    def _drain(self) -> None:
        if (still_s := drain(self._producer, self.patience_s)[1]) is not None:
            raise Stalled(still_s)

    def _resend(self) -> None:
        unfinished = self._journal.outcome[: self._next] == Outcome.PENDING
        if self._transactions is not None:
            unfinished |= self._transactions.endings(self._next) == Ending.OPEN
        pending = np.flatnonzero(unfinished)
        breaks = np.flatnonzero((np.diff(pending) != 1) | (np.diff(self._journal.partition[pending]) != 0)) + 1
        batch = min(_BATCH, self._most)
        for run in np.split(pending, breaks):
            for start in range(0, len(run), batch):
                sequences = run[start : start + batch]
                due = np.full(len(sequences), time.monotonic_ns())
                partition = int(self._journal.partition[sequences[0]])
                self._hand_over(int(sequences[0]), partition, due, self._messages.make(sequences, due))
                self._producer.poll(0)

    def _as_fast_as_it_goes(self, count: int, flush_every: int | None, end_ns: int | None) -> None:
        """With ``flush_every`` each call has a fixed size, for recipes count requests.

        Without, a call is as large as its time allows: a fast client's batch path pays more the larger it is, a slow
        one's would make messages wait.
        """
        last = self._next + count
        share = self._share(count) if flush_every is None else max(1, count // self._partitions)
        since_flush, batch = 0, min(_BATCH, self._most)
        before_ns = time.monotonic_ns()
        while self._next < last:
            now_ns = time.monotonic_ns()
            if end_ns is not None and now_ns >= end_ns:
                return
            if flush_every is None:
                batch = min(self._most, _next_size(batch, (now_ns - before_ns) / 1e9))
            before_ns = now_ns
            size = min(batch, share, last - self._next)
            if flush_every is not None:
                size = min(size, flush_every - since_flush)
            due = np.full(size, now_ns)
            self._hand_over_next(due, self._messages.make(np.arange(self._next, self._next + size), due))
            since_flush += size
            if flush_every is not None and since_flush == flush_every:
                self._drain()
                since_flush = 0
            else:
                self._producer.poll(0)

    def _paced(self, count: int, pacer: Pacer, end_ns: int | None) -> None:
        first, sent, share, each_ns = self._next, 0, self._share(count), 1.0
        while sent < count:
            ahead = min(_AHEAD, self._most, count - sent)
            due = pacer.due_ns(sent, ahead)
            made = self._messages.make(np.arange(first + sent, first + sent + ahead), due)
            done = 0
            while done < ahead:
                now_ns = time.monotonic_ns()
                if end_ns is not None and now_ns >= end_ns:
                    return
                ready = min(pacer.due_by(now_ns) - sent, ahead) - done
                if ready <= 0:
                    wait_s = (pacer.until_ns(sent + done) - now_ns) / 1e9
                    self._producer.poll(min(max(wait_s, 0.0), _IDLE_S))
                    continue
                size = min(-(-ready // self._partitions), share)
                if end_ns is not None:  # no more than there is time for, if they take as long as the last ones
                    size = min(size, max(1, int((end_ns - now_ns) / each_ns)))
                self._hand_over_next(due[done : done + size], made[done : done + size])
                each_ns = max(1.0, (time.monotonic_ns() - now_ns) / size)
                done += size
            sent += ahead

    def _share(self, count: int) -> int:
        """The most that one partition is handed in one call of a load of so many messages."""
        spread = count if self._spec.transactions is None else min(count, self._spec.transactions.messages)
        return max(1, spread // self._partitions)

    def _hand_over_next(self, due: clients.Int64, batch: Batch) -> None:
        """The next messages of the load, to the partition whose turn it is."""
        partition = self._turn % self._partitions
        self._turn += 1
        self._hand_over(self._next, partition, due, batch)

    def _hand_over(self, first: int, partition: int, due: clients.Int64, batch: Batch) -> None:
        """All of these to one partition, however often the client must be asked.

        What it does not take was never sent, unless another client had it before: that one may have written it.
        """
        offered_ns = time.monotonic_ns()
        while batch:
            self._recorder.sent(first, partition, due, time.monotonic_ns())
            accepted = 0
            try:
                accepted = self._producer.send(first, partition, batch)
            finally:
                self._next = max(self._next, first + accepted)
                self._recorder.refused(self._next, max(0, first + len(batch) - self._next))
            first += accepted
            batch, due = batch[accepted:], due[accepted:]
            if accepted:
                offered_ns = time.monotonic_ns()
            elif (still_s := (time.monotonic_ns() - offered_ns) / 1e9) > self._patience_s:
                raise Stalled(still_s)
            if batch:
                self._producer.poll(0.005)

    def _end_of(self, send: Callable[[], None]) -> End:
        self._end = End()
        try:
            send()
        except ClientDead as dead:
            self._end = End(died=str(dead))
        except Stalled as stalled:
            self._end = End(still_s=stalled.still_s)
        return self._end

    def _goes_on(self, do: Callable[[], None]) -> End:
        """Behind a segment that has ended, in whatever way."""
        before, after = self._end, self._end_of(do)
        self._end = End(before.died or after.died, before.still_s or after.still_s)
        return self._end

    @property
    def sent(self) -> int:
        return self._next


def _next_size(size: int, took_s: float) -> int:
    """How many messages the next call hands over, when the one before with ``size`` messages took so long."""
    if took_s > _CALL_S:
        return max(1, size // 2)
    return min(_MOST, size * 2) if took_s < _CALL_S / 2 else size
