"""The client ``librdkafka``: what is sent is an array, and so is what comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.clients import ClientDead, Recorder, Setting, secured
from harness.clients import settings as tables
from harness.clients.batch import Batch
from harness.clients.librdkafka import library, messages
from harness.clients.librdkafka import settings as engine
from harness.clients.librdkafka.check import check
from harness.clients.librdkafka.library import FATAL, Handle, error_name
from harness.clients.librdkafka.reports import Reports
from harness.clients.transactions.librdkafka import LibrdkafkaTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "librdkafka"
SETTINGS, DEFAULTS = engine.SETTINGS, engine.DEFAULTS
ANSWER_S, RECONNECT_S = engine.ANSWER_S, engine.RECONNECT_S
_SHARE = 8  # of its queue: for so much, or all it is offered, it waits until there is room
_MOST_MESSAGES = 100_000  # queue.buffering.max.messages, where it does not say
_QUEUE_FULL = -184  # RD_KAFKA_RESP_ERR__QUEUE_FULL


def version() -> str:
    return library.version()


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    return engine.refuses(f"{NAME} 2.16.0", config)


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> LibrdkafkaProducer:
    check()
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.LIBRDKAFKA, security)}
    return LibrdkafkaProducer(bootstrap, topics, config, recorder, arguments)


class LibrdkafkaProducer:
    """A ``harness.clients.Producer``. A thread of its own tells reports, each when it arrives.

    Unless ``buffer.memory`` is stated, its queue takes no more than that of Kafka's own client. A ``transactional.id``
    makes it idempotent, as it does confluent-kafka's.
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
        self._taken = 0
        self._most = 0
        """How many may wait for their reports; 0 where librdkafka itself sees to that."""
        self._roomy_at: int | None = None
        """How many reports there have to be before it takes any more."""
        self._death: str | None = None
        self._closed = False
        self._queue_is_bound = "buffer.memory" in config
        self._handle = Handle({**arguments, "bootstrap.servers": bootstrap})
        self._most_messages = int(self._handle.setting("queue.buffering.max.messages") or _MOST_MESSAGES)
        given = tables.parameters(SETTINGS, config)
        state = {name: value for name in given if (value := self._handle.setting(name)) is not None}
        self.effective = engine.effective(tables.effective(SETTINGS, state))
        self.most_waiting_bytes: int | None = (
            int(self.effective["buffer.memory"]) if self._queue_is_bound else tables.BUFFER_BYTES
        )
        success = Outcome.UNCONFIRMED if self.effective["acks"] == "0" else Outcome.ACKED
        self._reports = Reports(self._handle, recorder, success, self._many_wait)
        self.transactions = LibrdkafkaTransactions(self._handle) if "transactional.id" in config else None

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        if (death := self._death or self._reports.death or (self.transactions and self.transactions.death)) is not None:
            raise ClientDead(death)
        if not self._queue_is_bound:
            self._most = min(engine.most_waiting(batch.largest), self._most_messages)
            reported, wanted = self._reports.taken, min(len(batch), max(1, self._most // _SHARE))
            room = self._most - (self._taken - reported)
            # A call costs as much for a few as for hundreds, and every report would make room for a few.
            self._roomy_at = reported + wanted - room if room < wanted else None
            batch = batch[: room if room >= wanted else 0]
        if not batch:
            return 0
        topic, own = self._topics.place(partition)
        if batch.headers is not None or batch.timestamps_ms is not None:
            errors: Any = self._one_by_one(topic, own, first_sequence, batch)
            queued = errors.count(0)
        else:
            filled, copied = messages.filled(first_sequence, batch.values, batch.keys)
            queued, errors = self._handle.produce(topic, own, filled), filled["err"]
            del copied
        self._taken += queued
        return len(batch) if queued == len(batch) else self._partly(first_sequence, errors)

    def poll(self, timeout_s: float) -> None:
        if self._roomy_at is None:
            self._reports.wait(timeout_s)
        else:
            self._reports.wait_for(self._roomy_at, timeout_s)

    def flush(self, timeout_s: float) -> int:
        self._handle.flush(timeout_s)
        return self._unreported

    def close(self, timeout_s: float) -> None:
        if self._closed:
            return
        self._closed = True
        until = time.monotonic() + timeout_s
        self._reports.close()
        self._handle.purge()
        self._handle.flush(timeout_s / 2)
        stopped = self._reports.stop(max(0.0, until - time.monotonic()))
        hangs = self.transactions is not None and self.transactions.hangs
        if stopped and not hangs:  # else somebody is in a call of it, and it goes with the process
            thread = threading.Thread(target=self._handle.destroy, name="close librdkafka", daemon=True)
            thread.start()
            thread.join(max(0.0, until - time.monotonic()))

    @property
    def _unreported(self) -> int:
        return self._taken - self._reports.taken

    def _many_wait(self) -> bool:
        return 0 < self._most < 2 * self._unreported

    def _one_by_one(self, topic: str, partition: int, first_sequence: int, batch: Batch) -> list[int]:
        """The errors of these messages, up to the first behind which none is taken."""
        errors: list[int] = []
        for private, message in enumerate(batch.each(), first_sequence + 1):
            errors.append(self._handle.produce_one(topic, partition, private, *message))
            if errors[-1] in (_QUEUE_FULL, FATAL):
                break
        return errors

    def _partly(self, first_sequence: int, errors: Any) -> int:
        """How many of a batch were accepted: all up to the first for which the queue was full.

        From that one on librdkafka takes none (``rd_kafka_produce_batch``). A message it refuses for another reason is
        in no queue, and that is its report.
        """
        for index in np.flatnonzero(errors).tolist():
            code = int(errors[index])
            if code == FATAL:
                self._death = self._handle.fatal_error()
                if index == 0:
                    raise ClientDead(self._death)
            if code in (_QUEUE_FULL, FATAL):
                return index
            now_ns, name = time.monotonic_ns(), error_name(code)
            self._recorder.done(first_sequence + index, Outcome.FAILED, now_ns, error=name)
        return len(errors)
