"""Transactions of every client on real brokers: what is committed is seen, what is aborted is not, every call ends."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import confluent_kafka
import kafka.structs
import pytest

from harness.clients import ClientDead, TransactionFailed, Transactions
from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome

from .sending import CLIENTS, Config, Open, Sending, Topic

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]

Transactional = Callable[..., Sending]
_CALL_S = 20.0
_SEEN_S = 10.0
_ids = itertools.count()


@pytest.fixture
def transactional(cluster: LocalCluster, open_producer: Open) -> Transactional:
    """``transactional(client, topic, config)``: a producer with a transactional id, unless stated one of its own."""

    def open_(client: str, topic: str, config: Config | None = None) -> Sending:
        return open_producer(
            client, cluster.bootstrap, topic, {"transactional.id": f"id-{next(_ids)}", **(config or {})}
        )

    return open_


def of(sending: Sending) -> Transactions:
    assert sending.producer.transactions is not None
    return sending.producer.transactions


def send_and_flush(sending: Sending, count: int) -> None:
    """Half of them to each of two partitions."""
    for partition in (0, 1):
        sending.send(count // 2, partition)
    assert sending.producer.flush(_CALL_S) == 0


def commit_last(sending: Sending) -> set[int]:
    """A transaction with a message in each partition, behind which a reader has passed all before it."""
    of(sending).begin()
    send_and_flush(sending, 2)
    of(sending).commit(_CALL_S)
    return {sending.next - 2, sending.next - 1}


def seen(cluster: LocalCluster, topic: str, isolation: str, last: set[int]) -> set[int]:
    """The sequences that such a consumer reads, up to the ``last`` ones."""
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": cluster.bootstrap, "group.id": "unused", "isolation.level": isolation}
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in (0, 1)])
    found: set[int] = set()
    until = time.monotonic() + _SEEN_S
    while not last <= found and time.monotonic() < until:
        values = [message.value() for message in consumer.consume(100, 0.1) if message.error() is None]
        found |= {int.from_bytes(value[16:24], "big") for value in values}
    consumer.close()
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_committed_is_seen_and_what_is_aborted_is_not(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    topic = make_topic(2)
    sending = transactional(client, topic)
    of(sending).init(_CALL_S)
    of(sending).begin()
    send_and_flush(sending, 50)
    of(sending).commit(_CALL_S)
    of(sending).begin()
    send_and_flush(sending, 20)
    of(sending).abort(_CALL_S)
    of(sending).begin()
    of(sending).commit(_CALL_S)  # of nothing
    last = commit_last(sending)
    assert sending.outcomes() == {Outcome.ACKED}
    assert seen(cluster, topic, "read_committed", last) == {*range(50), *last}
    assert seen(cluster, topic, "read_uncommitted", last) == {*range(70), *last}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_transaction_of_nothing_can_be_the_first_and_can_end_either_way(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    """KAFKA-18401: brokers have not heard of it when it ends."""
    topic = make_topic(2)
    sending = transactional(client, topic)
    of(sending).init(_CALL_S)
    for end in (of(sending).commit, of(sending).abort, of(sending).commit):
        of(sending).begin()
        end(_CALL_S)
    last = commit_last(sending)
    assert seen(cluster, topic, "read_committed", last) == last


@pytest.mark.parametrize("client", CLIENTS)
def test_transactions_that_are_aborted_at_once_leave_nothing_to_be_seen(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    """librdkafka#4849: its messages are on their way, or wait, when each is aborted."""
    topic = make_topic(2)
    sending = transactional(client, topic)
    of(sending).init(_CALL_S)
    for number in range(50):
        of(sending).begin()
        sending.send(5, number % 2)
        of(sending).abort(_CALL_S)
    assert sending.recorder.reports == 250
    last = commit_last(sending)
    assert seen(cluster, topic, "read_committed", last) == last


