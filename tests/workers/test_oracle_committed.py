"""What is committed, as the oracle reads it from a log of transactions.

Readers have been wrong where one fetch holds several transactions of one producer, took the end of one for the end of
another, and so showed what was aborted (kafka4beam/brod#659) or hid what was not.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import KafkaError, Producer, TopicPartition

from harness.clusters.local.cluster import LocalCluster
from harness.journal.sealed import LogColumns, read_committed, read_log
from harness.load.codec import Codec
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.roles.oracle import reader, scan
from harness.topics import Topics
from harness.trial import Venue

RUN_KEY, MESSAGE_BYTES = 7, 100
CODEC = Codec(RUN_KEY, MESSAGE_BYTES)
SHAPE = Shape(((MESSAGE_BYTES, 100),))
BOTH = ("read_uncommitted", "read_committed")
_BOUND_S = 20.0
pytestmark = pytest.mark.long
_numbers = itertools.count()


class Writing:
    """A topic of two partitions and its producers. A message goes by its sequence, whichever producer it is of."""

    def __init__(self, cluster: LocalCluster, topic: str) -> None:
        self.cluster, self.topic = cluster, topic
        self.sent: list[int] = []
        self.kept: list[int] = []
        """Those that are to be seen as committed, in the order of the log."""

    def producer(self, *, transactional: bool = True) -> Producer:
        config = {"bootstrap.servers": self.cluster.bootstrap, "linger.ms": 50}
        if not transactional:
            return Producer(config)
        producer = Producer({**config, "transactional.id": f"{self.topic}-{next(_numbers)}"})
        producer.init_transactions(60)
        return producer

    def send(self, producer: Producer, *, kept: bool, count: int = 3, partition: int = 0) -> None:
        """So many messages, in one batch; they are acked when this returns."""
        sequences = range(len(self.sent), len(self.sent) + count)
        for value in CODEC.encode(np.array(sequences), np.zeros(count, np.int64)):
            producer.produce(self.topic, value, partition=partition)
        assert producer.flush(_BOUND_S) == 0
        self.sent += sequences
        self.kept += sequences if kept else ()

    def settled(self) -> dict[int, int]:
        """Where the partitions end when no transaction is open; a producer goes on before its markers are written."""
        until = time.monotonic() + _BOUND_S
        while (ends := self.cluster.last_stable_offsets(self.topic)) != self.cluster.high_watermarks(self.topic):
            assert time.monotonic() < until, f"a transaction is still open at {ends}"
            time.sleep(0.05)
        return ends

    def read(self, ends: dict[int, int], isolation: str) -> LogColumns:
        return scan(
            self.cluster.bootstrap, Topics((self.topic,), 2), ends, Messages(RUN_KEY, SHAPE), isolation, _BOUND_S
        )

    def read_from(self, start: int, end: int, isolation: str) -> list[int]:
        """The offsets in partition 0 that a consumer sees who starts at this one."""
        consumer, until = reader(self.cluster.bootstrap, f"{self.topic}.reader", isolation), time.monotonic() + _BOUND_S
        try:
            consumer.assign([TopicPartition(self.topic, 0, start)])
            found: list[int] = []
            while time.monotonic() < until:
                if (record := consumer.poll(1)) is None:
                    continue
                if record.error() is None:
                    found.append(record.offset())
                elif record.error().code() == KafkaError._PARTITION_EOF and record.offset() == end:
                    return found
            raise AssertionError(f"from {start} on the end was not reached: {found}")
        finally:
            consumer.close()


@pytest.fixture
def writing(cluster: LocalCluster, request: pytest.FixtureRequest) -> Iterator[Writing]:
    """Its batches are stored as the parameter says, if there is one."""
    topic = f"committed-{next(_numbers)}"
    cluster.create_topic(topic, 2, 3, {"compression.type": getattr(request, "param", "producer")})
    yield Writing(cluster, topic)
    cluster.delete_topic(topic)


def write_all_kinds(writing: Writing) -> None:
    """Transactions of one producer, one after the other; messages in none; and those of two producers at once."""
    one, other, plain = writing.producer(), writing.producer(), writing.producer(transactional=False)
    for number, commits in enumerate((True, False, True, False, False, True)):
        one.begin_transaction()
        writing.send(one, kept=commits)
        (one.commit_transaction if commits else one.abort_transaction)(_BOUND_S)
        if number == 2:
            writing.send(plain, kept=True)
    for aborts, commits in ((one, other), (other, one)):
        aborts.begin_transaction()
        commits.begin_transaction()
        writing.send(aborts, kept=False)
        writing.send(commits, kept=True)
        writing.send(plain, kept=True, count=1)
        writing.send(aborts, kept=False, count=2)
        aborts.abort_transaction(_BOUND_S)
        writing.send(commits, kept=True, count=2)
        commits.commit_transaction(_BOUND_S)


@pytest.mark.parametrize("writing", ["lz4", "uncompressed"], indirect=True)
def test_what_is_committed_is_seen_and_nothing_else_from_wherever_one_starts(writing: Writing) -> None:
    write_all_kinds(writing)
    ends = writing.settled()
    whole, committed = (writing.read(ends, isolation) for isolation in BOTH)
    assert whole.valid.all() and whole.sequence.tolist() == writing.sent
    assert committed.valid.all() and committed.sequence.tolist() == writing.kept

    seen = {"read_uncommitted": whole.offset.tolist(), "read_committed": committed.offset.tolist()}
    assert ends[0] > whole.offset[-1] + 1, "a marker is the last of all"
    for start in range(ends[0] + 1):
        for isolation, offsets in seen.items():
            expected = [offset for offset in offsets if offset >= start]
            assert writing.read_from(start, ends[0], isolation) == expected, (isolation, start)


def test_an_open_transaction_keeps_back_what_lies_behind_it(writing: Writing) -> None:
    one, plain = writing.producer(), writing.producer(transactional=False)
    one.begin_transaction()
    writing.send(one, kept=True)
    one.commit_transaction(_BOUND_S)
    before = writing.settled()
    one.begin_transaction()
    writing.send(one, kept=False)
    writing.send(plain, kept=True)
    stable = writing.cluster.last_stable_offsets(writing.topic)
    assert stable == before == {0: 4, 1: 0}
    assert writing.cluster.high_watermarks(writing.topic) == {0: 10, 1: 0}
    assert writing.read(stable, "read_committed").sequence.tolist() == [0, 1, 2]

    one.abort_transaction(_BOUND_S)
    ends = writing.settled()
    assert ends == {0: 11, 1: 0}
    assert writing.read(ends, "read_committed").sequence.tolist() == writing.kept == [0, 1, 2, 6, 7, 8]
    # What has become stable since one asked is not of that reading.
    assert writing.read(stable, "read_committed").sequence.tolist() == [0, 1, 2]


def test_the_oracle_stores_both_readings(writing: Writing, venue: Venue, tmp_path: Path) -> None:
    """Of one partition all is committed, of the other nothing, which ends where it does all the same."""
    one = writing.producer()
    for partition, end in enumerate((one.commit_transaction, one.abort_transaction)):
        one.begin_transaction()
        writing.send(one, kept=partition == 0, count=3 + partition, partition=partition)
        end(_BOUND_S)
    ends = writing.settled()
    read = venue.cluster.bootstrap, Topics((writing.topic,), 2), ends, RUN_KEY, SHAPE
    venue.oracle.scan(*read, tmp_path / "a.log.parquet")
    venue.oracle.scan(*read, tmp_path / "a.committed.parquet", committed=True)
    assert sorted(read_log(tmp_path / "a.log.parquet").whole().sequence) == writing.sent == [0, 1, 2, 3, 4, 5, 6]
    stored = read_committed(tmp_path / "a.committed.parquet")
    assert stored is not None
    committed, stable = stored
    assert committed.whole().sequence.tolist() == writing.kept == [0, 1, 2]
    assert stable.tolist() == [ends[0], ends[1]] == [4, 5]
