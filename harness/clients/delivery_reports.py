"""librdkafka's delivery reports, between its callbacks and the recorder.

Neither the order of reports nor a callback a batch tells which message a report is of, since retries reorder batches
and cut them anew; the message itself does, by the sequence in its value.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import confluent_kafka
import numpy as np

from harness.clients import Int64, Recorder
from harness.clients.offsets import AckedOffsets
from harness.events import Outcome

_SEQUENCE = slice(16, 24)  # of a value, big-endian (harness.load.codec)


class DeliveryReports:
    """Keeps what callbacks bring until the worker's thread hands it over, as columns.

    Callbacks only append: those of a commit or an abort run in its thread, and once it is given up whenever they like.
    """

    def __init__(self, recorder: Recorder, success: Outcome) -> None:
        self._recorder = recorder
        self._success = success
        self._delivered: list[Any] = []
        self._delivered_of: list[tuple[int, Any]] = []
        self._failed: list[tuple[int, str, int]] = []
        self._offsets = AckedOffsets()
        self._closing = False
        self.on_delivery = self._callback()

    def _callback(self) -> Callable[[Any, Any], None]:
        """The delivery report, a plain function over local names: it runs once a message."""
        delivered, failed, now_ns = self._delivered.append, self._failed.append, time.monotonic_ns

        def on_delivery(error: Any, message: Any) -> None:
            if error is None:
                delivered(message)
            else:
                failed((now_ns(), error.name(), int.from_bytes(message.value()[_SEQUENCE], "big")))

        return on_delivery

    def of(self, sequence: int) -> Callable[[Any, Any], None]:
        """The delivery report of one message, whose value does not tell its sequence as those of a plain batch do."""

        def on_delivery(error: Any, message: Any) -> None:
            if error is None:
                self._delivered_of.append((sequence, message))
            else:
                self._failed.append((time.monotonic_ns(), error.name(), sequence))

        return on_delivery

    def close(self) -> None:
        """From now on an error says that the client was closed, and is not told; what arrived before is."""
        self._closing = True

    def hand_over(self) -> int:
        """Tells the recorder of all that has arrived. Returns of how many messages that was."""
        failed, delivered, delivered_of = _taken(self._failed), _taken(self._delivered), _taken(self._delivered_of)
        if not self._closing:
            for at_ns, error, sequence in failed:
                self._recorder.done(sequence, Outcome.ERROR, at_ns, error=error)
        if delivered:
            self._hand_over(sequences(list(map(confluent_kafka.Message.value, delivered))), delivered)
        if delivered_of:
            its, messages = zip(*delivered_of, strict=True)
            self._hand_over(np.array(its, np.int64), messages)
        return len(failed) + len(delivered) + len(delivered_of)

    def _hand_over(self, sequence: Int64, delivered: Sequence[Any]) -> None:
        count = len(delivered)
        offset = self._offsets.of(delivered) if self._success is Outcome.ACKED else np.full(count, -1)
        self._recorder.done_many(sequence, self._success, np.full(count, time.monotonic_ns()), offset)


def sequences(values: Sequence[bytes]) -> Int64:
    """Those of messages that are all of one size."""
    rows = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    return rows[:, _SEQUENCE].copy().view(">i8").ravel().astype(np.int64)


def _taken(arrived: list[Any]) -> list[Any]:
    """All that is there, and no longer is; what another thread appends meanwhile stays."""
    taken = arrived[:]
    del arrived[: len(taken)]
    return taken
