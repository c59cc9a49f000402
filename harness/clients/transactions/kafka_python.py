"""Transactions of kafka-python."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError
from kafka.structs import OffsetAndMetadata

from harness.clients.bounded import Seconds, seconds
from harness.clients.transactions import BEGIN_S, Calls, in_thread


class KafkaPythonTransactions(Calls):
    """A ``harness.clients.Transactions``.

    Of its calls (3.0.12) only ``init_transactions`` has a bound of its own, and takes up where the last one was; every
    other waits until its sender thread has an answer, if need be for ever: a request whose coordinator cannot be
    connected to is taken from the queue and not put back (``Sender._maybe_send_pending_request``). A commit takes no
    notice of messages that outlived ``delivery.timeout.ms`` (``Sender._dispatch_error``): it commits the others. An
    abort takes back the batches that never were on their way (``TransactionAbortedError``) and lets the others arrive.
    """

    def __init__(self, met: Callable[[float], Any]) -> None:
        """``met`` gives the client, or None while there is none; it waits up to so many seconds for it."""
        self._met = met

    def init(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s

        def init(client: Any) -> None:
            while True:
                try:
                    client.init_transactions()
                except KafkaTimeoutError:
                    if time.monotonic() >= until:
                        raise
                else:
                    return

        self._call("init_transactions", timeout_s, init)

    def begin(self) -> None:
        self._call("begin_transaction", BEGIN_S, lambda client: client.begin_transaction())

    def commit(self, timeout_s: Seconds) -> None:
        self._call("commit_transaction", timeout_s, lambda client: client.commit_transaction())

    def abort(self, timeout_s: Seconds) -> None:
        self._call("abort_transaction", timeout_s, lambda client: client.abort_transaction())

    def send_offsets(self, offsets: Mapping[tuple[str, int], int], group: Any, timeout_s: Seconds) -> None:
        positions = {TopicPartition(*place): OffsetAndMetadata(offset, "", -1) for place, offset in offsets.items()}
        self._call(
            "send_offsets_to_transaction",
            timeout_s,
            lambda client: client.send_offsets_to_transaction(positions, group),
        )

    def _call(self, name: str, timeout_s: Seconds, call: Callable[[Any], None]) -> None:
        def run() -> None:
            client = self._met(seconds(timeout_s))
            if client is None:
                raise KafkaTimeoutError("It has met no broker.")
            call(client)

        began = time.monotonic()
        try:
            error = in_thread(run, timeout_s)
        except TimeoutError:
            raise self.hung(name, time.monotonic() - began) from None
        if error is not None:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> Exception:
        client = self._met(0)
        manager = client and client._transaction_manager
        if manager is None or not manager.has_error():
            return self.refused(type(error).__name__, str(error), fatal=False, abortable=False)
        # Of an error that was there before, a call says no more than that there is one.
        return self.refused(
            type(manager.last_error).__name__,
            str(error),
            fatal=manager.has_fatal_error(),
            abortable=manager.has_abortable_error(),
        )
