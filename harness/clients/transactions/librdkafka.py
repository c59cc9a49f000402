"""Transactions of librdkafka, by its C functions and the errors that they give."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from ctypes import byref, c_void_p
from functools import partial
from typing import Any

from harness.clients.bounded import Seconds, seconds
from harness.clients.librdkafka.library import Handle, milliseconds
from harness.clients.transactions import BEGIN_S, Calls, in_thread


class LibrdkafkaTransactions(Calls):
    """A ``harness.clients.Transactions``; its calls are what ``ConfluentTransactions`` says. Reports come meanwhile, in
    their own thread.
    """

    hangs = False
    """A call did not return and may be running still."""

    def __init__(self, handle: Handle) -> None:
        self._handle, self._calls = handle, handle.calls

    def init(self, timeout_s: float) -> None:
        self._call("init_transactions", timeout_s, milliseconds(timeout_s))

    def begin(self) -> None:
        self._call("begin_transaction", BEGIN_S)

    def commit(self, timeout_s: Seconds) -> None:
        self._call("commit_transaction", (within_s := seconds(timeout_s)), milliseconds(within_s))

    def abort(self, timeout_s: Seconds) -> None:
        self._call("abort_transaction", (within_s := seconds(timeout_s)), milliseconds(within_s))

    def send_offsets(self, offsets: Mapping[tuple[str, int], int], group: Any, timeout_s: Seconds) -> None:
        """``group`` is the metadata of confluent-kafka's consumer, which are bytes of librdkafka's own."""
        within_s = seconds(timeout_s)
        positions, member = self._positions(offsets), c_void_p()
        try:
            self._raise(self._calls.rd_kafka_consumer_group_metadata_read(byref(member), group, len(group)))
            self._call("send_offsets_to_transaction", within_s, positions, member, milliseconds(within_s))
        finally:
            if not self.hangs:
                self._calls.rd_kafka_topic_partition_list_destroy(positions)
                if member:
                    self._calls.rd_kafka_consumer_group_metadata_destroy(member)

    def _positions(self, offsets: Mapping[tuple[str, int], int]) -> int:
        made: int = self._calls.rd_kafka_topic_partition_list_new(len(offsets))
        for (topic, partition), offset in offsets.items():
            self._calls.rd_kafka_topic_partition_list_add(made, topic.encode(), partition)
            self._calls.rd_kafka_topic_partition_list_set_offset(made, topic.encode(), partition, offset)
        return made

    def _call(self, name: str, timeout_s: float, *arguments: Any) -> None:
        function: Callable[..., int | None] = getattr(self._calls, f"rd_kafka_{name}")
        errors: list[int | None] = []
        began = time.monotonic()
        try:
            in_thread(lambda: errors.append(function(self._handle.pointer, *arguments)), timeout_s)
        except TimeoutError:
            self.hangs = True
            raise self.hung(name, time.monotonic() - began) from None
        self._raise(errors[0])

    def _raise(self, error: int | None) -> None:
        """What a ``rd_kafka_error_t`` says, if there is one; it is gone by then."""
        if error is None:
            return
        calls = self._calls
        failure = partial(
            self.refused,
            calls.rd_kafka_error_name(error).decode(),
            calls.rd_kafka_error_string(error).decode(),
            fatal=bool(calls.rd_kafka_error_is_fatal(error)),
            abortable=bool(calls.rd_kafka_error_txn_requires_abort(error)),
        )
        calls.rd_kafka_error_destroy(error)
        raise failure()
