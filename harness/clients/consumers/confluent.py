"""The consumer of confluent-kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from typing import Any

import confluent_kafka
from confluent_kafka import OFFSET_STORED, KafkaError, KafkaException, TopicPartition

from harness.clients import ClientRefused, Setting, secured
from harness.clients import settings as tables
from harness.clients.bounded import started
from harness.clients.confluent import NAME
from harness.clients.consumers import DEFAULTS, GROUP_S, Calls, Isolation, Mode, Polled
from harness.clients.settings import Given
from harness.security import PLAINTEXT, Security

_NO_COORDINATOR = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
# librdkafka takes no value outside the ranges in its CONFIGURATION.md (2.16.0).
SETTINGS: tables.Table = {
    "session.timeout.ms": Given(("session.timeout.ms",), within=(1, 3_600_000)),
    "heartbeat.interval.ms": Given(("heartbeat.interval.ms",), within=(1, 3_600_000)),
    "max.poll.interval.ms": Given(("max.poll.interval.ms",), within=(1, 86_400_000)),
    "auto.offset.reset": Given(
        ("auto.offset.reset",),
        lambda value: "error" if value == "none" else value,
        among=("earliest", "latest", "none"),
    ),
    "group.protocol": Given(("group.protocol",), among=("classic", "consumer")),
    "partition.assignment.strategy": Given(
        ("partition.assignment.strategy",), among=("range", "roundrobin", "cooperative-sticky")
    ),
}
_CLASSIC_ALONE = ("session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy")


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    sentences = tables.unsupported(NAME, SETTINGS, config)
    if config.get("group.protocol") == "consumer":
        sentences += [
            f"{NAME} takes no {name} with group.protocol consumer, where it is the broker's."
            for name in _CLASSIC_ALONE
            if name in config
        ]
    return sentences


def create(
    bootstrap: str,
    topic: str,
    partitions: Sequence[int],
    group_id: str,
    *,
    isolation: Isolation,
    mode: Mode,
    config: Mapping[str, Setting],
    security: Security = PLAINTEXT,
) -> ConfluentConsumer:
    arguments = {
        **tables.parameters(SETTINGS, {**DEFAULTS, **config}),
        **secured.parameters(secured.LIBRDKAFKA, security),
        "bootstrap.servers": bootstrap,
        "group.id": group_id,
        "isolation.level": isolation,
        "enable.auto.commit": False,
    }
    return ConfluentConsumer(arguments, topic, partitions, mode)


class ConfluentConsumer(Calls):
    """A ``harness.clients.consumers.Consumer``.

    librdkafka tells of rebalances inside polls alone, and revokes what it has when it is closed. A commit has no bound
    of its own: it waits for a coordinator until ``session.timeout.ms`` is over, then for an answer. Only one call of a
    consumer runs at a time (``Handle_serialize_enter``, 2.16.1): while a commit hangs, polls get nothing, and it stays
    in the group when it is closed. A session timeout longer than ``max.poll.interval.ms`` it refuses. When a poll
    tells that its coordinator is another by now, or not there yet, it looks for it by itself, but may have been told so
    instead of where its group has left off: it does not ask for that again (confluentinc/librdkafka issue 5586), and
    what it has begun nowhere is assigned anew here.
    """

    def __init__(self, arguments: Mapping[str, Any], topic: str, partitions: Sequence[int], mode: Mode) -> None:
        super().__init__(partitions if mode == "assign" else ())
        self._places = [TopicPartition(topic, partition, OFFSET_STORED) for partition in partitions]
        self._topic = topic
        self._incremental = (
            arguments.get("group.protocol") == "consumer"
            or arguments.get("partition.assignment.strategy") == "cooperative-sticky"
        )
        self._errors: list[Any] = []
        try:
            self._client: Any = confluent_kafka.Consumer(dict(arguments))
        except KafkaException as refusal:
            raise ClientRefused(refusal.args[0].str()) from refusal
        if mode == "assign":
            self._client.assign(self._places)
        else:
            self._client.subscribe(
                [topic],
                on_assign=lambda _, places: self._told("assigned", places),
                on_revoke=lambda _, places: self._told("revoked", places),
                on_lost=lambda _, places: self._told("lost", places),
            )

    def poll(self, most: int, timeout_s: float) -> list[Polled]:
        return self._records(lambda: started(lambda: self._consume(most, timeout_s)), timeout_s)

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        places = [TopicPartition(self._topic, partition, offset) for partition, offset in offsets.items()]
        self._call("commit", timeout_s, lambda: _sound(self._client.commit(offsets=places, asynchronous=False)))

    def committed(self, timeout_s: float) -> dict[int, int]:
        places = self._call("committed", timeout_s, lambda: _sound(self._client.committed(self._places, timeout_s)))
        return {place.partition: place.offset for place in places if place.offset >= 0}

    def group(self) -> Any:
        return self._call("consumer_group_metadata", GROUP_S, self._client.consumer_group_metadata)

    def close(self, timeout_s: float) -> None:
        def close() -> None:
            wait(self._still_running())  # it would free what they use
            self._client.close()

        wait([started(close)], timeout_s)

    def _consume(self, most: int, timeout_s: float) -> list[Polled]:
        """Takes what there is once there is a first: asked for more at once, it waits for as many as that."""
        messages = self._client.consume(1, timeout_s)
        if messages and most > 1:
            messages += self._client.consume(most - 1, 0)
        errors = [message.error() for message in messages if message.error() is not None]
        self._errors += [error for error in errors if error.code() not in _NO_COORDINATOR]
        if any(error.code() in _NO_COORDINATOR for error in errors):
            self._begin_again()
        records = [
            Polled(message.partition(), message.offset(), message.value() or b"")
            for message in messages
            if message.error() is None
        ]
        if self._errors and not records:
            raise KafkaException(self._errors.pop(0))
        return records

    def _begin_again(self) -> None:
        """Of what nothing was consumed yet it asks again where to begin; all else goes on where it is."""
        places = self._client.position(self._client.assignment())
        nowhere = [TopicPartition(self._topic, each.partition, OFFSET_STORED) for each in places if each.offset < 0]
        if not nowhere:
            return
        if self._incremental:
            self._client.incremental_unassign(nowhere)
            self._client.incremental_assign(nowhere)
        else:
            self._client.assign(nowhere + [each for each in places if each.offset >= 0])

    def _call(self, name: str, timeout_s: float, call: Callable[[], Any]) -> Any:
        return self._ended(name, lambda: started(call), timeout_s)

    def _name(self, error: Exception) -> str:
        return str(error.args[0].name()) if isinstance(error, KafkaException) else super()._name(error)


def _sound(places: list[Any]) -> list[Any]:
    """What librdkafka answered for each partition; raises the first error among them."""
    for place in places:
        if place.error is not None:
            raise KafkaException(place.error)
    return places
