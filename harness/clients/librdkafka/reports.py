"""librdkafka's delivery reports, between its main queue and the recorder, in a thread of their own.

That is how librdkafka asks for it: where reports are events, neither a flush nor the end of a transaction takes them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from harness.clients import Int64, Recorder
from harness.clients.librdkafka.library import DELIVERY_REPORTS, ERROR, FATAL, LOG, STATUSES, Event, Handle, error_name
from harness.clients.librdkafka.messages import Reported, gathered
from harness.events import Outcome
from harness.journal.mapped import NONE

Bools = npt.NDArray[np.bool_]
_POLL_S = 0.1
_EVENTS = 64  # taken at once: of small batches there are thousands a second, each with a few calls of its own
_TOGETHER_S = 0.005  # for which an event that nobody waits for may wait for others; when it came is noted at once
_STATUSES = len(STATUSES)


class Reports:
    """Takes events until it is stopped. An event has the messages of one batch, or what has failed at once."""

    def __init__(self, handle: Handle, recorder: Recorder, success: Outcome, many: Callable[[], bool]) -> None:
        """``many``: whether so many messages wait for their reports that nobody waits for the next few."""
        self._many = many
        self._handle, self._calls = handle, handle.calls
        self._recorder, self._success = recorder, success
        self.taken = 0
        """How many messages are reported so far."""
        self.death: str | None = None
        """The fatal error, once there was one."""
        self._arrived = threading.Event()
        self._closing = self._over = False
        self._thread = threading.Thread(target=self._run, name="librdkafka's reports", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Returns as soon as there are reports since the last time, or after ``timeout_s``."""
        self._arrived.wait(timeout_s)
        self._arrived.clear()

    def wait_for(self, taken: int, timeout_s: float) -> None:
        """The same as soon as there are so many in all."""
        until = time.monotonic() + timeout_s
        while self.taken < taken and (left_s := until - time.monotonic()) > 0:
            self.wait(left_s)

    def close(self) -> None:
        """From now on an error says that the client was closed, and is not told."""
        self._closing = True

    def stop(self, timeout_s: float) -> bool:
        """Whether it has ended by then: nobody polls the queue any more."""
        self._over = True
        self._calls.rd_kafka_queue_yield(self._handle.queue)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._over:
            with self._handle.events(_POLL_S, _EVENTS, _TOGETHER_S if self._many() else 0) as events:
                self._take(events)

    def _take(self, events: Sequence[Event]) -> None:
        reports: list[Event] = []
        for event, at_ns in events:
            kind = self._calls.rd_kafka_event_type(event)
            if kind == DELIVERY_REPORTS:
                reports.append((event, at_ns))
            elif kind == LOG:
                self._handle.print_log(event)
            elif kind == ERROR and self._calls.rd_kafka_event_error(event) == FATAL:
                self.death = self._handle.fatal_error()
        if reports:
            self._report([event for event, _ in reports], np.array([at_ns for _, at_ns in reports]))

    def _report(self, events: Sequence[int], at_ns: Int64) -> None:
        """Each message by its own error, whatever else was reported with it."""
        addresses, lengths = self._handle.messages(events)
        firsts = np.cumsum(lengths) - lengths
        times_ns = np.repeat(at_ns, lengths)
        reported = gathered(addresses)
        # An ack that names no offset has -1 for its first message, and librdkafka counts on from there.
        named = np.repeat((self._success is Outcome.ACKED) & (reported.offset[firsts] >= 0), lengths)
        delivered = reported.error == 0
        if delivered.all():
            self._delivered(reported, times_ns, named)
        else:
            if delivered.any():
                self._delivered(reported.among(delivered), times_ns[delivered], named[delivered])
            if not self._closing:
                self._failed(reported.among(~delivered), addresses[~delivered], times_ns[~delivered])
        self.taken += len(addresses)
        self._arrived.set()

    def _delivered(self, reported: Reported, times_ns: Int64, named: Bools) -> None:
        offset = reported.offset if named.all() else np.where(named, reported.offset, NONE)
        self._recorder.done_many(reported.sequence, self._success, times_ns, offset)

    def _failed(self, reported: Reported, addresses: Int64, times_ns: Int64) -> None:
        """By error and by what librdkafka says of whether the message was written, which it does one by one."""
        status = np.fromiter(map(self._calls.rd_kafka_message_status, addresses.tolist()), np.int64, len(addresses))
        kinds, kind_of = np.unique(reported.error.astype(np.int64) * _STATUSES + status, return_inverse=True)
        for number, kind in enumerate(kinds.tolist()):
            error, persisted = divmod(kind, _STATUSES)
            which = kind_of == number
            self._recorder.done_many(
                reported.sequence[which],
                Outcome.ERROR,
                times_ns[which],
                np.full_like(times_ns[which], NONE),
                f"{error_name(error)} {STATUSES[persisted]}",
            )
