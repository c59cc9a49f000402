"""A client around which an application has a deadline of its own, shorter than the client's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from harness import clients
from harness.clients import Setting
from harness.clients.batch import Batch
from harness.events import Outcome
from harness.journal.mapped import Int64, ProducerJournal
from harness.load.messages import Messages
from harness.load.recorder import JournalRecorder

_AT_ONCE = 500


class Impatient:
    """A ``clients.Producer``. What has no report ``deadline_s`` after it was handed over the application gives up and
    sends again, and so once more when that has none: the client, which goes on sending what it has, takes it for
    another message. The first report of any of them counts for all.
    """

    transactions = None

    def __init__(
        self,
        producer: clients.Producer,
        deadline_s: float,
        messages: Messages,
        journal: ProducerJournal,
        recorder: JournalRecorder,
    ) -> None:
        self.effective: dict[str, Setting] = producer.effective
        self.most_waiting_bytes = producer.most_waiting_bytes
        self._producer, self._deadline_s = producer, deadline_s
        self._messages, self._journal, self._recorder = messages, journal, recorder
        self._reported = 0
        """All sequences before it have a report."""

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        return self._producer.send(first_sequence, partition, batch)

    def poll(self, timeout_s: float) -> None:
        self._producer.poll(min(timeout_s, self._deadline_s))
        self._send_again()

    def flush(self, timeout_s: float) -> int:
        until, unreported = time.monotonic() + timeout_s, 1
        while unreported and (left_s := until - time.monotonic()) > 0:
            self._producer.flush(min(left_s, self._deadline_s))
            self._send_again()
            unreported = len(self._pending())
        return unreported

    def close(self, timeout_s: float) -> None:
        self._producer.close(timeout_s)

    def _send_again(self) -> None:
        for sequence in self._late():
            partition, due_ns = int(self._journal.partition[sequence[0]]), self._journal.due_ns[sequence].copy()
            offered = self._messages.make(sequence, due_ns)
            accepted = self._producer.send(int(sequence[0]), partition, offered)
            self._recorder.given_up(sequence[:accepted], time.monotonic_ns())
            if accepted < len(sequence):
                return  # the client has no room for what it has already

    def _late(self) -> Iterator[Int64]:
        """Runs of sequences of one partition."""
        pending = self._pending()
        late = pending[self._journal.sent_ns[pending] + int(self._deadline_s * 1e9) <= time.monotonic_ns()]
        breaks = np.flatnonzero((np.diff(late) != 1) | (np.diff(self._journal.partition[late]) != 0)) + 1
        for run in np.split(late, breaks):
            yield from (run[start : start + _AT_ONCE] for start in range(0, len(run), _AT_ONCE))

    def _pending(self) -> Int64:
        sent = self._journal.sent()
        pending = self._reported + np.flatnonzero(self._journal.outcome[self._reported : sent] == Outcome.PENDING)
        self._reported = int(pending[0]) if len(pending) else sent
        return pending
