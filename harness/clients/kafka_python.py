"""kafka-python: pure Python with a sender thread of its own, in which reports run.

What it does differently from the others, by its source (3.0.12): its constructor waits for a cluster; it buffers
without a bound; with ``acks`` 0 or 1 it turns its default idempotence off; a fatal error of an idempotent producer is
given to every message it has; ``flush`` and ``close`` wait so long for each batch, not altogether.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import kafka
from kafka.errors import KafkaError, KafkaTimeoutError

from harness.clients import ClientDead, ClientRefused, Recorder, Setting, secured
from harness.clients import settings as tables
from harness.clients.batch import Batch
from harness.clients.settings import Given, Missing
from harness.clients.transactions.kafka_python import KafkaPythonTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "kafka-python"
_SEND_S = 0.1
_CREATE_S = 5.0
_BUFFERED = 10_000
"""So many messages may be unreported at once, and no more bytes than Kafka's own default: the client has no bound."""

SETTINGS: tables.Table = {
    "acks": Given(("acks",), tables.give_acks, tables.read_acks),
    "enable.idempotence": Given(("enable_idempotence",)),
    "retries": Given(("retries",), read=lambda value: tables.INFINITE if value == float("inf") else value),
    "delivery.timeout.ms": Given(("delivery_timeout_ms",)),
    "request.timeout.ms": Given(("request_timeout_ms",)),
    "max.in.flight.requests.per.connection": Given(("max_in_flight_requests_per_connection",)),
    "linger.ms": Given(("linger_ms",)),
    "batch.size": Given(("batch_size",)),
    "compression.type": Given(("compression_type",), tables.give_codec, tables.read_codec),
    "retry.backoff.ms": Given(("retry_backoff_ms",)),
    "client.id": Given(("client_id",)),
    "max.request.size": Given(("max_request_size",)),
    "connections.max.idle.ms": Given(("connections_max_idle_ms",)),
    "transactional.id": Given(("transactional_id",)),
    "transaction.timeout.ms": Given(("transaction_timeout_ms",)),
    "buffer.memory": Missing("since version 3 it buffers without a bound"),
    "max.block.ms": Missing(tables.OFFERED_AGAIN),
}

DEFAULTS: Mapping[str, Setting] = {
    "acks": "all",
    "enable.idempotence": True,
    "retries": tables.INFINITE,
    "delivery.timeout.ms": 120_000,
    "request.timeout.ms": 30_000,
    "max.in.flight.requests.per.connection": 5,
    "linger.ms": 0,
    "batch.size": 16_384,
    "compression.type": "none",
    "max.request.size": 1_048_576,
    "connections.max.idle.ms": 540_000,
    "retry.backoff.ms": 100,
    "transaction.timeout.ms": 60_000,
}

ANSWER_S = 30.0
RECONNECT_S = 36.0  # reconnect_backoff_max_ms, and a fifth more by chance


def version() -> str:
    return str(kafka.__version__)


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    """Asked of 3.0.12: its ``RecordAccumulator`` compares them, also those that nobody stated."""
    delivery, linger, request = "delivery.timeout.ms", "linger.ms", "request.timeout.ms"
    ms = {name: int(config.get(name, DEFAULTS[name])) for name in (delivery, linger, request)}
    if ms[delivery] >= ms[linger] + ms[request]:
        return None
    said = {name: f"{name}={value}{'' if name in config else ' (its default)'}" for name, value in ms.items()}
    return f"{NAME} 3.0.12 refuses {said[delivery]}, which is less than {said[linger]} and {said[request]} together."


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> KafkaPythonProducer:
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.PYTHON, security)}
    return KafkaPythonProducer(bootstrap, topics, config, recorder, arguments)


