"""confluent-kafka: librdkafka under Python, whose reports wait until somebody polls.

Fast by doing little for each message: batches go in whole, a report appends to a list, and all that arrived in one
poll goes to the recorder as columns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import confluent_kafka

from harness.clients import ClientDead, ClientRefused, Recorder, Setting, secured
from harness.clients import settings as tables
from harness.clients.batch import Batch
from harness.clients.configuration_dump import ConfigurationDump
from harness.clients.delivery_reports import DeliveryReports
from harness.clients.librdkafka import settings as engine
from harness.clients.transactions.confluent import ConfluentTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "confluent-kafka"
_POLL_S = 0.1  # from 0.2 s on its poll does not return before the time is over
_FLUSH_S = 0.002
_STEP_S = 0.0002  # librdkafka waits in whole milliseconds; the rest of a wait goes in these


SETTINGS, DEFAULTS = engine.SETTINGS, engine.DEFAULTS
ANSWER_S, RECONNECT_S = engine.ANSWER_S, engine.RECONNECT_S


def version() -> str:
    """Raises ``ClientRefused`` for a version that cannot be driven."""
    if not hasattr(confluent_kafka.Producer, "produce_batch"):
        its = confluent_kafka.__version__
        raise ClientRefused(f"{NAME} {its} takes no batch of messages, as it is given them; 2.12 does")
    return f"{confluent_kafka.__version__} (librdkafka {confluent_kafka.libversion()[0]})"


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    return engine.refuses(f"{NAME} 2.16.1", config)


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> ConfluentProducer:
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.LIBRDKAFKA, security)}
    return ConfluentProducer(bootstrap, topics, config, recorder, arguments)


class ConfluentProducer:
    """A ``harness.clients.Producer``. The worker's thread tells reports, inside ``poll``, ``flush`` and ``close``.

    A report's time is taken when the call that brought it returns: for a worker that polls while it waits, when the
    report arrives; in ``flush`` at most 2 ms later; for one that sends as fast as it can, at its next poll.

    A ``transactional.id`` makes it idempotent: it runs with acks=all and at most five requests in flight, and refuses
    anything else. Unless they are stated, a message has until ``transaction.timeout.ms`` is over, and so has a response
    but for 100 ms.
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
        self._unreported = 0
        self._death: str | None = None
        self._queue_is_bound = "buffer.memory" in config
        dump = ConfigurationDump()
        logger = logging.Logger("librdkafka")
        logger.addHandler(dump)
        # "conf" speaks when the client is made, of what was given as it was understood; later only of the topic, once.
        arguments = {**arguments, "bootstrap.servers": bootstrap, "debug": "conf"}
        try:
            self._producer: Any = confluent_kafka.Producer(arguments, logger=logger)
        except confluent_kafka.KafkaException as refusal:
            raise ClientRefused(refusal.args[0].str()) from refusal
        self._producer.poll(0)
        self.effective = engine.effective(tables.effective(SETTINGS, dump.settings))
        self.transactions: ConfluentTransactions | None = None
        if "transactional.id" in config:
            self.transactions = ConfluentTransactions(lambda: self._producer, lambda: self.poll(0), self._report)
        self.most_waiting_bytes: int | None = (
            int(self.effective["buffer.memory"]) if self._queue_is_bound else tables.BUFFER_BYTES
        )
        success = Outcome.UNCONFIRMED if self.effective["acks"] == "0" else Outcome.ACKED
        self._reports = DeliveryReports(recorder, success)

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        if (death := self._death or (self.transactions and self.transactions.death)) is not None:
            raise ClientDead(death)
        if not self._queue_is_bound:
            batch = batch[: self._room(batch.largest)]
        if not batch:
            return 0
        topic, own = self._topics.place(partition)
        if batch.headers is not None or batch.timestamps_ms is not None:
            return self._one_by_one(topic, own, first_sequence, batch)
        messages: list[dict[str, Any]] = _told(batch, self._reports, first_sequence)
        queued = self._producer.produce_batch(topic, messages, own, on_delivery=self._reports.on_delivery)
        self._unreported += queued
        return len(batch) if queued == len(batch) else self._partly(first_sequence, messages)

    def poll(self, timeout_s: float) -> None:
        until, before = time.monotonic() + timeout_s, self._unreported
        left_s = timeout_s
        while True:
            self._serve(self._producer.poll, min(left_s, _POLL_S))
            self._report()
            left_s = until - time.monotonic()
            if self._unreported != before or left_s <= 0:
                return
            if left_s < 0.001:
                time.sleep(min(left_s, _STEP_S))

    def flush(self, timeout_s: float) -> int:
        until = time.monotonic() + timeout_s
        while self._unreported and (left_s := until - time.monotonic()) > 0:
            self._serve(self._producer.flush, min(left_s, _FLUSH_S))
            self._report()
        return self._unreported

    def close(self, timeout_s: float) -> None:
        if self._producer is None:
            return
        until = time.monotonic() + timeout_s
        self._report()
        self._reports.close()
        # Its own close() flushes without a bound.
        self._serve(self._producer.purge, True, True, False)
        self.flush(timeout_s / 2)
        # Dropping the last reference waits for librdkafka's threads.
        last = [self._producer]
        self._producer = None
        thread = threading.Thread(target=last.clear, name="close confluent-kafka", daemon=True)
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))

    def _room(self, size: int) -> int:
        """How many more messages of this size may wait."""
        return max(0, engine.most_waiting(size) - self._unreported)

    def _one_by_one(self, topic: str, partition: int, first_sequence: int, batch: Batch) -> int:
        """Its call for a batch takes neither headers nor timestamps. Returns how many were accepted."""
        for index, (value, key, headers, at_ms) in enumerate(batch.each()):
            at = {} if at_ms is None else {"timestamp": at_ms}
            report = self._reports.of(first_sequence + index)
            try:
                self._producer.produce(topic, value, key, partition, report, headers=list(headers), **at)
            except BufferError:
                return index
            except confluent_kafka.KafkaException as refusal:
                if self._takes_no_more(first_sequence + index, refusal.args[0]):
                    return self._before_its_death(index)
            else:
                self._unreported += 1
        return len(batch)

    def _partly(self, first_sequence: int, messages: Sequence[Mapping[str, Any]]) -> int:
        """How many of a batch were accepted: all up to the first for which the queue was full.

        From that one on librdkafka takes none (``rd_kafka_produce_batch``).
        """
        for index, message in enumerate(messages):
            error = message.get("_error")
            if error is not None and self._takes_no_more(first_sequence + index, error):
                return self._before_its_death(index)
        return len(messages)

    def _takes_no_more(self, sequence: int, error: Any) -> bool:
        """Of a message it refuses for another reason that is its report, for it is in no queue."""
        match error.name():
            case "_QUEUE_FULL":
                return True
            case "_FATAL":
                self._death = self._death or error.str()
                return True
            case name:
                self._recorder.done(sequence, Outcome.FAILED, time.monotonic_ns(), error=name)
                return False

    def _before_its_death(self, accepted: int) -> int:
        if self._death is not None and accepted == 0:
            raise ClientDead(self._death)
        return accepted

    def _report(self) -> None:
        self._unreported -= self._reports.hand_over()

    def _serve(self, call: Any, *arguments: Any) -> None:
        """Calls what may run callbacks; a fatal error, which librdkafka raises there, ends all later sending."""
        try:
            call(*arguments)
        except confluent_kafka.KafkaException as error:
            self._death = self._death or error.args[0].str()


def _told(batch: Batch, reports: DeliveryReports, first_sequence: int) -> list[dict[str, Any]]:
    """Messages as its call for a batch takes them."""
    if batch.plain:
        return [{"value": value} for value in batch.values]
    messages = []
    for sequence, (value, key, _, _) in enumerate(batch.each(), first_sequence):
        messages.append({"value": value, "key": key, "callback": reports.of(sequence)})
    return messages
