"""Consumers of every client on real brokers: what they read, which partitions they have, and where they go on."""

from __future__ import annotations

import pytest

from harness.clients.consumers import Rebalance
from harness.clusters.local.cluster import LocalCluster

from .consuming import BOTH, CONSUMERS, Consume, begun, partition, produce, read, until
from .sending import Config, Open, Topic

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]


@pytest.mark.parametrize("client", CONSUMERS)
def test_the_next_consumer_goes_on_where_the_group_has_committed(
    client: str, cluster: LocalCluster, make_topic: Topic, consume: Consume, group: str
) -> None:
    topic = make_topic()
    produce(cluster, topic, range(100))
    first = consume(client, cluster.bootstrap, topic, group)
    records = read(first, 100)
    expected = [[(offset, b"%d" % (2 * offset + number)) for offset in range(50)] for number in (0, 1)]
    assert [partition(records, number) for number in (0, 1)] == expected
    assert (first.assigned(), first.events(), first.committed(10)) == (BOTH, [], {})
    first.commit({0: 20, 1: 30}, 10)
    first.commit({1: 31}, 10)
    assert first.committed(10) == {0: 20, 1: 31}
    second = consume(client, cluster.bootstrap, topic, group)
    records = read(second, 49)
    assert [partition(records, number) for number in (0, 1)] == [expected[0][20:], expected[1][31:]]


@pytest.mark.parametrize("client", CONSUMERS)
def test_who_subscribes_gets_all_and_shares_them(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open, consume: Consume, group: str
) -> None:
    topic = make_topic()
    produce(cluster, topic, range(20))
    config: Config = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300}
    first = consume(client, cluster.bootstrap, topic, group, mode="subscribe", config=config)
    records = read(first, 20)
    assert [len(partition(records, number)) for number in (0, 1)] == [10, 10]
    assert first.assigned() == BOTH
    assert first.events() == [Rebalance("assigned", BOTH)]
    first.commit({0: 9, 1: 10}, 10)
    transactions = begun(open_producer(client, cluster.bootstrap, topic, {"transactional.id": group}))
    transactions.send_offsets({(topic, 0): 10}, first.group(), 20)
    transactions.commit(20)
    until(lambda: first.committed(10) == {0: 10, 1: 10})  # aiokafka begins there once the markers are there
    second = consume(client, cluster.bootstrap, topic, group, mode="subscribe", config=config)

    def shared() -> bool:
        both_poll = [*first.poll(10, 0.1), *second.poll(10, 0.1)]
        assert both_poll == []
        return len(first.assigned()) == len(second.assigned()) == 1

    until(shared)
    assert first.assigned() ^ second.assigned() == BOTH
    assert "revoked" in {event.what for event in first.events()}
    second.close(5)
    until(lambda: not first.poll(10, 0.1) and first.assigned() == BOTH)
    assert first.assigned() == BOTH
    assert first.committed(10) == {0: 10, 1: 10}


def test_librdkafka_joins_with_the_new_protocol(
    cluster: LocalCluster, make_topic: Topic, consume: Consume, group: str
) -> None:
    topic = make_topic()
    produce(cluster, topic, range(20))
    config: Config = {"group.protocol": "consumer"}
    consumer = consume("confluent-kafka", cluster.bootstrap, topic, group, mode="subscribe", config=config)
    assert len(read(consumer, 20)) == 20
    assert consumer.events() == [Rebalance("assigned", BOTH)]
    consumer.commit({0: 5}, 10)
    assert consumer.committed(10) == {0: 5}


@pytest.mark.parametrize("client", CONSUMERS)
def test_what_was_aborted_is_read_by_those_alone_who_read_uncommitted(
    client: str, cluster: LocalCluster, make_topic: Topic, consume: Consume, group: str
) -> None:
    topic = make_topic()
    produce(cluster, topic, range(10), "commit")
    produce(cluster, topic, range(10, 20), "abort")
    produce(cluster, topic, range(20, 30), "commit")
    whole = {b"%d" % value for value in range(30)}
    aborted = {b"%d" % value for value in range(10, 20)}
    committed = read(consume(client, cluster.bootstrap, topic, group, isolation="read_committed"), 20)
    everything = read(consume(client, cluster.bootstrap, topic, group, isolation="read_uncommitted"), 30)
    assert (len(committed), {record.value for record in committed}) == (20, whole - aborted)
    assert (len(everything), {record.value for record in everything}) == (30, whole)


@pytest.mark.parametrize("client", CONSUMERS)
def test_offsets_are_committed_with_a_transaction_and_not_when_it_aborts(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open, consume: Consume, group: str
) -> None:
    topic = make_topic()
    consumer = consume(client, cluster.bootstrap, topic, group)
    transactions = begun(open_producer(client, cluster.bootstrap, topic, {"transactional.id": group}))
    transactions.send_offsets({(topic, 0): 3, (topic, 1): 4}, consumer.group(), 20)
    transactions.commit(20)
    until(lambda: consumer.committed(10) != {})  # aiokafka tells them once their markers are there
    assert consumer.committed(10) == {0: 3, 1: 4}
    transactions.begin()
    transactions.send_offsets({(topic, 0): 7}, consumer.group(), 20)
    transactions.abort(20)
    transactions.begin()
    transactions.send_offsets({(topic, 1): 9}, consumer.group(), 20)
    transactions.commit(20)  # its markers come after the abort's
    until(lambda: consumer.committed(10) != {0: 3, 1: 4})
    assert consumer.committed(10) == {0: 3, 1: 9}
