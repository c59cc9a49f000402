"""Consumers of every client on real brokers, as a pipeline uses them; and where nothing answers."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import confluent_kafka
import pytest

from harness import clients
from harness.clients import ClientRefused, Transactions, consumers
from harness.clients.bounded import started
from harness.clients.consumers import Calls, Consumer, ConsumerFailed, Isolation, Mode, Polled, Rebalance
from harness.clusters.local.cluster import LocalCluster

from .sending import CLIENTS, Config, Open, Sending, Topic

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]

Consume = Callable[..., Any]
_PATIENCE_S = 20.0
BOTH = frozenset({0, 1})


@pytest.fixture
def consume() -> Iterator[Consume]:
    """``consume(client, bootstrap, topic, group_id, mode, config)``; every one is closed when the test ends."""
    opened: list[Consumer] = []

    def open_(
        client: str,
        bootstrap: str,
        topic: str,
        group_id: str,
        *,
        mode: Mode = "assign",
        isolation: Isolation = "read_committed",
        config: Config | None = None,
    ) -> Consumer:
        module = consumers.load(client)
        opened.append(
            module.create(bootstrap, topic, range(2), group_id, isolation=isolation, mode=mode, config=config or {})
        )
        return opened[-1]

    yield open_
    for consumer in opened:
        consumer.close(1)


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex}"


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


@pytest.mark.parametrize("client", CLIENTS)
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


@pytest.mark.parametrize("client", CLIENTS)
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


@pytest.mark.parametrize("client", CLIENTS)
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


@pytest.mark.parametrize("client", CLIENTS)
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


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_committed_is_asked_anew_after_nobody_answered(
    client: str, cluster: LocalCluster, make_topic: Topic, consume: Consume, group: str
) -> None:
    topic = make_topic()
    consumer = consume(client, cluster.bootstrap, topic, group)
    consumer.commit({0: 3}, 20)
    for node in cluster.addresses:
        cluster.processes.pause(node)
    try:
        with pytest.raises(ConsumerFailed):
            consumer.committed(0.3)
    finally:
        for node in cluster.addresses:
            cluster.processes.resume(node)
        cluster.wait_healthy(topic, 20)
    consumer.commit({0: 4}, 20)
    assert consumer.committed(10) == {0: 4}


def hang(consumer: Any, monkeypatch: pytest.MonkeyPatch, poll: str) -> threading.Event:
    """From now on polls and commits of its client do not return until the event is set."""
    released = threading.Event()
    client = consumer._meeting.result() if hasattr(consumer, "_meeting") else consumer._client

    def hanging(*_: Any, **__: Any) -> Any:
        released.wait()
        return []

    if isinstance(client, confluent_kafka.Consumer):
        client = SimpleNamespace(close=client.close)
        monkeypatch.setattr(consumer, "_client", client)
    for name in (poll, "commit"):
        monkeypatch.setattr(client, name, hanging, raising=False)
    return released


@pytest.mark.parametrize(
    ("client", "poll"), [("confluent-kafka", "consume"), ("kafka-python", "poll"), ("aiokafka", "getmany")]
)
def test_what_never_returns_is_given_up(
    client: str,
    poll: str,
    cluster: LocalCluster,
    make_topic: Topic,
    consume: Consume,
    group: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of aiokafka, whose calls run in its loop, the loop itself hangs."""
    consumer = consume(client, cluster.bootstrap, make_topic(), group)
    consumer.commit({0: 0}, 20)
    released = hang(consumer, monkeypatch, poll)
    try:
        assert consumer.poll(10, 0.1) == []
        assert consumer.poll(10, 0.1) == []
        with pytest.raises(ConsumerFailed) as failed:
            consumer.commit({0: 1}, 0.2)
        assert failed.value.error == "commit"
        assert failed.value.hung_s is not None
        consumer.close(0.3)
    finally:
        released.set()


@pytest.mark.parametrize("client", CLIENTS)
def test_without_a_broker_every_call_ends(
    client: str, nobody: str, consume: Consume, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.clients.consumers.kafka_python._CREATE_S", 0.2)
    consumer = consume(client, nobody, "unused", group)
    assert consumer.poll(10, 0.2) == []
    with pytest.raises(ConsumerFailed):
        consumer.commit({0: 1}, 0.2)
    with pytest.raises(ConsumerFailed):
        consumer.committed(0.2)
    consumer.close(0.5)


def test_records_of_a_poll_that_was_late_come_in_the_next() -> None:
    released = threading.Event()
    record = Polled(0, 7, b"late")

    class Late(Calls):
        def poll(self) -> list[Polled]:
            return self._records(lambda: started(lambda: [record] if released.wait() else []), 0)

    late = Late(())
    assert late.poll() == []
    released.set()
    assert late.poll() == [record]


def test_no_commit_begins_while_one_that_was_given_up_still_runs() -> None:
    released = threading.Event()
    committed: list[int] = []

    class Slow(Calls):
        def commit(self, offset: int, timeout_s: float) -> None:
            self._ended(
                "commit", lambda: started(lambda: committed.append(offset) if released.wait() else None), timeout_s
            )

    slow = Slow(())
    for offset in (1, 2):
        with pytest.raises(ConsumerFailed):
            slow.commit(offset, 0)
    released.set()
    slow.commit(3, 10)
    assert committed == [1, 3]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_says_which_settings_it_has(client: str) -> None:
    module = consumers.load(client)
    given: Config = {
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 500,
        "max.poll.interval.ms": 60_000,
        "auto.offset.reset": "none",
        "group.protocol": "classic",
        "partition.assignment.strategy": "range",
    }
    assert module.unsupported(given) == []
    for name, value in {"partition.assignment.strategy": "mine", "auto.offset.reset": "never", "acks": "1"}.items():
        (sentence,) = module.unsupported({**given, name: value})
        assert sentence.startswith(client)
        assert name in sentence


def test_only_librdkafka_has_the_new_protocol_and_there_the_session_is_the_brokers(nobody: str) -> None:
    new: Config = {"group.protocol": "consumer"}
    assert {client for client in CLIENTS if not consumers.load(client).unsupported(new)} == {"confluent-kafka"}
    module = consumers.load("confluent-kafka")
    for name, value in {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}.items():
        assert module.unsupported({**new, name: value}) == [
            f"confluent-kafka takes no {name} with group.protocol consumer, where it is the broker's."
        ]
        with pytest.raises(ClientRefused, match=name):
            module.create(nobody, "t", [0], "g", isolation="read_committed", mode="assign", config={**new, name: value})


def test_a_client_has_a_consumer_or_none() -> None:
    assert consumers.CONSUMERS.keys() <= clients.CLIENTS.keys()
