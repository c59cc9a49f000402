"""The asyncio producer of confluent-kafka, whose buffer in Python is what tells it from the other one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from confluent_kafka.aio import AIOProducer
from confluent_kafka.aio.producer._kafka_batch_executor import ProducerBatchExecutor

from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome

from .sending import Open, Topic, copies

pytestmark = pytest.mark.timeout(60)
CLIENT = "confluent-kafka-aio"
_RESOLVED_S = 20.0


@pytest.mark.long
def test_nobody_has_to_flush_for_its_futures_to_resolve(
    cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    """confluent-kafka-python#2154: once no message comes any more, both looks for time-outs are its own."""
    sending = open_producer(CLIENT, cluster.bootstrap, make_topic(), {"acks": "all"})
    for partition in (0, 1):
        sending.send(10, partition)
    until = time.monotonic() + _RESOLVED_S
    while sending.recorder.reports < 20 and time.monotonic() < until:
        sending.producer.poll(0.1)
    assert sending.recorder.reports == 20 and sending.outcomes() == {Outcome.ACKED}


def test_what_it_hands_over_slowly_is_not_lost(
    cluster: LocalCluster, make_topic: Topic, open_producer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send that cut the client short would leave what other partitions have in the buffer without an end."""
    hand_over = ProducerBatchExecutor.execute_batch

    async def slowly(self: ProducerBatchExecutor, *batch: Any) -> Any:
        await asyncio.sleep(0.3)
        return await hand_over(self, *batch)

    monkeypatch.setattr(ProducerBatchExecutor, "execute_batch", slowly)
    sending = open_producer(CLIENT, cluster.bootstrap, make_topic(), {"acks": "all"})
    for partition in (0, 1, 0):
        sending.send(400, partition)
    assert sending.producer.flush(_RESOLVED_S) == 0
    assert sending.outcomes() == {Outcome.ACKED}
    assert copies(sending.log(cluster, 1_200), 1_200) == [1] * 1_200


@pytest.mark.long
def test_a_produce_that_is_cancelled_takes_what_other_partitions_have_in_the_buffer_with_it(
    cluster: LocalCluster, make_topic: Topic
) -> None:
    """A defect of this version, and why none is cut short here."""

    async def unresolved(topic: str) -> list[int]:
        producer = AIOProducer({"bootstrap.servers": cluster.bootstrap}, batch_size=100, buffer_timeout=0)
        futures = [await producer.produce(topic, b"value", partition=number % 2) for number in range(99)]
        filling = asyncio.create_task(producer.produce(topic, b"value", partition=0))
        await asyncio.sleep(0)
        filling.cancel()
        await asyncio.wait({filling})
        assert filling.cancelled()
        assert await producer.flush(_RESOLVED_S) == 0 and len(producer) == 0, "it says that nothing waits"
        await producer.close()
        return [number for number, future in enumerate(futures) if number % 2 and not future.done()]

    assert asyncio.run(unresolved(make_topic(2))) == list(range(1, 99, 2))
