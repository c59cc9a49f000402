"""The load as a client is given it: segment by segment, at a pace or as fast as it goes, whatever the client takes."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from harness import clients
from harness.clients import ClientDead
from harness.events import CLIENT_DIED, Outcome
from harness.journal import ProducerJournal
from harness.load.codec import Codec
from harness.load.pacer import Pacer
from harness.load.recorder import JournalRecorder
from harness.load.spec import Spec

_AHEAD = 1024  # messages of a paced load made before they are due, so that making them costs no latency
_BATCH = 500  # messages handed over in one call at full speed, to begin with
_MOST = 4096  # more in one call bring nothing
_CALL_S = 0.005  # how long one call may last: a message waits for those before it in its call, and so does a report
_IDLE_S = 0.02
_STALL_S = 30.0  # a client that accepts nothing for so long has hung


class Load:
    """Sends segments of the load, one after the other; sequences go on from segment to segment.

    Partitions take turns, call by call: each message of a paced load, each batch of one at full speed.
    """

    def __init__(
        self, spec: Spec, producer: clients.Producer, recorder: JournalRecorder, journal: ProducerJournal
    ) -> None:
        self._spec = spec
        self._producer = producer
        self._recorder = recorder
        self._codec = Codec(spec.run_key, spec.message_size, spec.producer)
        self._journal = journal
        self._next = journal.sent()
        self._turn = 0

    def send(self, count: int, rate: float | None, flush_every: int | None, seconds: float | None) -> str | None:
        """Sends up to ``count`` messages for up to ``seconds``. Returns why it stopped short, if it did."""
        count = min(count, self._spec.capacity - self._next)
        start_ns = time.monotonic_ns()
        end_ns = start_ns + int(seconds * 1e9) if seconds is not None else None
        if rate is None:
            return _why_stopped(lambda: self._as_fast_as_it_goes(count, flush_every, end_ns))
        return _why_stopped(lambda: self._paced(count, Pacer(start_ns, rate), end_ns))

    def resend(self) -> str | None:
        """Sends again what has no report, as an application does that was killed and starts anew."""
        return _why_stopped(self._resend)

    def _resend(self) -> None:
        pending = np.flatnonzero(self._journal.outcome[: self._next] == Outcome.PENDING)
        breaks = np.flatnonzero((np.diff(pending) != 1) | (np.diff(self._journal.partition[pending]) != 0)) + 1
        for run in np.split(pending, breaks):
            for start in range(0, len(run), _BATCH):
                sequences = run[start : start + _BATCH]
                due = np.full(len(sequences), time.monotonic_ns())
                partition = int(self._journal.partition[sequences[0]])
                self._hand_over(int(sequences[0]), partition, due, self._codec.encode(sequences, due))
                self._producer.poll(0)

    def _as_fast_as_it_goes(self, count: int, flush_every: int | None, end_ns: int | None) -> None:
        """With ``flush_every`` each call has a fixed size, for recipes count requests.

        Without, a call is as large as its time allows: a fast client's batch path pays more the larger it is, a slow
        one's would make messages wait.
        """
        last = self._next + count
        since_flush, batch = 0, _BATCH
        before_ns = time.monotonic_ns()
        while self._next < last:
            now_ns = time.monotonic_ns()
            if end_ns is not None and now_ns >= end_ns:
                return
            if flush_every is None:
                batch = _next_size(batch, (now_ns - before_ns) / 1e9)
            before_ns = now_ns
            size = min(batch, last - self._next)
            if flush_every is not None:
                size = min(size, flush_every - since_flush)
            due = np.full(size, now_ns)
            self._hand_over_next(due, self._codec.encode(np.arange(self._next, self._next + size), due))
            since_flush += size
            if flush_every is not None and since_flush == flush_every:
                self._producer.flush(_STALL_S)
                since_flush = 0
            else:
                self._producer.poll(0)

    def _paced(self, count: int, pacer: Pacer, end_ns: int | None) -> None:
        first, sent = self._next, 0
        while sent < count:
            ahead = min(_AHEAD, count - sent)
            due = pacer.due_ns(sent, ahead)
            values = self._codec.encode(np.arange(first + sent, first + sent + ahead), due)
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
                size = ready if self._spec.partitions == 1 else 1
                self._hand_over_next(due[done : done + size], values[done : done + size])
                done += size
            sent += ahead

    def _hand_over_next(self, due: clients.Int64, values: list[bytes]) -> None:
        """The next messages of the load, to the partition whose turn it is."""
        partition = self._turn % self._spec.partitions
        self._turn += 1
        self._hand_over(self._next, partition, due, values)

    def _hand_over(self, first: int, partition: int, due: clients.Int64, values: list[bytes]) -> None:
        """All of these to one partition, however often the client must be asked.

        What it does not take was never sent, unless another client had it before: that one may have written it.
        """
        offered_ns = time.monotonic_ns()
        while values:
            self._recorder.sent(first, partition, due, time.monotonic_ns())
            accepted = 0
            try:
                accepted = self._producer.send(first, partition, values)
            finally:
                self._next = max(self._next, first + accepted)
                self._recorder.refused(self._next, max(0, first + len(values) - self._next))
            first += accepted
            values, due = values[accepted:], due[accepted:]
            if accepted:
                offered_ns = time.monotonic_ns()
            elif time.monotonic_ns() - offered_ns > _STALL_S * 1e9:
                raise _Stalled
            if values:
                self._producer.poll(0.005)

    @property
    def sent(self) -> int:
        return self._next


def _next_size(size: int, took_s: float) -> int:
    """How many messages the next call hands over, when the one before with ``size`` messages took so long."""
    if took_s > _CALL_S:
        return max(1, size // 2)
    return min(_MOST, size * 2) if took_s < _CALL_S / 3 else size


def _why_stopped(send: Callable[[], None]) -> str | None:
    try:
        send()
    except ClientDead as dead:
        return f"{CLIENT_DIED}: {dead}"
    except _Stalled:
        return f"the client accepted nothing for {_STALL_S:g} s"
    return None


class _Stalled(Exception):
    pass
