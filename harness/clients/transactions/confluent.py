"""Transactions of confluent-kafka."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from harness.clients.bounded import Seconds, seconds
from harness.clients.transactions import BEGIN_S, Calls, in_thread


class ConfluentTransactions(Calls):
    """A ``harness.clients.Transactions``.

    librdkafka counts the time by itself: a call whose time is over says so (``_TIMED_OUT``), and either it may be
    called again or only an abort helps. Only an abort helps after a message that failed, too (``_INCONSISTENT``). It
    purges what waits in the queue (``_PURGE_QUEUE``) and lets what is on its way arrive. A commit and an abort run the
    callbacks of reports, in whatever thread they are called.
    """

    def __init__(self, client: Callable[[], Any], poll: Callable[[], None], report: Callable[[], None]) -> None:
        """``client`` gives librdkafka's producer; ``poll`` lets callbacks run, ``report`` tells what they noted."""
        self._client = client
        self._poll = poll
        self._report = report

    def init(self, timeout_s: float) -> None:
        self._call("init_transactions", timeout_s, self._report, timeout_s)

    def begin(self) -> None:
        self._call("begin_transaction", BEGIN_S, self._report)

    # Commit and abort let callbacks run by themselves; beside somebody else who does they return up to 10 ms later.
    # What librdkafka was told it keeps to, so that nobody is less patient meanwhile.
    def commit(self, timeout_s: Seconds) -> None:
        self._call("commit_transaction", (within_s := seconds(timeout_s)), self._report, within_s)

    def abort(self, timeout_s: Seconds) -> None:
        self._call("abort_transaction", (within_s := seconds(timeout_s)), self._report, within_s)

    def send_offsets(self, offsets: Mapping[tuple[str, int], int], group: Any, timeout_s: Seconds) -> None:
        positions = [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
        self._call(
            "send_offsets_to_transaction", (within_s := seconds(timeout_s)), self._poll, positions, group, within_s
        )

    def _run(self, call: Callable[[], Any], timeout_s: float, meanwhile: Callable[[], None]) -> BaseException | None:
        return in_thread(call, timeout_s, meanwhile)

    def _call(self, name: str, timeout_s: float, meanwhile: Callable[[], None], *arguments: Any) -> None:
        call = partial(getattr(self._client(), name), *arguments)
        began = time.monotonic()
        try:
            error = self._run(call, timeout_s, meanwhile)
        except TimeoutError:
            raise self.hung(name, time.monotonic() - began) from None
        if isinstance(error, KafkaException):
            said = error.args[0]
            raise self.refused(
                said.name(), said.str(), fatal=said.fatal(), abortable=said.txn_requires_abort()
            ) from error
        if error is not None:  # it did not take its arguments
            raise self.refused(type(error).__name__, str(error), fatal=False, abortable=False) from error
