"""Partitions between real brokers: what they lose or duplicate, and the configuration that is safe from them.

One client does for what is about brokers; ``workloads/faults.yaml`` runs them for all clients. What they rest on is
here too, on the same cluster: that no node reaches another but by a relay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from harness.clusters import ClusterFailed
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.profiles import CONTROLLER
from harness.events import Verdict
from harness.store import TrialRecord
from harness.trial import Venue
from harness.wire import Proxy

from .conftest import Run, found, runner

CLIENT = "confluent-kafka"
FAULTS = ["partition-controller", "partition-followers", "partition-leader"]
pytestmark = pytest.mark.timeout(240)
failing_over = pytest.mark.parametrize(("fault", "acks"), [("partition-controller", "1"), ("partition-leader", "0")])


def _deeds(record: TrialRecord) -> list[str]:
    return [event["what"] for event in record.fault.events if event["what"] not in ("leader", "isr", "sent")]


@failing_over
def test_a_leader_that_does_not_know_it_is_deposed_loses_what_it_acks(run_relayed: Run, fault: str, acks: str) -> None:
    record = run_relayed(CLIENT, fault, acks=acks)
    assert record.anomalies is not None and record.anomalies.lost, record.fault.events
    assert record.verdict is Verdict.REPRODUCED
    assert _deeds(record) == ["cut", "failover", "mend", "healthy"]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_idempotent_producer_with_acks_all_keeps_its_promise(run_relayed: Run, fault: str) -> None:
    record = run_relayed(CLIENT, fault, acks="all", enable_idempotence=True)
    assert record.fault.fired, record.reason
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT, record.verdict_reason


@pytest.mark.parametrize(
    ("fault", "direction"), [("partition-controller", "outgoing"), ("partition-leader", "incoming")]
)
def test_one_way_is_enough(run_relayed: Run, fault: str, direction: str) -> None:
    record = run_relayed(CLIENT, fault, {"direction": direction}, acks="1")
    assert record.fault.fired, record.reason
    assert record.anomalies is not None
    assert record.anomalies.lost
    (cut,) = (event for event in record.fault.events if event["what"] == "cut")
    assert cut["direction"] == direction


def test_a_leader_alone_that_goes_on_leading_loses_nothing_it_acked(run_relayed: Run) -> None:
    record = run_relayed(CLIENT, "partition-followers", acks="1")
    assert record.fault.fired and record.verdict is Verdict.KEPT
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert _deeds(record) == ["cut", "isr-shrunk", "mend", "healthy"]


def test_what_waits_for_followers_that_are_cut_off_is_sent_again(run_relayed: Run) -> None:
    record = run_relayed(CLIENT, "partition-followers", acks="all")
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert record.anomalies.duplicate, record.fault.events
    assert record.verdict is Verdict.REPRODUCED


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


def test_no_node_reaches_another_but_by_a_relay(relayed: LocalCluster) -> None:
    _work(relayed, "worked")
    connections = _connections(relayed)
    ends = [(owner, connections.get((there, here))) for (here, there), owner in connections.items()]
    between = [(one, other) for one, other in ends if other is not None and one != other]
    assert {0} <= {end for pair in between for end in pair}
    assert all(0 in pair for pair in between), between
    assert {node for pair in between for node in pair} == {0, CONTROLLER, 1, 2, 3}


def test_nodes_relays_and_proxy_listen_on_loopback_only(relayed: LocalCluster, tmp_path: Path) -> None:
    with Proxy(relayed.addresses, tmp_path / "proxy.log") as proxy:
        for pid in (*(node.running.pid for node in relayed.nodes), _pid(relayed), proxy.pid):
            listening = [c.laddr.ip for c in psutil.Process(pid).net_connections("tcp") if c.status == "LISTEN"]
            assert listening and set(listening) <= {"127.0.0.1", "::ffff:127.0.0.1"}, listening


def test_without_its_relays_a_cluster_is_of_no_use_any_more(relayed: LocalCluster, relayed_venue: Venue) -> None:
    """The last test here: whoever runs trials starts another cluster for the next one."""

    def doing(what: str) -> None:
        if what.startswith("injecting"):
            psutil.Process(_pid(relayed)).kill()

    with pytest.raises(ClusterFailed, match=r"no relay between the nodes: the relay ended .* -9"):
        runner(replace(relayed_venue, doing=doing))(CLIENT, "partition-controller", {"messages": 3_000})
