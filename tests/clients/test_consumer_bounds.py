"""Consumers where nothing answers: every call ends, and what it would have brought is neither lost nor done twice."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import confluent_kafka
import pytest

from harness.clients.bounded import started
from harness.clients.consumers import Calls, ConsumerFailed, Polled
from harness.clusters.local.cluster import LocalCluster

from .consuming import CONSUMERS, Consume
from .sending import Topic

pytestmark = [pytest.mark.long, pytest.mark.timeout(60)]


@pytest.mark.parametrize("client", CONSUMERS)
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


@pytest.mark.parametrize("client", CONSUMERS)
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
