"""Real producers of every client, driven as a worker drives them, with its journal and the log to compare it with."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import confluent_kafka
import numpy as np

from harness import clients
from harness.clients import Int64, Setting, aiokafka, confluent, confluent_aio, kafka_python
from harness.clients.librdkafka import client as librdkafka
from harness.clusters import admin
from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome
from harness.journal.mapped import ProducerJournal
from harness.journal.sealed import LogColumns
from harness.load.messages import Messages
from harness.load.recorder import JournalRecorder
from harness.load.shape import Shape
from harness.roles.oracle import scan
from harness.topics import Topics

CLIENTS = tuple(clients.CLIENTS)
TABLES = {module.NAME: module.SETTINGS for module in (aiokafka, confluent, confluent_aio, kafka_python, librdkafka)}
ON_LIBRDKAFKA = ("confluent-kafka", "confluent-kafka-aio", "librdkafka")
MESSAGE_BYTES = 100
_ACCEPT_S = 30.0
_LANDED_S = 10.0
_numbers = itertools.count()


class CountingRecorder(JournalRecorder):
    """Also counts what it is told, since the journal keeps only the first report of a message, and names each error."""

    def __init__(self, journal: ProducerJournal) -> None:
        super().__init__(journal)
        self.reports = 0
        self.named: set[str] = set()

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        self.reports += 1
        if error is not None:
            self.named.add(error)
        super().done(sequence, outcome, at_ns, offset, error)

    def done_many(
        self, sequence: Int64, outcome: Outcome, at_ns: Int64, offset: Int64, error: str | None = None
    ) -> None:
        self.reports += len(sequence)
        if error is not None:
            self.named.add(error)
        super().done_many(sequence, outcome, at_ns, offset, error)


class Sending:
    """One producer with its journal. Sequences go on from call to call; all of a call go to one partition.

    ``number`` tells its messages in the log from every other's.
    """

    def __init__(
        self, client: str, bootstrap: str, topic: str, config: Mapping[str, Setting], folder: Path, size: int
    ) -> None:
        self.topics = Topics((topic,), 1_000)  # more than it has, for what is sent to none of it
        self.number = next(_numbers)
        self.messages = Messages(7, Shape(((size, 100),)), self.number)
        self.journal = ProducerJournal.create(folder / f"journal-{self.number}", 20_000, self.number)
        self.recorder = CountingRecorder(self.journal)
        self.producer = clients.load(client).create(bootstrap, self.topics, config, self.recorder)
        self.next = 0

    def offer(self, count: int, partition: int = 0) -> int:
        """Offers so many messages once. Returns how many were accepted."""
        sequence = np.arange(self.next, self.next + count)
        due_ns = np.full(count, time.monotonic_ns())
        self.recorder.sent(self.next, partition, due_ns, time.monotonic_ns())
        accepted = 0
        try:
            accepted = self.producer.send(self.next, partition, self.messages.make(sequence, due_ns))
        finally:
            self.recorder.refused(self.next + accepted, count - accepted)
        self.next += accepted
        return accepted

    def send(self, count: int, partition: int = 0) -> None:
        """Offers until all are accepted."""
        until = time.monotonic() + _ACCEPT_S
        while count:
            assert time.monotonic() < until, f"{count} messages were not accepted within {_ACCEPT_S:g} s"
            count -= self.offer(count, partition)
            self.producer.poll(0.01)

    def outcomes(self) -> set[int]:
        """As the worker notes them."""
        return set(self.journal.outcome[: self.next].tolist())

    def log(self, cluster: LocalCluster, records: int) -> LogColumns:
        """What the topic holds once its high watermarks have come to so many records, by the oracle's own reading.

        An ack of the leader alone, or none, comes before the watermark has passed the message.
        """
        until = time.monotonic() + _LANDED_S
        while sum((ends := cluster.high_watermarks(self.topics.first)).values()) < records and time.monotonic() < until:
            time.sleep(0.02)
        return scan(cluster.bootstrap, self.topics, ends, self.messages, "read_uncommitted", 20)


Open = Callable[..., Sending]
Topic = Callable[..., str]
Config = dict[str, Setting]


def installed(client: str) -> str:
    """The version that is; librdkafka's is what the package says it has."""
    return str(confluent_kafka.libversion()[0]) if client == "librdkafka" else version(client.removesuffix("-aio"))


def copies(log: LogColumns, sent: int) -> list[int]:
    """How often each sequence is in the log."""
    assert log.valid.all()
    return [int(count) for count in np.bincount(log.sequence, minlength=sent)]


@contextmanager
def frozen_leader(cluster: LocalCluster, topic: str) -> Iterator[None]:
    """The broker that leads partition 0 is frozen, and shows it: it no longer answers."""
    view = cluster.view(topic)
    assert view is not None
    leader = view.partitions[0].leader
    cluster.processes.pause(leader)
    try:
        until = time.monotonic() + _ACCEPT_S
        with suppress(admin.AdminError):
            while admin.view(cluster.addresses[leader], None, 0.1):
                assert time.monotonic() < until, "the broker did not freeze"
        yield
    finally:
        cluster.processes.resume(leader)
        cluster.wait_healthy(topic, 20)
