"""Every client against real brokers: what it reports is what the log says, and it runs with what it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from harness import clients
from harness.clients import ClientRefused
from harness.clients.errors import proved
from harness.clients.settings import Fixed
from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome

from .sending import CLIENTS, ON_LIBRDKAFKA, TABLES, Config, Open, Topic, copies

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("acks", "idempotence"), [("0", False), ("1", False), ("all", False), ("all", True)], ids=str)
def test_what_is_reported_is_what_the_log_says(
    client: str, acks: str, idempotence: bool, cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    config: Config = {"acks": acks, "enable.idempotence": idempotence}
    sending = open_producer(client, cluster.bootstrap, make_topic(), config)
    for partition in (0, 1, 0, 1, 0):
        sending.send(100, partition)
    assert sending.producer.flush(20) == 0
    sending.producer.close(5)

    assert sending.recorder.reports == 500
    assert {name: sending.producer.effective[name] for name in config} == config
    log = sending.log(cluster, 500)
    assert copies(log, 500) == [1] * 500
    where = np.argsort(log.sequence)
    journal = sending.journal
    assert journal.partition[:500].tolist() == log.partition[where].tolist()
    assert (journal.done_ns[:500] >= journal.sent_ns[:500]).all()
    if acks == "0":
        assert sending.outcomes() == {Outcome.UNCONFIRMED}
        assert set(journal.offset[:500].tolist()) == {-1}
    else:
        assert sending.outcomes() == {Outcome.ACKED}
        assert journal.offset[:500].tolist() == log.offset[where].tolist()


@pytest.mark.parametrize("client", CLIENTS)
def test_the_defaults_are_what_the_client_runs_with(client: str, cluster: LocalCluster, open_producer: Open) -> None:
    effective = dict(open_producer(client, cluster.bootstrap, "unused", {}).producer.effective)
    effective.pop("client.id", None)
    defaults = dict(clients.load(client).DEFAULTS)
    defaults.pop("transaction.timeout.ms")  # of a producer without transactions
    assert effective == defaults


GIVEN: Config = {
    "acks": "all",
    "enable.idempotence": False,
    "retries": 4,
    "delivery.timeout.ms": 9000,
    "request.timeout.ms": 2000,
    "max.in.flight.requests.per.connection": 1,
    "linger.ms": 7,
    "batch.size": 5000,
    "compression.type": "lz4",
    "buffer.memory": 1024 * 1024,
    "retry.backoff.ms": 60,
    "client.id": "somebody",
    "max.request.size": 2_000_000,
    "connections.max.idle.ms": 60_000,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_given_is_what_the_client_runs_with(client: str, cluster: LocalCluster, open_producer: Open) -> None:
    module = clients.load(client)
    given = {name: value for name, value in GIVEN.items() if not module.unsupported({name: value})}
    always = {name: each.value for name, each in TABLES[client].items() if isinstance(each, Fixed)}
    assert open_producer(client, cluster.bootstrap, "unused", given).producer.effective == {**always, **given}


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_transactional_id_implies_shows(client: str, cluster: LocalCluster, open_producer: Open) -> None:
    given: Config = {"transactional.id": "mine", "transaction.timeout.ms": 40_000}
    effective = open_producer(client, cluster.bootstrap, "unused", given).producer.effective
    in_flight = "max.in.flight.requests.per.connection"
    implied: Config = {"acks": "all", "enable.idempotence": True, in_flight: 1 if client == "aiokafka" else 5}
    if client in ON_LIBRDKAFKA:
        implied["delivery.timeout.ms"] = 40_000
    defaults = {name: value for name, value in clients.load(client).DEFAULTS.items() if name not in implied}
    assert {name: value for name, value in effective.items() if name != "client.id"} == {
        **defaults,
        **implied,
        **given,
    }


def test_idempotence_lost_in_silence_shows(cluster: LocalCluster, open_producer: Open) -> None:
    sending = open_producer("kafka-python", cluster.bootstrap, "unused", {"acks": "1"})
    assert clients.load("kafka-python").DEFAULTS["enable.idempotence"] is True
    assert sending.producer.effective["enable.idempotence"] is False


def test_librdkafka_lowers_the_requests_in_flight_of_an_idempotent_producer(
    cluster: LocalCluster, open_producer: Open
) -> None:
    effective = open_producer(
        "confluent-kafka", cluster.bootstrap, "unused", {"enable.idempotence": True}
    ).producer.effective
    assert effective["max.in.flight.requests.per.connection"] == 5
    assert effective["acks"] == "all"


@pytest.mark.parametrize(
    ("client", "config", "words"),
    [
        ("aiokafka", {"acks": "1"}, "acks=1 not supported if enable_idempotence=True"),
        ("kafka-python", {"transactional.id": "mine", "enable.idempotence": False}, "Cannot set transactional_id"),
        ("kafka-python", {"acks": "1"}, "incompatible with user-provided acks=1"),
        ("kafka-python", {"retries": 0}, "incompatible with user-provided retries=0"),
        ("confluent-kafka", {"acks": "1"}, "`acks` must be set to `all` when `enable.idempotence` is true"),
        ("confluent-kafka", {"retries": 0}, "`retries` must be set >= 1 when `enable.idempotence` is true"),
    ],
)
def test_a_refusal_is_in_the_clients_own_words(
    client: str, config: Config, words: str, cluster: LocalCluster, open_producer: Open
) -> None:
    with pytest.raises(ClientRefused, match=words):
        open_producer(client, cluster.bootstrap, "unused", {"enable.idempotence": True, **config})


@pytest.mark.parametrize("client", CLIENTS)
def test_a_message_refused_before_it_is_queued_failed(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    """But for one whose futures do not say whether an error is a refusal or a broker's answer."""
    refused = Outcome.ERROR if client == "confluent-kafka-aio" else Outcome.FAILED
    topic = make_topic()
    small, large = (
        open_producer(client, cluster.bootstrap, topic, {"acks": "all"}, size=size) for size in (100, 2**21)
    )
    small.send(10)
    large.send(2)
    assert small.producer.flush(20) == large.producer.flush(20) == 0
    small.send(3, partition=7)  # there are two
    assert small.producer.flush(20) == 0
    assert small.journal.outcome[:13].tolist() == [Outcome.ACKED] * 10 + [refused] * 3
    assert large.outcomes() == {refused}
    assert (large.journal.error[:2] > 0).all()
    assert copies(small.log(cluster, 10), 10) == [1] * 10


