"""Faults on the requests of transactions and groups, between a real client and real brokers: it gets over each."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from harness import clients
from harness.clients import CLIENTS, Setting, consumers
from harness.clients.batch import Batch
from harness.clients.consumers import ConsumerFailed, Mode
from harness.clients.traits import traits
from harness.clusters.local.cluster import LocalCluster
from harness.journal.mapped import ProducerJournal
from harness.load.recorder import JournalRecorder
from harness.topics import Topics
from harness.wire import Proxy, WireRule

from .test_proxy import BOUND_S
from .test_proxy_real import create_topic, proxy

__all__ = ["proxy"]

NOT_LEADER, LOADING, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, REBALANCING, CONCURRENT_TRANSACTIONS = (
    6,
    14,
    15,
    16,
    27,
    51,
)
VALUES = [b"%d" % number for number in range(10)]
pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "rule",
    [
        WireRule("lose-ack", api="EndTxn", times=1),
        WireRule("lose-request", api="EndTxn", times=1),
        WireRule("inject-error", api="EndTxn", error=CONCURRENT_TRANSACTIONS, times=1),
        WireRule("inject-error", api="AddPartitionsToTxn", error=CONCURRENT_TRANSACTIONS, times=1),
        WireRule("lose-request", api="InitProducerId", times=1),
        WireRule("inject-error", api="FindCoordinator", error=COORDINATOR_NOT_AVAILABLE, times=1),
    ],
    ids=lambda rule: f"{rule.action}-{rule.api}",
)
def test_a_transaction_is_committed_all_the_same_and_once(cluster: LocalCluster, proxy: Proxy, rule: WireRule) -> None:
    topic = create_topic(cluster, f"transactions-{rule.action}-{rule.api}")
    told = {"bootstrap.servers": proxy.bootstrap, "client.id": "victim", "transactional.id": topic, "log_level": 0}
    proxy.set_rules([rule])
    producer = Producer(told)
    tried(producer.init_transactions)
    producer.begin_transaction()
    for value in VALUES:
        producer.produce(topic, value, partition=0)
    tried(producer.commit_transaction)

    stats = proxy.stats()
    assert stats.fired == [1]
    assert stats.matched[0] >= 2, "it was tried again"
    [firing] = proxy.fired()
    assert (firing["api"], firing["ordinal"], firing["client_id"]) == (rule.api, 1, "victim")
    assert rule.api != "EndTxn" or firing["version"] == 1, "librdkafka speaks no protocol of KIP-890 yet"
    assert list(committed(cluster, topic)) == VALUES


def test_a_consumer_of_a_group_gets_over_an_error_of_every_api_that_it_asks(
    cluster: LocalCluster, proxy: Proxy
) -> None:
    topic = create_topic(cluster, "groups")
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    for value in VALUES:
        producer.produce(topic, value, partition=0)
    assert producer.flush(BOUND_S) == 0
    errors = {
        "FindCoordinator": COORDINATOR_NOT_AVAILABLE,
        "JoinGroup": LOADING,
        "SyncGroup": REBALANCING,
        "OffsetFetch": LOADING,
        "Fetch": NOT_LEADER,
        "Heartbeat": REBALANCING,
        "OffsetCommit": LOADING,
    }
    proxy.set_rules([WireRule("inject-error", api=api, error=error, times=1) for api, error in errors.items()])
    consumer = Consumer(
        {
            "bootstrap.servers": proxy.bootstrap,
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "heartbeat.interval.ms": 100,
            "log_level": 0,
        }
    )
    consumer.subscribe([topic])
    got = set[bytes]()
    until = time.monotonic() + BOUND_S
    while got != set(VALUES) or proxy.stats().fired[list(errors).index("Heartbeat")] == 0:
        assert time.monotonic() < until, proxy.stats()
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            got.add(message.value())
    tried(lambda timeout_s: consumer.commit(offsets=[TopicPartition(topic, 0, len(VALUES))], asynchronous=False))
    [stored] = consumer.committed([TopicPartition(topic, 0)], BOUND_S)
    consumer.close()
    assert stored.offset == len(VALUES)
    assert proxy.stats().fired == [1] * len(errors)
    assert {firing["api"] for firing in proxy.fired()} == set(errors)


def tried(call: Callable[[float], Any]) -> None:
    """Until it succeeds, as long as the client itself says that it can be tried again."""
    until = time.monotonic() + BOUND_S
    while True:
        try:
            call(BOUND_S)
        except KafkaException as error:
            if time.monotonic() > until or not (error.args[0].retriable() or error.args[0].code() == LOADING):
                raise
        else:
            return


def committed(cluster: LocalCluster, topic: str) -> Iterator[bytes]:
    """Every value of partition 0 that a read_committed consumer gets, not through the proxy."""
    consumer = Consumer(
        {
            "bootstrap.servers": cluster.bootstrap,
            "group.id": "oracle",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    until, ends = time.monotonic() + BOUND_S, cluster.high_watermarks(topic)[0]
    try:
        while True:
            assert time.monotonic() < until
            message = consumer.poll(BOUND_S)
            assert message is not None
            if message.error() is None:
                yield message.value()
            elif message.error().code() == KafkaError._PARTITION_EOF and message.offset() >= ends:
                return  # behind the markers, so that nothing is open any more
    finally:
        consumer.close()


@pytest.mark.parametrize("client", CLIENTS)
def test_transactions_are_ended_in_the_version_that_is_noted_of_each_client(
    cluster: LocalCluster, proxy: Proxy, tmp_path: Path, client: str
) -> None:
    """What a client speaks at most is what it speaks to these brokers, which know it."""
    topic = create_topic(cluster, f"spoken-{client}")
    proxy.set_rules([WireRule("observe", api="EndTxn")])
    recorder = JournalRecorder(ProducerJournal.create(tmp_path / "journal", 10, 0))
    settings: dict[str, Setting] = {"acks": "all", "enable.idempotence": True, "transactional.id": topic}
    producer = clients.load(client).create(proxy.bootstrap, Topics((topic,), 1), settings, recorder)
    assert producer.transactions is not None
    producer.transactions.init(BOUND_S)
    producer.transactions.begin()
    assert producer.send(0, 0, Batch([b"value"])) == 1
    assert producer.flush(BOUND_S) == 0
    producer.transactions.commit(BOUND_S)
    producer.close(1.0)
    assert {firing["version"] for firing in proxy.fired()} == {traits(client).end_txn}


@pytest.mark.parametrize(
    ("mode", "config"),
    [("assign", {}), ("subscribe", {}), ("subscribe", {"group.protocol": "consumer"})],
    ids=["assign", "classic", "consumer"],
)
@pytest.mark.parametrize("client", consumers.CONSUMERS)
def test_who_is_told_of_another_coordinator_instead_of_where_it_left_off_begins_there_all_the_same(
    cluster: LocalCluster, proxy: Proxy, client: str, mode: Mode, config: dict[str, Setting]
) -> None:
    if cannot := consumers.unsupported(client, config):
        pytest.skip(" ".join(cannot))
    topic = create_topic(cluster, f"begins-{client}-{mode}-{len(config)}")
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    for value in VALUES:
        producer.produce(topic, value, partition=0)
    assert producer.flush(BOUND_S) == 0
    proxy.set_rules([WireRule("inject-error", api="OffsetFetch", error=NOT_COORDINATOR, times=2)])
    module = consumers.load(client)
    consumer = module.create(proxy.bootstrap, topic, [0], topic, isolation="read_committed", mode=mode, config=config)
    got: list[bytes] = []
    until = time.monotonic() + BOUND_S
    while len(got) < len(VALUES) and time.monotonic() < until:
        with contextlib.suppress(ConsumerFailed):
            got += [polled.value for polled in consumer.poll(len(VALUES), 0.2)]
    consumer.close(5)
    assert got == VALUES
    assert proxy.stats().fired == [2]
