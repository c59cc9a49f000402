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
from harness.clients.configuration_dump import ConfigurationDump
from harness.clients.delivery_reports import DeliveryReports
from harness.clients.settings import Given, Missing
from harness.clients.transactions.confluent import ConfluentTransactions
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

NAME = "confluent-kafka"
_POLL_S = 0.1  # from 0.2 s on its poll does not return before the time is over
_FLUSH_S = 0.002
_STEP_S = 0.0002  # librdkafka waits in whole milliseconds; the rest of a wait goes in these


def _number(value: str) -> Setting:
    number = float(value)
    return int(number) if number.is_integer() else number


# librdkafka's own names rather than the aliases it also takes: it reports its configuration by them. It takes no value
# outside the ranges in its CONFIGURATION.md (2.16.0).
SETTINGS: tables.Table = {
    "acks": Given(("request.required.acks",), tables.give_acks, tables.read_acks),
    "enable.idempotence": Given(("enable.idempotence",), read=lambda value: value == "true"),
    "retries": Given(("message.send.max.retries",), read=_number),
    "delivery.timeout.ms": Given(("message.timeout.ms",), read=_number, within=(1, 2**31 - 1)),  # 0 is without an end
    # Kafka's setting is both what the broker is told and how long the client waits; librdkafka has one for each.
    "request.timeout.ms": Given(("request.timeout.ms", "socket.timeout.ms"), read=_number, within=(10, 300_000)),
    "max.in.flight.requests.per.connection": Given(
        ("max.in.flight.requests.per.connection",), read=_number, within=(1, 1_000_000)
    ),
    "linger.ms": Given(("queue.buffering.max.ms",), read=_number, within=(0, 900_000)),
    "batch.size": Given(("batch.size",), read=_number, within=(1, 2**31 - 1)),
    "compression.type": Given(("compression.codec",)),
    "buffer.memory": Given(
        ("queue.buffering.max.kbytes",),
        lambda value: -(-int(value) // 1024),
        lambda value: int(value) * 1024,
        within=(1, (2**31 - 1) * 1024),
    ),
    "retry.backoff.ms": Given(("retry.backoff.ms",), read=_number, within=(1, 300_000)),
    "client.id": Given(("client.id",)),
    "transactional.id": Given(("transactional.id",)),
    "transaction.timeout.ms": Given(("transaction.timeout.ms",), read=_number, within=(1_000, 2**31 - 1)),
    "max.block.ms": Missing(tables.OFFERED_AGAIN),
}

DEFAULTS: Mapping[str, Setting] = {
    "acks": "all",
    "enable.idempotence": False,
    "retries": tables.INFINITE,
    "delivery.timeout.ms": 300_000,
    "request.timeout.ms": 30_000,  # what the broker is told; unless it is given, the client itself waits 60 s
    "max.in.flight.requests.per.connection": 1_000_000,
    "linger.ms": 5,
    "batch.size": 1_000_000,
    "compression.type": "none",
    "buffer.memory": 1_048_576 * 1024,
    "retry.backoff.ms": 100,
    "transaction.timeout.ms": 60_000,
}
ANSWER_S = 60.0  # socket.timeout.ms
RECONNECT_S = 15.0  # reconnect.backoff.max.ms, and half as much more by chance
_IDEMPOTENT_IN_FLIGHT = 5  # what librdkafka lowers it to where it is not given (rd_kafka_conf_finalize)


def version() -> str:
    return f"{confluent_kafka.version()} (librdkafka {confluent_kafka.libversion()[0]})"


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


def refuses(config: Mapping[str, Setting]) -> str | None:
    """Asked of 2.16.1: it compares no request timeout but with a transaction's, and lowers a linger nobody stated."""
    delivery, transaction, linger = "delivery.timeout.ms", "transaction.timeout.ms", config.get("linger.ms")
    in_transactions = "transactional.id" in config
    said = {
        name: f"{name}={config.get(name, DEFAULTS[name])}{'' if name in config else ' (its default)'}"
        for name in (delivery, transaction)
    }
    longest = int(config.get(transaction, DEFAULTS[transaction]))
    for name, more in ((delivery, 0), ("request.timeout.ms", 100)):
        if in_transactions and int(config.get(name, 0)) > longest + more:
            by = f" by more than {more}" if more else ""
            return f"{NAME} 2.16.1 refuses {name}={config[name]}, which is more than {said[transaction]}{by}."
    # Unless it is stated, a message has no longer than the transaction; that is compared if a setting of the topic is
    # stated: acks, or the request's timeout.
    unstated = in_transactions and delivery not in config
    bounds = transaction if unstated and longest < int(DEFAULTS[delivery]) else delivery
    compared = not unstated or not config.keys().isdisjoint(("acks", "request.timeout.ms"))
    if linger is None or not compared or int(config.get(bounds, DEFAULTS[bounds])) > int(linger):
        return None
    return f"{NAME} 2.16.1 refuses {said[bounds]}, which is not more than linger.ms={linger}."


def create(
    bootstrap: str, topics: Topics, config: Mapping[str, Setting], recorder: Recorder, security: Security = PLAINTEXT
) -> ConfluentProducer:
    arguments = {**tables.parameters(SETTINGS, config), **secured.parameters(secured.LIBRDKAFKA, security)}
    return ConfluentProducer(bootstrap, topics, config, recorder, arguments)


class ConfluentProducer:
    """A ``harness.clients.Producer``. The worker's thread tells reports, inside ``poll``, ``flush`` and ``close``.

    A report's time is taken when the call that brought it returns: for a worker that polls while it waits, when the
    report arrives; in ``flush`` at most 2 ms later; for one that sends as fast as it can, at its next poll.

    Its own queue takes a gigabyte: a load as fast as it goes would be over long before it is sent. Unless
    ``buffer.memory`` is stated it takes no more than Kafka's own client would.

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
        self.effective = _effective(tables.effective(SETTINGS, dump.settings))
        self.transactions: ConfluentTransactions | None = None
        if "transactional.id" in config:
            self.transactions = ConfluentTransactions(lambda: self._producer, lambda: self.poll(0), self._report)
        self.most_waiting_bytes: int | None = (
            int(self.effective["buffer.memory"]) if self._queue_is_bound else tables.BUFFER_BYTES
        )
        success = Outcome.UNCONFIRMED if self.effective["acks"] == "0" else Outcome.ACKED
        self._reports = DeliveryReports(recorder, success)

    def send(self, first_sequence: int, partition: int, values: Sequence[bytes]) -> int:
        if (death := self._death or (self.transactions and self.transactions.death)) is not None:
            raise ClientDead(death)
        if not self._queue_is_bound:
            values = values[: self._room(len(values[0]))]
        if not values:
            return 0
        batch: list[dict[str, Any]] = [{"value": value} for value in values]
        topic, own = self._topics.place(partition)
        queued = self._producer.produce_batch(topic, batch, own, on_delivery=self._reports.on_delivery)
        self._unreported += queued
        return len(values) if queued == len(values) else self._partly(first_sequence, batch)

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
        return max(0, max(1, tables.BUFFER_BYTES // max(1, size)) - self._unreported)

    def _partly(self, first_sequence: int, batch: Sequence[Mapping[str, Any]]) -> int:
        """How many of a batch were accepted: all up to the first for which the queue was full.

        From that one on librdkafka takes none (``rd_kafka_produce_batch``). A message it refuses for another reason is
        in no queue, and that is its report.
        """
        for index, message in enumerate(batch):
            error = message.get("_error")
            if error is None:
                continue
            match error.name():
                case "_QUEUE_FULL":
                    return index
                case "_FATAL":
                    self._death = self._death or error.str()
                    if index == 0:
                        raise ClientDead(self._death)
                    return index
                case name:
                    self._recorder.done(first_sequence + index, Outcome.FAILED, time.monotonic_ns(), error=name)
        return len(batch)

    def _report(self) -> None:
        self._unreported -= self._reports.hand_over()

    def _serve(self, call: Any, *arguments: Any) -> None:
        """Calls what may run callbacks; a fatal error, which librdkafka raises there, ends all later sending."""
        try:
            call(*arguments)
        except confluent_kafka.KafkaException as error:
            self._death = self._death or error.args[0].str()


def _effective(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """What it runs with that was given this, by what it makes of all the rest (``rd_kafka_conf_finalize``)."""
    found = {**DEFAULTS, **given}
    if "transactional.id" not in given:
        del found["transaction.timeout.ms"]
    else:
        found["enable.idempotence"] = True
        found["delivery.timeout.ms"] = given.get("delivery.timeout.ms", found["transaction.timeout.ms"])
    if found["enable.idempotence"]:
        in_flight = "max.in.flight.requests.per.connection"
        found[in_flight] = given.get(in_flight, _IDEMPOTENT_IN_FLIGHT)
    return found