TOO_FEW_REPLICAS: list[tuple[str, Config, Outcome]] = [
    ("aiokafka", {"request.timeout.ms": 500}, Outcome.UNKNOWN),
    ("kafka-python", {"retries": 0}, Outcome.FAILED),
    ("kafka-python", {"retries": 1}, Outcome.UNKNOWN),
    ("confluent-kafka", {"retries": 0}, Outcome.UNKNOWN),
    ("librdkafka", {"retries": 0}, Outcome.FAILED),
]


def test_too_few_replicas_are_proof_for_a_single_attempt_or_where_the_client_says_so_of_all(
    cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    topic = make_topic(1, 2, {"min.insync.replicas": "2"})
    base: Config = {"acks": "all", "enable.idempotence": False}
    sendings = [
        open_producer(client, cluster.bootstrap, topic, base | config) for client, config, _ in TOO_FEW_REPLICAS
    ]
    for sending in sendings:
        sending.send(10)
        assert sending.producer.flush(20) == 0
    with one_replica_left(cluster, topic):
        for sending in sendings:
            sending.send(20)
            assert sending.producer.flush(20) == 0
    log = sendings[0].log(cluster, 40)
    for sending, (client, _, end) in zip(sendings, TOO_FEW_REPLICAS, strict=True):
        assert set(sending.journal.outcome[10:30].tolist()) == {Outcome.ERROR}
        meaning = proved(client, sending.producer.effective)
        assert {meaning.get(name, Outcome.UNKNOWN) for name in sending.recorder.named} == {end}
        if end is Outcome.FAILED:
            assert np.count_nonzero(log.producer == sending.number) == 10


@contextmanager
def one_replica_left(cluster: LocalCluster, topic: str) -> Iterator[None]:
    """The follower of the topic's only partition is frozen, and the in-sync set has shrunk to the leader."""
    view = cluster.view(topic)
    assert view is not None
    leader = view.partitions[0].leader
    (follower,) = set(view.partitions[0].replicas) - {leader}
    cluster.processes.pause(follower)
    try:
        until = time.monotonic() + 20
        while (view := cluster.view(topic, leader)) is None or list(view.partitions[0].isr) != [leader]:
            assert time.monotonic() < until, "the in-sync set did not shrink"
            time.sleep(0.05)
        yield
    finally:
        cluster.processes.resume(follower)
        cluster.wait_healthy(topic, 20)
