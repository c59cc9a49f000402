"""aiokafka: an asyncio client, whose loop runs only inside the calls of the worker.

What it does differently from the others, by its source (0.14.0): one request in flight to a broker; no retries setting,
a batch is sent again until ``request_timeout_ms`` after its creation, and without end when idempotent; a sender task
that a raw connection error can end, after which every send fails.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import aiokafka
from aiokafka.errors import IllegalOperation, KafkaError, KafkaTimeoutError

from harness.clients import ClientDead, ClientRefused, Recorder, Setting, secured
from harness.clients import settings as tables
from harness.clients.batch import Batch
from harness.clients.in_loop import Waiting
from harness.clients.settings import Fixed, Given, Missing
from harness.clients.transactions.aiokafka import AiokafkaTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "aiokafka"
_SEND_S = 0.1
_REFUSALS = (KafkaError, IllegalOperation, AssertionError)
"""What its send refuses a message with; it asserts that the partition exists."""

SETTINGS: tables.Table = {
    "acks": Given(("acks",), tables.give_acks, tables.read_acks),
    "enable.idempotence": Given(("enable_idempotence",)),
    "request.timeout.ms": Given(("request_timeout_ms",)),
    "linger.ms": Given(("linger_ms",)),
    "batch.size": Given(("max_batch_size",)),
    "compression.type": Given(("compression_type",), tables.give_codec, tables.read_codec),
    "retry.backoff.ms": Given(("retry_backoff_ms",)),
    "client.id": Given(("client_id",)),
    "max.request.size": Given(("max_request_size",)),
    "connections.max.idle.ms": Given(("connections_max_idle_ms",)),
    "transactional.id": Given(("transactional_id",)),
    "transaction.timeout.ms": Given(("transaction_timeout_ms",)),
    "max.in.flight.requests.per.connection": Fixed(
        1, "its sender waits for a broker's response before the next request"
    ),
    "retries": Fixed(
        tables.INFINITE, "only time ends its retries, request.timeout.ms, and nothing does when it is idempotent"
    ),
    "delivery.timeout.ms": Missing(
        "request_timeout_ms limits both one request and a batch's life; an idempotent batch only while nobody leads"
    ),
    "buffer.memory": Missing("it buffers one batch a partition"),
    "max.block.ms": Missing(tables.OFFERED_AGAIN),
}

DEFAULTS: Mapping[str, Setting] = {
    "acks": "1",
    "enable.idempotence": False,
    "request.timeout.ms": 40_000,
    "linger.ms": 0,
    "batch.size": 16_384,
    "compression.type": "none",
    "max.request.size": 1_048_576,
    "connections.max.idle.ms": 540_000,
    "retry.backoff.ms": 100,
    "transaction.timeout.ms": 60_000,
    "max.in.flight.requests.per.connection": 1,
    "retries": tables.INFINITE,
}

ANSWER_S = 40.0
RECONNECT_S = 1.0  # it asks for metadata anew every retry_backoff_ms, and connects to whom that names


def version() -> str:
    return str(aiokafka.__version__)


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    return None  # it compares no timeouts


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> AiokafkaProducer:
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.PYTHON, security)}
    return AiokafkaProducer(bootstrap, topics, config, recorder, arguments)


class AiokafkaProducer:
    """A ``harness.clients.Producer``. All of its code, the client's too, runs in the worker's thread.

    A ``transactional.id`` makes it idempotent: it runs with acks=all and refuses anything else. One request is in
    flight to a broker, as always.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Topics,
        config: Mapping[str, Setting],
        recorder: Recorder,
        arguments: Mapping[str, Any],
    ) -> None:
        self._topics = topics
        self._recorder = recorder
        self._loop = asyncio.new_event_loop()
        arguments = {**arguments, "bootstrap_servers": bootstrap}
        try:
            self._producer = self._loop.run_until_complete(_construct(arguments))
        except (ValueError, RuntimeError, TypeError) as refusal:
            self._loop.close()
            raise ClientRefused(str(refusal)) from refusal
        self.effective: dict[str, Setting] = tables.effective(SETTINGS, _state(self._producer))
        self._unconfirmed = self.effective["acks"] == "0"
        self._starting: asyncio.Task[None] | None = None
        self._waiting = Waiting(self._loop)
        self._unreported = 0
        self.most_waiting_bytes: int | None = None
        self.transactions: AiokafkaTransactions | None = None
        if "transactional.id" in config:
            self.transactions = AiokafkaTransactions(self._loop, self._producer, self._start)
        self._closing = False

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        if (death := self._death()) is not None:
            raise ClientDead(death)
        return self._loop.run_until_complete(self._offer(first_sequence, partition, batch))

    def poll(self, timeout_s: float) -> None:
        self._waiting.wait(timeout_s)

    def flush(self, timeout_s: float) -> int:
        # Its own flush() waits for batches, not for the reports on them, and sends nothing sooner.
        until = time.monotonic() + timeout_s
        while self._unreported and (left_s := until - time.monotonic()) > 0:
            self.poll(left_s)
        return self._unreported

    def close(self, timeout_s: float) -> None:
        self._closing = True
        if not self._loop.is_closed():
            if self._starting is not None:
                self._starting.cancel()
            self._loop.run_until_complete(stop(self._producer, timeout_s / 2))
            self._loop.close()

    async def _offer(self, first_sequence: int, partition: int, batch: Batch) -> int:
        """Accepts what there is room for within the bound.

        Running into the bound cannot leave a message half accepted: the client's ``send`` waits for metadata and for
        room before it appends, and after that it returns without waiting (``MessageAccumulator.add_message``).
        """
        accepted = 0
        topic, own = self._topics.place(partition)
        try:
            async with asyncio.timeout(_SEND_S):
                await self._started()
                for sequence, (value, key, headers, at_ms) in enumerate(batch.each(), first_sequence):
                    try:
                        future = await self._producer.send(topic, value, key, own, at_ms, list(headers))
                    except KafkaTimeoutError:
                        break  # no room within its own request timeout
                    except _REFUSALS as refusal:
                        if self._death() is not None:
                            break
                        self._refused(sequence, refusal)
                    else:
                        self._unreported += 1
                        future.add_done_callback(partial(self._done, sequence))
                    accepted += 1
        except TimeoutError:
            pass
        return accepted

    async def _started(self) -> None:
        """Waits until the client has met its cluster; a cluster that cannot be reached is tried again at every send."""
        while await self._start() is not None:
            await asyncio.sleep(_SEND_S)

    async def _start(self) -> BaseException | None:
        """Starts the client, unless it has or is about to. Gives what it raised, after which it can be tried again."""
        if self._starting is None:
            self._starting = self._loop.create_task(self._producer.start())
        await asyncio.wait({self._starting})
        if (error := self._starting.exception()) is not None:
            self._starting = None
        return error

    def _done(self, sequence: int, future: asyncio.Future[Any]) -> None:
        now_ns = time.monotonic_ns()
        self._unreported -= 1
        self._waiting.wake()
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is not None and self._closing:
            return
        if error is not None:
            self._recorder.done(sequence, Outcome.ERROR, now_ns, error=type(error).__name__)
        elif self._unconfirmed:
            self._recorder.done(sequence, Outcome.UNCONFIRMED, now_ns)
        else:
            self._recorder.done(sequence, Outcome.ACKED, now_ns, _offset(future.result()))

    def _refused(self, sequence: int, refusal: Exception) -> None:
        self._recorder.done(sequence, Outcome.FAILED, time.monotonic_ns(), error=type(refusal).__name__)

    def _death(self) -> str | None:
        """Why nothing can be sent any more: without its sender task the client refuses every message."""
        if self.transactions is not None and self.transactions.death is not None:
            return self.transactions.death
        sender = self._producer._sender.sender_task
        if sender is None or not sender.done():
            return None
        error = None if sender.cancelled() else sender.exception()
        return f"its sender task ended: {(error and error.__cause__) or error!r}"


