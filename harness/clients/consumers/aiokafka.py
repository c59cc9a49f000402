"""The consumer of aiokafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

import aiokafka
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaConnectionError

from harness.clients import ClientRefused, Setting, secured
from harness.clients import settings as tables
from harness.clients.aiokafka import NAME, stop
from harness.clients.consumers import DEFAULTS, Calls, Isolation, Mode, Polled
from harness.clients.settings import Fixed, Given
from harness.security import PLAINTEXT, Security

T = TypeVar("T")
_AGAIN_S = 0.1
_ASSIGNORS = {
    assignor.name: assignor
    for assignor in (RangePartitionAssignor, RoundRobinPartitionAssignor, StickyPartitionAssignor)
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
) -> AiokafkaConsumer:
    arguments = {
        **tables.parameters(SETTINGS, {**DEFAULTS, **config}),
        **secured.parameters(secured.PYTHON, security),
        "bootstrap_servers": bootstrap,
        "group_id": group_id,
        "isolation_level": isolation,
        "enable_auto_commit": False,
    }
    return AiokafkaConsumer(arguments, topic, partitions, mode)


class AiokafkaConsumer(Calls):
    """A ``harness.clients.consumers.Consumer``. The client runs in an event loop in a thread of its own.

    It joins the group and stays in it without being polled, until ``max.poll.interval.ms`` is over; it gives others no
    more than the session timeout to join again. What it lost it calls revoked, and it revokes nothing when it is
    closed. Its polls wait for a rebalance to end however long that takes, and its commits for a coordinator.

    It does not ask for stable offsets (``OffsetFetchRequest`` up to version 3): while a transaction's markers are on
    their way it begins at the offsets from before that, and tells those as committed. After an error of a poll it never
    again leaves the group for want of polls (``SubscriptionState.fetch_context``).
    """

    def __init__(self, arguments: Mapping[str, Any], topic: str, partitions: Sequence[int], mode: Mode) -> None:
        super().__init__(partitions if mode == "assign" else ())
        self._places = [TopicPartition(topic, partition) for partition in partitions]
        self._topic = topic
        self._group_id = str(arguments["group_id"])
        self._loop = asyncio.new_event_loop()
        self._in_poll = asyncio.Event()
        try:
            self._client: Any = self._loop.run_until_complete(_construct(arguments))
        except (ValueError, RuntimeError, TypeError) as refusal:
            self._loop.close()
            raise ClientRefused(str(refusal)) from refusal
        self._closing, self._stop_s = False, 0.0
        self._thread = Thread(target=self._live, name="aiokafka", daemon=True)
        self._thread.start()
        self._starting = self._run(self._start(mode))

    def poll(self, most: int, timeout_s: float) -> list[Polled]:
        return self._records(lambda: self._run(self._fetch(most, timeout_s)), timeout_s)

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        positions = {TopicPartition(self._topic, partition): offset for partition, offset in offsets.items()}
        self._call("commit", timeout_s, lambda: self._client.commit(positions))

    def committed(self, timeout_s: float) -> dict[int, int]:
        async def committed() -> dict[int, int]:
            found = await asyncio.gather(*map(self._client.committed, self._places))
            return {
                place.partition: offset for place, offset in zip(self._places, found, strict=True) if offset is not None
            }

        return self._call("committed", timeout_s, committed)

    def group(self) -> str:
        return self._group_id

    def close(self, timeout_s: float) -> None:
        if not self._closing:
            self._closing, self._stop_s = True, timeout_s / 2
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)

    def _live(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(stop(self._client, self._stop_s))
        self._loop.close()

    async def _start(self, mode: Mode) -> None:
        """Meets the cluster, as often as it takes. Only then it joins, for it would wait in there for partitions."""
        while True:
            try:
                await self._client.start()
            except KafkaConnectionError:
                await asyncio.sleep(_AGAIN_S)
            else:
                break
        if mode == "assign":
            self._client.assign(self._places)
        else:
            self._client.subscribe([self._topic], listener=_Listener(self._told, self._in_poll))

    async def _started(self) -> None:
        await asyncio.shield(asyncio.wrap_future(self._starting))

    async def _fetch(self, most: int, timeout_s: float) -> list[Polled]:
        await self._started()
        self._in_poll.set()
        try:
            found = await self._client.getmany(timeout_ms=timeout_s * 1000, max_records=most)
        finally:
            self._in_poll.clear()
        return [
            Polled(record.partition, record.offset, record.value or b"")
            for records in found.values()
            for record in records
        ]

    def _call(self, name: str, timeout_s: float, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async def run() -> T:
            await self._started()
            return await call()

        return self._ended(name, lambda: self._run(run()), timeout_s)

    def _run(self, call: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(call, self._loop)


async def _construct(arguments: Mapping[str, Any]) -> Any:
    return aiokafka.AIOKafkaConsumer(**arguments)  # it looks for a running loop


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, told: Callable[..., None], in_poll: asyncio.Event) -> None:
        self._told, self._in_poll = told, in_poll

    def on_partitions_assigned(self, assigned: set[Any]) -> None:
        self._told("assigned", assigned)

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        if revoked:
            await self._in_poll.wait()
        self._told("revoked", revoked)
