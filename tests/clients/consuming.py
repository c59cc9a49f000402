"""Real consumers of every client, as a pipeline uses them, and what is there for them to read."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import confluent_kafka

from harness.clients import Transactions, consumers
from harness.clients.consumers import Consumer, Polled
from harness.clusters.local.cluster import LocalCluster

from .sending import Sending

CONSUMERS = tuple(consumers.CONSUMERS)
Consume = Callable[..., Any]
_PATIENCE_S = 20.0
BOTH = frozenset({0, 1})


def produce(cluster: LocalCluster, topic: str, values: Iterable[int], ends: str | None = None) -> None:
    """Even values to partition 0 and odd ones to 1, if ``ends`` is given in a transaction that ends so."""
    config: dict[str, Any] = {"bootstrap.servers": cluster.bootstrap}
    if ends is not None:
        config["transactional.id"] = uuid.uuid4().hex
    producer = confluent_kafka.Producer(config)
    if ends is not None:
        producer.init_transactions(20)
        producer.begin_transaction()
    for value in values:
        producer.produce(topic, b"%d" % value, partition=value % 2)
    assert producer.flush(20) == 0
    if ends is not None:
        getattr(producer, f"{ends}_transaction")(20)


def begun(sending: Sending) -> Transactions:
    """Those of a producer, within the first."""
    transactions = sending.producer.transactions
    assert transactions is not None
    transactions.init(20)
    transactions.begin()
    return transactions


def until(done: Callable[[], bool]) -> None:
    """Asks until it is, which is looked at outside."""
    deadline = time.monotonic() + _PATIENCE_S
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)


def read(consumer: Consumer, count: int) -> list[Polled]:
    """So many records, or what had come until nobody would wait any longer; and no more came right after."""
    records: list[Polled] = []

    def enough() -> bool:
        records.extend(consumer.poll(30, 0.2))
        return len(records) >= count

    until(enough)
    return records + consumer.poll(30, 0.2)


def partition(records: Iterable[Polled], number: int) -> list[tuple[int, bytes]]:
    return [(offset, value) for partition, offset, value in records if partition == number]