@pytest.mark.parametrize("client", CLIENTS)
def test_a_transaction_whose_only_message_is_refused_can_be_aborted(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    """What the same producer sends behind it is out of order to the broker, with every client; another's is not."""
    topic = make_topic(2, 3, {"max.message.bytes": "500"})
    sending, other = (
        open_producer(client, cluster.bootstrap, topic, {"transactional.id": topic}, size=size) for size in (1_000, 100)
    )
    of(sending).init(_CALL_S)
    of(sending).begin()
    sending.send(1)
    assert sending.producer.flush(_CALL_S) == 0
    assert sending.outcomes() == {Outcome.ERROR}
    of(sending).abort(_CALL_S)
    of(other).init(_CALL_S)
    last = commit_last(other)
    assert seen(cluster, topic, "read_committed", last) == last


PURGED = {
    "aiokafka": set(),
    "confluent-kafka": {"_PURGE_QUEUE"},
    "confluent-kafka-aio": set(),
    "librdkafka": {"_PURGE_QUEUE NOT_PERSISTED"},
    "kafka-python": {"TransactionAbortedError"},
}


@pytest.mark.parametrize("client", CLIENTS)
def test_an_abort_takes_back_what_lingers_and_says_so(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    topic = make_topic(2)
    sending = transactional(client, topic, {"linger.ms": 5000})
    of(sending).init(_CALL_S)
    of(sending).begin()
    for partition in (0, 1):
        sending.send(10, partition)
    of(sending).abort(_CALL_S)
    assert sending.recorder.reports == 20
    assert sending.recorder.named == PURGED[client]
    assert sending.outcomes() == {Outcome.ERROR if PURGED[client] else Outcome.ACKED}
    of(sending).begin()
    sending.send(20)
    of(sending).commit(_CALL_S)
    assert sending.recorder.reports == 40
    assert set(sending.journal.outcome[20:40].tolist()) == {Outcome.ACKED}
    last = {39}
    assert seen(cluster, topic, "read_committed", last) == set(range(20, 40))
    written = set(range(20)) if not PURGED[client] else set()
    assert seen(cluster, topic, "read_uncommitted", last) == written | set(range(20, 40))


FENCED = {
    "aiokafka": "ProducerFenced",
    "confluent-kafka": "_FENCED",
    "confluent-kafka-aio": "_FENCED",
    "librdkafka": "_FENCED",
    "kafka-python": "ProducerFencedError",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_second_producer_of_the_id_fences_the_first(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    topic = make_topic(2)
    first, second = (transactional(client, topic, {"transactional.id": f"shared-{client}"}) for _ in range(2))
    of(first).init(_CALL_S)
    of(first).begin()
    send_and_flush(first, 10)
    of(second).init(_CALL_S)
    with pytest.raises(TransactionFailed) as failed:
        of(first).commit(_CALL_S)
    assert (failed.value.error, failed.value.fatal, failed.value.hung_s) == (FENCED[client], True, None)
    with pytest.raises(ClientDead):
        first.send(1)
    last = commit_last(second)
    assert seen(cluster, topic, "read_committed", last) == last


@pytest.mark.parametrize("client", CLIENTS)
def test_offsets_are_the_groups_when_the_transaction_is_committed(
    client: str, cluster: LocalCluster, make_topic: Topic, transactional: Transactional
) -> None:
    topic, name = make_topic(2), f"group-of-{client}"
    consumer = confluent_kafka.Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": name})
    groups = {
        "aiokafka": name,
        "confluent-kafka": consumer.consumer_group_metadata(),
        "confluent-kafka-aio": consumer.consumer_group_metadata(),
        "librdkafka": consumer.consumer_group_metadata(),
        "kafka-python": kafka.structs.ConsumerGroupMetadata(name),
    }
    sending = transactional(client, topic)
    of(sending).init(_CALL_S)
    for offset, end in ((7, of(sending).commit), (9, of(sending).abort)):
        of(sending).begin()
        of(sending).send_offsets({(topic, 0): offset, (topic, 1): offset + 1}, groups[client], _CALL_S)
        end(_CALL_S)
    places = [confluent_kafka.TopicPartition(topic, partition) for partition in (0, 1)]
    assert [place.offset for place in consumer.committed(places, 10)] == [7, 8]
    consumer.close()


class Stubborn:
    """A client of which one call does not return."""

    def __init__(self, client: Any, name: str, call: Callable[..., Any]) -> None:
        self._client = client
        setattr(self, name, call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


CALLED = {
    "aiokafka": ("transactions", "_client", ""),
    "confluent-kafka": ("producer", "_producer", ""),
    "confluent-kafka-aio": ("producer", "_producer", ""),
    "librdkafka": ("transactions", "_calls", "rd_kafka_"),
    "kafka-python": ("producer", "_producer", ""),
}
"""Who has the client's own functions, under what name, and what theirs begin with."""


@pytest.mark.parametrize("call", ["commit", "abort", "send_offsets"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_call_that_does_not_return_is_given_up(
    client: str, call: str, transactional: Transactional, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = {"send_offsets": "send_offsets_to_transaction"}.get(call, f"{call}_transaction")
    sending = transactional(client, "unused")
    transactions = of(sending)
    group = confluent_kafka.Consumer({"group.id": "group"}).consumer_group_metadata()
    arguments: tuple[Any, ...] = ({}, group, 0.2) if call == "send_offsets" else (0.2,)

    async def for_ever(*_: Any) -> None:
        await asyncio.Event().wait()

    stuck = for_ever if client in ("aiokafka", "confluent-kafka-aio") else lambda *_: time.sleep(60)
    with monkeypatch.context() as patched:
        whose, attribute, begins = CALLED[client]
        owner = {"transactions": transactions, "producer": sending.producer}[whose]
        patched.setattr(owner, attribute, Stubborn(getattr(owner, attribute), begins + name, stuck))
        with pytest.raises(TransactionFailed, match="did not return") as failed:
            getattr(transactions, call)(*arguments)
    assert failed.value.error == name
    assert failed.value.hung_s is not None
    assert failed.value.hung_s >= 0.2
    with pytest.raises(ClientDead, match="did not return"):
        sending.send(1)


@pytest.mark.parametrize("client", CLIENTS)
def test_without_a_broker_an_init_ends(client: str, nobody: str, open_producer: Open) -> None:
    sending = open_producer(client, nobody, "unused", {"transactional.id": "of-nobody"})
    with pytest.raises(TransactionFailed) as failed:
        of(sending).init(0.3)
    assert not failed.value.fatal


@pytest.mark.parametrize("client", CLIENTS)
def test_outside_of_a_transaction_a_message_is_refused(
    client: str, make_topic: Topic, transactional: Transactional
) -> None:
    sending = transactional(client, make_topic(2))
    of(sending).init(_CALL_S)
    sending.send(3)
    assert sending.producer.flush(_CALL_S) == 0
    assert sending.outcomes() == {Outcome.ERROR if client == "confluent-kafka-aio" else Outcome.FAILED}
    with pytest.raises(TransactionFailed) as failed:
        of(sending).commit(_CALL_S)
    assert (failed.value.fatal, failed.value.hung_s) == (False, None)


@pytest.mark.parametrize("client", CLIENTS)
def test_only_a_producer_with_an_id_has_transactions(client: str, cluster: LocalCluster, open_producer: Open) -> None:
    assert open_producer(client, cluster.bootstrap, "unused", {}).producer.transactions is None
