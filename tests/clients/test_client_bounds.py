"""Every client where it cannot deliver: each call ends within its bound, and nothing is said that is not so."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from harness import clients
from harness.clients import ClientDead
from harness.clients.errors import proved
from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome

from .sending import CLIENTS, Config, Open, Topic, copies, frozen_leader

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("client", CLIENTS)
def test_without_a_broker_every_call_ends_and_nothing_is_acked(client: str, nobody: str, open_producer: Open) -> None:
    sending = open_producer(client, nobody, "unused", {"acks": "1"})
    accepted = sending.offer(10) + sending.offer(10)
    assert sending.producer.flush(0.3) == accepted
    sending.producer.close(2)
    assert Outcome.ACKED not in sending.outcomes()


@pytest.mark.parametrize(
    ("client", "meaning"),
    [
        ("confluent-kafka", Outcome.UNKNOWN),
        ("confluent-kafka-aio", Outcome.UNKNOWN),
        ("librdkafka", Outcome.FAILED),
    ],
)
def test_a_message_that_expires_in_librdkafkas_queue_ends_with_an_error(
    client: str, meaning: Outcome, nobody: str, open_producer: Open
) -> None:
    """Python does not see that it was never sent, and librdkafka knows it."""
    sending = open_producer(client, nobody, "unused", {"acks": "1", "delivery.timeout.ms": 300})
    sending.send(10)
    assert sending.producer.flush(10) == 0
    assert sending.outcomes() == {Outcome.ERROR}
    assert (sending.journal.error[:10] > 0).all()
    (error,) = sending.recorder.named
    assert proved(client, sending.producer.effective)[error] is meaning


@pytest.mark.parametrize("client", [client for client in CLIENTS if client != "confluent-kafka-aio"])
def test_what_a_full_buffer_refuses_is_offered_again_and_lands_once(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    """A frozen leader fills the buffers; every call still ends, and no message was half accepted."""
    topic = make_topic(1, 1)  # with another replica the frozen leader would lose what it acks when it wakes
    module = clients.load(client)
    small: Config = {"acks": "1", "enable.idempotence": False, "buffer.memory": 20 * 1024}
    config = {name: value for name, value in small.items() if not module.unsupported({name: value})}
    sending = open_producer(client, cluster.bootstrap, topic, config)
    sending.send(10)
    assert sending.producer.flush(20) == 0
    with frozen_leader(cluster, topic):
        tries = itertools.takewhile(lambda accepted: accepted == 4000, (sending.offer(4000) for _ in range(4)))
        assert len(list(tries)) < 4, "the buffer never filled"
        held = sending.next
        assert sending.producer.flush(0.2) > 0
    sending.send(500)
    assert sending.producer.flush(20) == 0
    assert sending.next == held + 500
    assert sending.recorder.reports == sending.next
    assert sending.outcomes() == {Outcome.ACKED}
    assert copies(sending.log(cluster, sending.next), sending.next) == [1] * sending.next


def test_what_a_full_queue_refuses_of_the_buffer_in_front_of_it_failed_and_the_rest_lands_once(
    cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    """The asyncio producer takes whatever it is offered; a thousand messages are more than their queue has room for."""
    client, topic = "confluent-kafka-aio", make_topic(1)
    sending = open_producer(client, cluster.bootstrap, topic, {"acks": "all", "buffer.memory": 20 * 1024})
    sending.send(3_000)
    assert sending.producer.flush(20) == 0
    assert sending.outcomes() == {Outcome.ACKED, Outcome.ERROR}
    assert sending.recorder.named == {"_QUEUE_FULL"}
    assert proved(client, sending.producer.effective)["_QUEUE_FULL"] is Outcome.FAILED
    acked = [int(outcome == Outcome.ACKED) for outcome in sending.journal.outcome[:3_000]]
    assert copies(sending.log(cluster, sum(acked)), 3_000) == acked


@pytest.mark.parametrize("client", CLIENTS)
def test_close_ends_with_a_frozen_broker(
    client: str, cluster: LocalCluster, make_topic: Topic, open_producer: Open
) -> None:
    topic = make_topic(1, 1)
    sending = open_producer(client, cluster.bootstrap, topic, {"acks": "all", "enable.idempotence": True})
    sending.send(10)
    assert sending.producer.flush(20) == 0
    with frozen_leader(cluster, topic):
        assert sending.offer(10) == 10
        left = sending.producer.flush(0.2)
        assert (left, set(sending.journal.outcome[10:20].tolist())) == (10, {Outcome.PENDING})
        sending.producer.close(1)
        # While it is frozen: once it wakes, it may still write and ack what its socket held, and rightly so.
        assert Outcome.ACKED not in sending.journal.outcome[10:20].tolist()
    assert sending.recorder.reports <= 20


def test_a_dead_sender_task_is_told_at_the_next_send(
    cluster: LocalCluster, make_topic: Topic, open_producer: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With acks=0 aiokafka lets the raw error of a broken connection end its sender."""
    sending = open_producer("aiokafka", cluster.bootstrap, make_topic(1), {"acks": "0"})
    sending.send(10)
    assert sending.producer.flush(20) == 0

    async def broken(_: asyncio.StreamWriter) -> None:
        raise ConnectionResetError("Connection lost")

    monkeypatch.setattr(asyncio.StreamWriter, "drain", broken)
    with pytest.raises(ClientDead, match="Connection lost"):
        sending.send(5000)
    assert sending.producer.flush(5) == 0
    assert sending.outcomes() == {Outcome.UNCONFIRMED, Outcome.ERROR}
