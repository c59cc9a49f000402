"""The consumer of kafka-python."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import wait
from typing import Any, TypeVar

import kafka
from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.errors import KafkaTimeoutError
from kafka.structs import OffsetAndMetadata

from harness.clients import ClientRefused, Setting, secured
from harness.clients import settings as tables
from harness.clients.bounded import started
from harness.clients.consumers import DEFAULTS, GROUP_S, Calls, Isolation, Mode, Polled
from harness.clients.kafka_python import NAME
from harness.clients.settings import Fixed, Given
from harness.security import PLAINTEXT, Security

T = TypeVar("T")
_CREATE_S = 5.0
_ASSIGNORS = {
    assignor.name: assignor
    for assignor in (
        RangePartitionAssignor,
        RoundRobinPartitionAssignor,
        StickyPartitionAssignor,
        CooperativeStickyAssignor,
    )
}

SETTINGS: tables.Table = {
    "session.timeout.ms": Given(("session_timeout_ms",)),
    "heartbeat.interval.ms": Given(("heartbeat_interval_ms",)),
    "max.poll.interval.ms": Given(("max_poll_interval_ms",)),
    "auto.offset.reset": Given(("auto_offset_reset",), among=("earliest", "latest", "none")),
    "group.protocol": Fixed("classic", "it knows no other"),
    "partition.assignment.strategy": Given(
        ("partition_assignment_strategy",), lambda value: (_ASSIGNORS[value],), among=tuple(_ASSIGNORS)
    ),
}


def unsupported(config: Mapping[str, Setting]) -> list[str]:
    return tables.unsupported(NAME, SETTINGS, config)


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
) -> KafkaPythonConsumer:
    arguments = {
        **tables.parameters(SETTINGS, {**DEFAULTS, **config}),
        **secured.parameters(secured.PYTHON, security),
        "bootstrap_servers": bootstrap.split(","),
        "group_id": group_id,
        "isolation_level": isolation,
        "enable_auto_commit": False,
    }
    return KafkaPythonConsumer(arguments, topic, partitions, mode)


class KafkaPythonConsumer(Calls):
    """A ``harness.clients.consumers.Consumer``.

    The client's constructor meets the cluster before it looks at its configuration: ``create`` waits a bounded time for
    it. It joins the group inside polls alone, tells of rebalances in its own thread, and revokes what it has when it is
    closed.

    Of a partition that it revokes and is given back it keeps the position (``assign_from_subscribed``), where other
    clients begin at what is committed: here it is made to, for who drops what he had not processed when it is revoked
    would never see that again.

    Whoever asks what is committed is given the answer to an earlier question of the same that nobody waited for any
    longer (3.0.12: ``ConsumerCoordinator._offset_fetch_futures`` keeps it): offsets of long ago. So ``committed`` asks
    twice; where it begins after a rebalance, the client itself is misled.
    """

    def __init__(self, arguments: Mapping[str, Any], topic: str, partitions: Sequence[int], mode: Mode) -> None:
        super().__init__(partitions if mode == "assign" else ())
        self._places = [TopicPartition(topic, partition) for partition in partitions]
        self._topic = topic
        self._mode = mode
        self._given_back: set[Any] = set()
        self._closed = False
        self._meeting = started(lambda: self._meet(arguments))
        wait([self._meeting], _CREATE_S)
        if self._meeting.done() and (refusal := self._meeting.exception()) is not None:
            raise ClientRefused(str(refusal)) from refusal

    def poll(self, most: int, timeout_s: float) -> list[Polled]:
        return self._records(lambda: started(lambda: self._fetch(most, timeout_s)), timeout_s)

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        positions = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        self._call("commit", timeout_s, lambda client, left_ms: client.commit(positions, timeout_ms=left_ms()))

    def committed(self, timeout_s: float) -> dict[int, int]:
        def committed(client: Any, left_ms: Callable[[], float]) -> dict[int, int]:
            for place in self._places:
                client.committed(place, timeout_ms=left_ms())  # what an earlier question was answered, if one is open
            found = {place.partition: client.committed(place, timeout_ms=left_ms()) for place in self._places}
            return {partition: offset for partition, offset in found.items() if offset is not None}

        return self._call("committed", timeout_s, committed)

    def group(self) -> Any:
        return self._call("group_metadata", GROUP_S, lambda client, _: client.group_metadata())

    def close(self, timeout_s: float) -> None:
        self._closed = True
        closing = started(lambda: self._meeting.result().close(autocommit=False, timeout_ms=timeout_s * 1000))
        wait([closing], timeout_s)

    def _meet(self, arguments: Mapping[str, Any]) -> Any:
        """Makes the client, as often as it takes; it gives up by itself when no broker answers for 30 s."""
        while True:
            try:
                client = kafka.KafkaConsumer(**arguments)
            except KafkaTimeoutError:
                if self._closed:
                    raise
            else:
                break
        if self._mode == "assign":
            client.assign(self._places)
        else:
            client.subscribe([self._topic], listener=_Listener(self._told, self._given_back))
        return client

    def _fetch(self, most: int, timeout_s: float) -> list[Polled]:
        client = self._meeting.result()
        found = client.poll(timeout_s * 1000, most)
        for place in tuple(self._given_back):
            found.pop(place, None)
            try:
                client.committed(place, timeout_ms=GROUP_S * 1000)  # the answer to an earlier question, if one is open
                offset = client.committed(place, timeout_ms=GROUP_S * 1000)
            except KafkaTimeoutError:
                continue  # until the next poll nothing of it is given to anybody
            client.seek_to_beginning(place) if offset is None else client.seek(place, offset)
            self._given_back.discard(place)
        return [
            Polled(record.partition, record.offset, record.value or b"")
            for records in found.values()
            for record in records
        ]

    def _call(self, name: str, timeout_s: float, call: Callable[[Any, Callable[[], float]], T]) -> T:
        """``call`` gets the client, and what says how many milliseconds are left."""
        until = time.monotonic() + timeout_s

        def run() -> T:
            if not wait([self._meeting], timeout_s).done:
                raise KafkaTimeoutError("It has met no broker.")
            return call(self._meeting.result(), lambda: max(0.0, until - time.monotonic()) * 1000)

        return self._ended(name, lambda: started(run), timeout_s)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, told: Callable[..., None], given_back: set[Any]) -> None:
        """``given_back`` gets what was revoked and is assigned again."""
        self._told, self._given_back = told, given_back
        self._revoked: set[Any] = set()

    def on_partitions_assigned(self, assigned: set[Any]) -> None:
        self._told("assigned", assigned)
        self._given_back |= self._revoked & assigned
        self._revoked = set()

    def on_partitions_revoked(self, revoked: set[Any]) -> None:
        self._told("revoked", revoked)
        self._revoked = set(revoked)

    def on_partitions_lost(self, lost: set[Any]) -> None:
        self._told("lost", lost)
