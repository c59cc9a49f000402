"""The proxy between real clients and real brokers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from confluent_kafka import Consumer, Producer, TopicPartition
from kio.index import load_request_schema
from kio.schema.errors import ErrorCode
from kio.static.primitive import i8

from harness.clusters.local.cluster import LocalCluster
from harness.wire import Proxy, WireRule

from .kafka_bytes import produce_frame, read_response, request_frame
from .test_proxy import BOUND_S, connect, receive

MESSAGES, A_FLUSH = 3_000, 50
LOST = [6, 18, 30, 42, 54]


@pytest.fixture
def proxy(cluster: LocalCluster, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(cluster.addresses, tmp_path / "proxy.log") as proxy:
        yield proxy


def create_topic(cluster: LocalCluster, name: str) -> str:
    cluster.create_topic(name, 1, 3, {"min.insync.replicas": "2"})
    return name


@pytest.mark.parametrize(("idempotence", "duplicates"), [(False, len(LOST) * A_FLUSH), (True, 0)])
def test_a_lost_ack_duplicates_a_batch_unless_the_producer_is_idempotent(
    cluster: LocalCluster, proxy: Proxy, idempotence: bool, duplicates: int
) -> None:
    topic = create_topic(cluster, f"lost-acks-{idempotence}")
    producer = Producer(
        {
            "bootstrap.servers": proxy.bootstrap,
            "client.id": "victim",
            "acks": "all",
            "enable.idempotence": idempotence,
            "linger.ms": 50,  # a flush is one request
            "log_level": 0,
        }
    )
    proxy.set_rules([WireRule("lose-ack", client_id="victim", topic=topic, skip=5, every=12)])
    errors = []
    for start in range(0, MESSAGES, A_FLUSH):
        for sequence in range(start, start + A_FLUSH):
            value = b"%0100d" % sequence
            producer.produce(topic, value, partition=0, on_delivery=lambda error, _: errors.append(error))
        assert producer.flush(BOUND_S) == 0
    assert errors == [None] * MESSAGES

    stats, firings = proxy.stats(), proxy.fired()
    assert (stats.matched, stats.fired) == ([MESSAGES // A_FLUSH + len(LOST)], [len(LOST)])
    assert [firing["ordinal"] for firing in firings] == LOST
    assert {(firing["records"], firing["client_id"]) for firing in firings} == {(A_FLUSH, "victim")}
    copies = Counter(read_back(cluster, topic))
    assert len(copies) == MESSAGES
    assert copies.total() - MESSAGES == duplicates


def read_back(cluster: LocalCluster, topic: str) -> Iterator[bytes]:
    """Every value of partition 0, not through the proxy."""
    end = cluster.high_watermarks(topic)[0]
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "oracle", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        for _ in range(end):
            message = consumer.poll(BOUND_S)
            assert message is not None and message.error() is None
            yield message.value()
    finally:
        consumer.close()


def test_clients_learn_no_other_address(cluster: LocalCluster, proxy: Proxy) -> None:
    topic = create_topic(cluster, "addresses")
    expected = {node: tuple(address.split(":")) for node, address in proxy.addresses.items()}

    metadata_request = request(
        3, 12, topics=None, allow_auto_topic_creation=False, include_topic_authorized_operations=False
    )
    assert addresses(ask(proxy.addresses[1], metadata_request).brokers) == expected

    cluster_request = request(60, 1, include_cluster_authorized_operations=False, endpoint_type=i8(1))
    assert addresses(ask(proxy.addresses[2], cluster_request).brokers, "broker_id") == expected

    until = time.monotonic() + BOUND_S
    while True:  # the first question has Kafka create the topic of the groups
        coordinators = ask(proxy.addresses[1], request(10, 4, key_type=i8(0), coordinator_keys=("group",))).coordinators
        if coordinators[0].error_code is ErrorCode.none or time.monotonic() > until:
            break
        time.sleep(0.05)
    assert addresses(coordinators).items() <= expected.items() and addresses(coordinators)

    # A producer that asks the wrong broker is told where the leader is (KIP-951).
    view = cluster.view(topic)
    assert view is not None
    leader = view.partitions[0].leader
    other = next(node for node in cluster.addresses if node != leader)
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 16)
    builder.append(0, timestamp=1, key=None, value=b"value", headers=[])
    frame = produce_frame(1, acks=-1, version=12, topic=topic, records=bytes(builder.build()))
    produced = ask(proxy.addresses[other], (0, 12, frame))
    assert produced.responses[0].partition_responses[0].error_code is ErrorCode.not_leader_or_follower
    assert addresses(produced.node_endpoints) == {leader: expected[leader]}

    proxy.stats()
    assert proxy.fired() == [] and proxy.passed_by() is None


def test_a_broker_without_a_listener_is_told_of(cluster: LocalCluster, tmp_path: Path) -> None:
    known = {node: address for node, address in cluster.addresses.items() if node != 2}
    with Proxy(known, tmp_path / "proxy.log") as proxy:
        proxy.set_rules([WireRule("observe", api="Metadata")])
        asked = request(3, 12, topics=None, allow_auto_topic_creation=False, include_topic_authorized_operations=False)
        past = addresses(ask(proxy.addresses[1], asked).brokers)[2]
        assert ":".join(past) == cluster.addresses[2], "its own address is all that there is to tell"
        proxy.stats()
        assert proxy.passed_by() == (
            "clients can pass the proxy by: it has no listener for broker 2, which the cluster names"
        )
        assert [firing["action"] for firing in proxy.fired()] == ["observe"], "asking for the one takes no other away"


def request(api_key: int, version: int, **fields: Any) -> tuple[int, int, bytes]:
    return api_key, version, request_frame(load_request_schema(api_key, version)(**fields), 1)


def ask(address: str, asked: tuple[int, int, bytes]) -> Any:
    api_key, version, frame = asked
    with connect(address) as connection:
        connection.settimeout(BOUND_S)
        connection.sendall(frame)
        size = receive(connection, 4)
        return read_response(api_key, version, size + receive(connection, int.from_bytes(size, "big")))[1]


def addresses(nodes: Any, id: str = "node_id") -> Mapping[int, tuple[str, ...]]:
    return {getattr(node, id): (node.host, str(node.port)) for node in nodes}