class KafkaPythonProducer:
    """A ``harness.clients.Producer``.

    The client's constructor meets the cluster before it looks at its configuration, so it runs in a thread: ``create``
    waits a bounded time for it, and without a cluster nothing is accepted until one is there.

    Reports run in the client's sender thread and go to the recorder from there, at the time they arrive; ``_changed``
    guards the count of what is unreported.

    A ``transactional.id`` makes it idempotent: it runs with acks=all and at most five requests in flight, one batch of
    a partition, and refuses anything else.
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
        self.effective: dict[str, Setting] = {}
        self._unconfirmed = False
        self._unreported = 0
        self.most_waiting_bytes: int | None = tables.BUFFER_BYTES
        self._changed = threading.Condition(threading.Lock())
        self._producer: Any = None
        self._refusal: Exception | None = None
        self._closed = False
        self.transactions = KafkaPythonTransactions(self._met) if "transactional.id" in config else None
        arguments = {**arguments, "bootstrap_servers": bootstrap.split(",")}
        # Bounds its waits for metadata, in partitions_for and in send.
        arguments["max_block_ms"] = round(_SEND_S * 1000)
        self._meeting = threading.Thread(target=self._meet, args=(arguments,), name="meet the cluster", daemon=True)
        self._meeting.start()
        self._meeting.join(_CREATE_S)
        if self._refusal is not None:
            raise ClientRefused(str(self._refusal)) from self._refusal

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        topic, own = self._topics.place(partition)
        if not self._can_send(topic):
            return 0
        accepted = 0
        taken = batch[: self._room(batch)].each()
        for sequence, (value, key, headers, at_ms) in enumerate(taken, first_sequence):
            try:
                future = self._producer.send(topic, value, key, list(headers), own, at_ms)
            except KafkaTimeoutError:
                break  # the metadata went away
            except (KafkaError, ValueError) as refusal:
                name = type(refusal).__name__
                self._recorder.done(sequence, Outcome.FAILED, time.monotonic_ns(), error=name)
            else:
                with self._changed:
                    self._unreported += 1
                report = partial(self._done, sequence)
                future.add_callback(report)
                future.add_errback(report)
            accepted += 1
        return accepted

    def poll(self, timeout_s: float) -> None:
        time.sleep(timeout_s)  # the sender thread needs no help, only the interpreter

    def flush(self, timeout_s: float) -> int:
        until = time.monotonic() + timeout_s
        # Its flush() sends what lingers, but may wait for ever.
        flushing = threading.Thread(target=_flush, args=(self._producer, timeout_s), daemon=True)
        if self._producer is not None:
            flushing.start()
        with self._changed:
            self._changed.wait_for(lambda: not self._unreported, timeout_s)
        # While it still flushes, whatever is sent next does not linger but goes out at once, each in its own request.
        if flushing.ident is not None:
            flushing.join(max(0.0, until - time.monotonic()))
        return self._unreported

    def close(self, timeout_s: float) -> None:
        self._closed = True
        if self._producer is not None:
            thread = threading.Thread(target=_close, args=(self._producer, timeout_s / 2), daemon=True)
            thread.start()
            thread.join(timeout_s)

    def _meet(self, arguments: Mapping[str, Any]) -> None:
        """Makes the client, as often as it takes; it gives up by itself when no broker answers for 30 s."""
        while not self._closed:
            try:
                producer = kafka.KafkaProducer(**arguments)
            except KafkaTimeoutError:
                continue
            except (KafkaError, ValueError, TypeError, RuntimeError, AssertionError) as refusal:
                self._refusal = refusal
                return
            self.effective.update(tables.effective(SETTINGS, _state(producer)))
            self._unconfirmed = self.effective["acks"] == "0"
            self._producer = producer
            if self._closed:
                _close(producer, 0)
            return

    def _met(self, timeout_s: float) -> Any:
        """The client, or None when it is not there after so long."""
        self._meeting.join(timeout_s)
        return self._producer

    def _can_send(self, topic: str) -> bool:
        """Whether the client is there and knows the topic; waits for that within the bound."""
        client = self._met(_SEND_S)
        if self._refusal is not None:
            raise ClientDead(f"it was refused: {self._refusal}")
        if client is None:
            return False
        if self.transactions is not None and self.transactions.death is not None:
            raise ClientDead(self.transactions.death)
        transactions = self._producer._transaction_manager
        if transactions is not None and transactions.has_fatal_error():
            raise ClientDead(f"its idempotence failed: {transactions.last_error!r}")
        try:
            self._producer.partitions_for(topic)
        except KafkaTimeoutError:
            return False
        except (KafkaError, ValueError):
            return True  # send says the same, of each message
        return True

    def _room(self, batch: Batch) -> int:
        most = max(1, min(_BUFFERED, tables.BUFFER_BYTES // max(1, batch.largest)))
        with self._changed:
            return max(0, most - self._unreported)

    def _done(self, sequence: int, result: Any) -> None:
        now_ns = time.monotonic_ns()
        if isinstance(result, BaseException):
            if not self._closed:
                self._recorder.done(sequence, Outcome.ERROR, now_ns, error=type(result).__name__)
        elif self._unconfirmed:
            self._recorder.done(sequence, Outcome.UNCONFIRMED, now_ns)
        else:
            self._recorder.done(sequence, Outcome.ACKED, now_ns, result.offset)
        with self._changed:
            self._unreported -= 1
            if not self._unreported:
                self._changed.notify_all()


def _state(producer: Any) -> dict[str, Any]:
    """What the client really runs with, by the names of its constructor's parameters."""
    state = {**producer.config, "enable_idempotence": producer._transaction_manager is not None}
    if state["transactional_id"] is None:
        del state["transactional_id"], state["transaction_timeout_ms"]
    return state


def _flush(producer: Any, timeout_s: float) -> None:
    with contextlib.suppress(KafkaError):
        producer.flush(timeout_s)


def _close(producer: Any, timeout_s: float) -> None:
    try:
        with contextlib.suppress(KafkaError):
            producer.close(timeout_s)
    finally:
        producer._sender.force_close()  # close() gives up before this when its flush does
