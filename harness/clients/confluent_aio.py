"""confluent-kafka's asyncio producer: librdkafka behind a buffer in Python, and a future for each message.

What it does differently from confluent-kafka, by its source (2.16.1): messages wait in Python until there are 1,000, of
all partitions together, or until none has come for 1.0 to 1.5 s; so at a steady pace they wait for as long as 1,000
take. They go to librdkafka in a thread of its pool, partition by partition, each to the one that it names. Reports are
only looked for then, in its flush, and every 1.0 to 1.5 s while no message comes: a future resolves one such look after
its message has arrived. What librdkafka refuses, as for a queue that is full, is an error of the message's future like
that of a broker. It takes no headers (NotImplementedError).

It is driven as it comes, with its own sizes and times: at a pace nobody flushes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import wait
from functools import partial
from typing import Any

import numpy as np
from confluent_kafka import KafkaException
from confluent_kafka.aio import AIOProducer

from harness.clients import ClientDead, ClientRefused, Recorder, Setting, confluent, secured
from harness.clients import settings as tables
from harness.clients.batch import Batch, Headers
from harness.clients.bounded import started
from harness.clients.configuration_dump import ConfigurationDump
from harness.clients.in_loop import Waiting
from harness.clients.librdkafka import settings as engine
from harness.clients.offsets import AckedOffsets
from harness.clients.transactions.confluent_aio import ConfluentAioTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "confluent-kafka-aio"
_SEND_S = 0.05
_FLUSH_S = 0.002
_QUEUE_MESSAGES = 100_000  # queue.buffering.max.messages by default: so many librdkafka takes without a report

SETTINGS, DEFAULTS = engine.SETTINGS, engine.DEFAULTS
ANSWER_S, RECONNECT_S = engine.ANSWER_S, engine.RECONNECT_S
version = confluent.version


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    return engine.refuses(f"{NAME} 2.16.1", config)


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> ConfluentAioProducer:
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.LIBRDKAFKA, security)}
    return ConfluentAioProducer(bootstrap, topics, config, recorder, arguments)


class ConfluentAioProducer:
    """A ``harness.clients.Producer``. Its loop runs in the worker's thread, inside the worker's calls.

    A report's time is that at which whoever waits for the future would go on. Its pool resolves futures without waking
    the loop; the end of what the pool was asked for wakes it, which is at once for a look and in ``flush`` at most 2 ms
    later.

    A ``transactional.id`` makes of it what it makes of ``ConfluentProducer``.
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
        self._waiting = Waiting(self._loop)
        self._unreported = 0
        self._death: str | None = None
        self._closing = False
        dump = ConfigurationDump()
        logger = logging.Logger("librdkafka")
        logger.addHandler(dump)
        arguments = {**arguments, "bootstrap.servers": bootstrap, "debug": "conf", "logger": logger}
        try:
            self._producer: Any = self._loop.run_until_complete(_construct(arguments))
        except KafkaException as refusal:
            self._loop.close()
            raise ClientRefused(refusal.args[0].str()) from refusal
        self.effective = engine.effective(tables.effective(SETTINGS, dump.settings))
        self.transactions: ConfluentAioTransactions | None = None
        if "transactional.id" in config:
            self.transactions = ConfluentAioTransactions(self._loop, lambda: self._producer, self._report)
        self._queue_is_bound = "buffer.memory" in config
        self.most_waiting_bytes: int | None = (
            int(self.effective["buffer.memory"]) if self._queue_is_bound else tables.BUFFER_BYTES
        )
        self._success = Outcome.UNCONFIRMED if self.effective["acks"] == "0" else Outcome.ACKED
        self._offsets = AckedOffsets()
        self._delivered: list[tuple[int, int, Any]] = []

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        if (death := self._death or (self.transactions and self.transactions.death)) is not None:
            raise ClientDead(death)
        if not self._queue_is_bound:
            batch = batch[: self._room(batch.largest)]
        accepted = self._loop.run_until_complete(self._offer(first_sequence, partition, batch))
        self._report()
        return accepted

    def poll(self, timeout_s: float) -> None:
        self._waiting.wait(timeout_s)
        self._report()

    def flush(self, timeout_s: float) -> int:
        until = time.monotonic() + timeout_s
        while self._unreported and (left_s := until - time.monotonic()) > 0:
            self._serve(self._producer.flush(min(left_s, _FLUSH_S)), left_s)
            self._report()
        return self._unreported

    def close(self, timeout_s: float) -> None:
        if self._producer is None:
            return
        until = time.monotonic() + timeout_s
        self._closing = True
        # Its own close() flushes without a bound, but what is purged has ended.
        self._serve(self._producer.purge(True, True, False), timeout_s / 4)
        self._serve(self._producer.close(), timeout_s / 4)
        self._report()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=timeout_s / 4))
        self._loop.close()
        # Dropping the last reference waits for librdkafka's threads.
        last = [self._producer]
        self._producer = None
        wait([started(last.clear)], max(0.0, until - time.monotonic()))

    async def _offer(self, first_sequence: int, partition: int, batch: Batch) -> int:
        """Accepts what there is time for. A ``produce`` is never cut short: where one is cancelled that hands over the
        buffer, messages of other partitions are gone, and their futures never resolve (2.16.1).
        """
        topic, own = self._topics.place(partition)
        until = time.monotonic() + _SEND_S
        for accepted, (value, key, headers, at_ms) in enumerate(batch.each()):
            if time.monotonic() > until:
                return accepted
            sequence = first_sequence + accepted
            try:
                future = await self._producer.produce(topic, value, key, partition=own, **_more(headers, at_ms))
            except NotImplementedError as refusal:  # its batches have no headers
                self._recorder.done(sequence, Outcome.FAILED, time.monotonic_ns(), error=_name(refusal))
                continue
            except KafkaException as error:
                # It has this message in its buffer and gives no future for it.
                self._dies_of(error)
                self._recorder.done(sequence, Outcome.ERROR, time.monotonic_ns(), error=_name(error))
                return accepted + 1
            self._unreported += 1
            future.add_done_callback(partial(self._done, sequence))
        return len(batch)

    def _room(self, size: int) -> int:
        """How many more messages of this size may wait. What its queue does not take librdkafka fails."""
        return max(0, min(engine.most_waiting(size), _QUEUE_MESSAGES) - self._unreported)

    def _done(self, sequence: int, future: asyncio.Future[Any]) -> None:
        now_ns = time.monotonic_ns()
        self._unreported -= 1
        self._waiting.wake()
        error = asyncio.CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._delivered.append((sequence, now_ns, future.result()))
        elif not self._closing:
            self._recorder.done(sequence, Outcome.ERROR, now_ns, error=_name(error))

    def _report(self) -> None:
        """Tells of what has been delivered since, as columns."""
        if not self._delivered:
            return
        sequence, at_ns, messages = zip(*self._delivered, strict=True)
        self._delivered.clear()
        offset = self._offsets.of(messages) if self._success is Outcome.ACKED else np.full(len(messages), -1)
        self._recorder.done_many(np.array(sequence), self._success, np.array(at_ns), offset)

    def _serve(self, call: Coroutine[Any, Any, Any], timeout_s: float) -> None:
        """Waits for what may run callbacks; a fatal error, which librdkafka raises there, ends all later sending."""
        task = self._loop.create_task(call)
        self._loop.run_until_complete(asyncio.wait({task}, timeout=timeout_s))
        if task.done() and isinstance(error := task.exception(), KafkaException):
            self._dies_of(error)

    def _dies_of(self, error: KafkaException) -> None:
        self._death = self._death or error.args[0].str()


async def _construct(arguments: dict[str, Any]) -> AIOProducer:
    producer = AIOProducer(arguments)  # it looks for a running loop
    await producer.poll(0)  # what it was given, as it was understood, is in the log by then
    return producer


def _more(headers: Headers, at_ms: int | None) -> dict[str, Any]:
    return {**({"headers": list(headers)} if headers else {}), **({} if at_ms is None else {"timestamp": at_ms})}


def _name(error: BaseException) -> str:
    return str(error.args[0].name()) if isinstance(error, KafkaException) else type(error).__name__
