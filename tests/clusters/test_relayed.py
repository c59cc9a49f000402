"""Real brokers with relays between them: every connection between nodes passes one, and a cut one is mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from harness.clusters import ClusterFailed
from harness.clusters.jars import class_path, known_versions
from harness.clusters.local import LocalCluster
from harness.clusters.wiring import CONTROLLER
from harness.janitor import Janitor

pytestmark = pytest.mark.timeout(240)


def _work(cluster: LocalCluster, topic: str) -> None:
    """What makes brokers talk to each other: replication, a group and its offsets, a transaction and its markers."""
    cluster.create_topic(topic, 6, 3, {})
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "transactional.id": topic})
    producer.init_transactions(30)
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": topic})
    consumer.assign([TopicPartition(topic, 0, 0)])
    producer.begin_transaction()
    for partition in range(6):
        producer.produce(topic, b"value", partition=partition)
    offsets = [TopicPartition(topic, 0, 1)]
    producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 30)
    producer.commit_transaction(30)
    (committed,) = consumer.committed(offsets, 30)
    assert committed.offset == 1
    consumer.close()


def _pid(cluster: LocalCluster) -> int:
    assert cluster.links is not None
    return cluster.links.pid


def _connections(cluster: LocalCluster) -> Mapping[tuple[int, int], Any]:
    """By its own and its peer's port, the node that has each connection; 0 is the relay."""
    owners = {node.running.pid: node.id for node in cluster.nodes} | {_pid(cluster): 0}
    return {
        (connection.laddr.port, connection.raddr.port): owner
        for pid, owner in owners.items()
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == "ESTABLISHED"
    }


def test_no_node_reaches_another_but_by_a_relay(tmp_path_factory: Any, janitor: Janitor) -> None:
    folder = tmp_path_factory.mktemp("relayed") / "nodes"
    version = known_versions()[-1]
    with LocalCluster(version, class_path(version), folder, janitor, relays=True) as cluster:
        _work(cluster, "worked")
        connections = _connections(cluster)
        ends = [(owner, connections.get((there, here))) for (here, there), owner in connections.items()]
        between = [(one, other) for one, other in ends if other is not None and one != other]
        assert {0} <= {end for pair in between for end in pair}
        assert all(0 in pair for pair in between), between
        assert {node for pair in between for node in pair} == {0, CONTROLLER, 1, 2, 3}


def test_a_cluster_without_relays_says_so(cluster: LocalCluster) -> None:
    with pytest.raises(ClusterFailed, match="has no relays between its nodes"):
        cluster.cut(1, 2)
    cluster.mend()
