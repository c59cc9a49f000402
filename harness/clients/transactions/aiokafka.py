"""Transactions of aiokafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from aiokafka.producer.transaction_manager import TransactionState

from harness.clients.bounded import Seconds
from harness.clients.transactions import BEGIN_S, Calls, in_loop

_AGAIN_S = 0.1


class AiokafkaTransactions(Calls):
    """A ``harness.clients.Transactions``, in the event loop of its producer.

    None of its calls (0.14.0) has a bound. There is none for the beginning: it gets its producer id when it starts, so
    that a send which comes before ``init`` fences as well. A commit takes no notice of messages that failed
    (``SendProduceReqHandler``): it commits the others. An abort sends what still waits before it aborts. The first
    error of its coordinator that it does not expect ends its sender task, and with it the producer.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: Any, start: Callable[[], Awaitable[BaseException | None]]
    ) -> None:
        """``start`` starts the client, unless it has, and gives what it raised."""
        self._loop = loop
        self._client = client
        self._start = start

    def init(self, timeout_s: float) -> None:
        self._call("start", timeout_s, self._started())

    def begin(self) -> None:
        self._call("begin_transaction", BEGIN_S, self._client.begin_transaction())

    def commit(self, timeout_s: Seconds) -> None:
        self._call("commit_transaction", timeout_s, self._client.commit_transaction())

    def abort(self, timeout_s: Seconds) -> None:
        self._call("abort_transaction", timeout_s, self._client.abort_transaction())

    def send_offsets(self, offsets: Mapping[tuple[str, int], int], group: Any, timeout_s: Seconds) -> None:
        positions = {TopicPartition(*place): offset for place, offset in offsets.items()}
        self._call("send_offsets_to_transaction", timeout_s, self._client.send_offsets_to_transaction(positions, group))

    async def _started(self) -> None:
        while isinstance(error := await self._start(), KafkaConnectionError):  # nobody is there yet
            await asyncio.sleep(_AGAIN_S)
        if error is not None:
            raise error

    def _call(self, name: str, timeout_s: Seconds, call: Coroutine[Any, Any, None]) -> None:
        began = time.monotonic()
        try:
            error = in_loop(self._loop, call, timeout_s)
        except TimeoutError:
            raise self.hung(name, time.monotonic() - began) from None
        if error is not None:
            raise self._failed(error) from error

    def _failed(self, error: BaseException) -> Exception:
        """After a fatal error a call says no more than that it comes in a wrong state; the sender task knows why."""
        sender = self._client._sender.sender_task
        fatal = sender is not None and sender.done()
        cause = sender.exception() if fatal and not sender.cancelled() else None
        reason = cause or error
        reason = reason.__cause__ or reason
        abortable = self._client._txn_manager.state is TransactionState.ABORTABLE_ERROR
        return self.refused(type(reason).__name__, str(reason), fatal=fatal, abortable=abortable)