async def stop(client: Any, each_s: float) -> None:
    """Asks a client to stop; then ends all that still runs in its loop, for its stop may wait without end.

    Each of the two is waited for so long.
    """
    await asyncio.wait({asyncio.ensure_future(client.stop())}, timeout=each_s)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=each_s)


def _offset(said: Any) -> int:
    """-1 where the ack named none, as that of a batch which the broker had before may not: it has -1 for the offset and
    for where the log starts, and the client counts on from there, so that only the batch's first message has -1.
    """
    without = said.log_start_offset is not None and said.log_start_offset < 0
    return -1 if without else int(said.offset)


async def _construct(arguments: Mapping[str, Any]) -> Any:
    return aiokafka.AIOKafkaProducer(**arguments)  # it looks for a running loop


def _state(producer: Any) -> dict[str, Any]:
    """What the client really runs with, by the names of its constructor's parameters."""
    manager = producer._txn_manager
    of_transactions = ("transactional_id", "transaction_timeout_ms")
    return {
        "acks": producer._sender._acks,
        "enable_idempotence": manager is not None,
        "request_timeout_ms": producer._request_timeout_ms,
        "linger_ms": round(_lingers(producer)._linger_time * 1000),
        "max_batch_size": producer._message_accumulator._batch_size,
        "compression_type": producer._compression_type,
        "retry_backoff_ms": round(producer._sender._retry_backoff * 1000),
        "client_id": producer.client._client_id,
        "max_request_size": producer._max_request_size,
        "connections_max_idle_ms": producer.client._connections_max_idle_ms,
        **({name: getattr(manager, name) for name in of_transactions} if manager and manager.transactional_id else {}),
    }


def _lingers(producer: Any) -> Any:
    """Who lingers: since 0.14 a batch, before its sender behind every request."""
    return producer._message_accumulator if hasattr(producer._message_accumulator, "_linger_time") else producer._sender
