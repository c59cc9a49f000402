"""Whoever is a producer leaves the same journal of the same load: what every worker has to pass, in whatever language.

Each is run as its role's command line has it, is told its spec on stdin, and is judged by the file that it leaves and
by what is then in the log (``docs/workers.md``, ``docs/journal.md``).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.bounds import Bounds
from harness.clients import CLIENTS, Setting
from harness.clusters.local.cluster import LocalCluster
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal.mapped import NONE
from harness.journal.sealed import LogColumns, ProducerColumns, read_producer
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.roles.oracle import scan
from harness.topics import Topics
from harness.workers.worker import Worker

pytestmark = pytest.mark.timeout(90)
every_producer = pytest.mark.parametrize("client", CLIENTS)

BOUNDS = Bounds(explained_s=20, undisturbed_s=20, asked_s=20, cluster_s=20)
RUN_KEY, CAPACITY, NUMBER = 7, 20_000, 3
SHAPE = Shape(((100, 100),))
_LANDED_S = 10.0
_numbers = itertools.count()

Start = Callable[..., Worker]
Sealed = Callable[[Worker], ProducerColumns]


@pytest.fixture
def start(cluster: LocalCluster, janitor: Janitor, tmp_path: Path) -> Iterator[Start]:
    """``start(client, topics, config)``: one that is ready. None outlives its test."""
    started: list[Worker] = []

    def start_(
        client: str,
        topics: Topics,
        config: dict[str, Setting],
        bootstrap: str | None = None,
        shape: Shape = SHAPE,
    ) -> Worker:
        journal = str(tmp_path / f"journal-{len(started)}")
        spec = Spec(client, bootstrap or cluster.bootstrap, topics, config, RUN_KEY, NUMBER, shape, CAPACITY, journal)
        started.append(Worker(spec, tmp_path / "log", janitor))
        started[-1].wait_ready()
        return started[-1]

    yield start_
    for worker in started:
        worker.kill()


@pytest.fixture
def topics(cluster: LocalCluster) -> Iterator[Topics]:
    """Two, with two partitions each."""
    made = Topics.named(f"conformance-{next(_numbers)}", 2, 2)
    for name in made.names:
        cluster.create_topic(name, 2, 3, {})
    yield made
    for name in made.names:
        cluster.delete_topic(name)


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    """What a worker leaves when it is closed in order, or has been killed."""

    def seal(worker: Worker) -> ProducerColumns:
        if not worker.killed:
            worker.close(5)
        worker.seal(tmp_path / "sealed.parquet")
        return read_producer(tmp_path / "sealed.parquet")

    return seal


def log_of(cluster: LocalCluster, topics: Topics, records: int, shape: Shape = SHAPE) -> LogColumns:
    """All that is there once so many records are: what nobody acked may come a moment later."""
    until = time.monotonic() + _LANDED_S
    while sum((ends := topics.gathered(cluster.high_watermarks)).values()) < records and time.monotonic() < until:
        time.sleep(0.02)
    return scan(cluster.bootstrap, topics, ends, Messages(RUN_KEY, shape), "read_uncommitted", 20)


def send_all_ways(worker: Worker) -> int:
    """At a pace, as fast as it goes, and flush by flush. Returns how many."""
    for count, how in ((200, {"rate": 1_000.0}), (5_000, {}), (300, {"flush_every": 50})):
        worker.start(count, BOUNDS, **how)
        assert worker.finish() == 0
    assert (worker.total, worker.progress.acks(), worker.stopped) == (5_500, 5_500, None)
    return worker.total


@every_producer
@pytest.mark.parametrize("idempotence", [False, True], ids=["not-idempotent", "idempotent"])
def test_what_is_acked_is_noted_once_with_the_place_where_it_lies(
    client: str, idempotence: bool, cluster: LocalCluster, topics: Topics, start: Start, sealed: Sealed
) -> None:
    worker = start(client, topics, {"acks": "all", "enable.idempotence": idempotence, "linger.ms": 5})
    assert worker.effective is not None and worker.version
    assert (worker.effective["acks"], worker.effective["enable.idempotence"]) == ("all", idempotence)
    sent = send_all_ways(worker)
    journal = sealed(worker)
    assert (len(journal), journal.producer, journal.error) == (sent, NUMBER, None)
    assert set(journal.outcome.tolist()) == {Outcome.ACKED}
    assert (journal.done_ns >= journal.sent_ns).all() and (journal.sent_ns > 0).all()
    assert (np.diff(journal.due_ns) >= 0).all() and (journal.sent_ns >= journal.due_ns).all()
    paced = journal.due_ns[:200] - journal.due_ns[0]
    assert np.abs(paced - np.arange(200) * 1_000_000).max() < 2
    log = log_of(cluster, topics, sent)
    order = np.argsort(log.sequence)
    assert log.valid.all() and set(log.producer.tolist()) == {NUMBER}
    assert log.sequence[order].tolist() == list(range(sent))
    assert journal.partition.tolist() == log.partition[order].tolist()
    assert journal.offset.tolist() == log.offset[order].tolist()
    assert set(journal.partition.tolist()) == set(range(topics.total))


@every_producer
@pytest.mark.parametrize(
    "shape",
    [
        Shape(((60, 99), (1_500_000, 1)), "compressible"),
        Shape(keys=3),
        Shape(((50, 50), (70, 50)), keys="empty", headers=2, nulls=30, off_ms=-60_000, off=10),
    ],
    ids=["large", "keyed", "all of it"],
)
def test_messages_of_every_shape_lie_where_their_acks_say_as_they_were_made(
    client: str, shape: Shape, cluster: LocalCluster, start: Start, sealed: Sealed
) -> None:
    wide = Topics((f"conformance-{next(_numbers)}",), 2)
    cluster.create_topic(wide.first, 2, 3, {"max.message.bytes": "2000000"})
    compressed = {"compression.type": "gzip", "max.request.size": 2_000_000}
    worker = start(client, wide, {"acks": "all", "linger.ms": 5, **compressed}, shape=shape)
    worker.start(300, BOUNDS)
    assert worker.finish() == 0
    journal = sealed(worker)
    if client == "confluent-kafka-aio" and shape.headers:
        assert set(journal.outcome.tolist()) == {Outcome.FAILED}, "its batches have no headers"
        assert journal.error is not None and journal.error[0] == "NotImplementedError"
        return
    log = log_of(cluster, wide, 300, shape)
    order = np.argsort(log.sequence)
    assert set(journal.outcome.tolist()) == {Outcome.ACKED}
    assert log.valid.all() and log.sequence[order].tolist() == list(range(300))
    assert journal.offset.tolist() == log.offset[order].tolist()
    cluster.delete_topic(wide.first)


@every_producer
def test_with_acks_0_nothing_is_acked_and_nothing_has_a_place(
    client: str, cluster: LocalCluster, topics: Topics, start: Start, sealed: Sealed
) -> None:
    worker = start(client, topics, {"acks": "0", "enable.idempotence": False})
    worker.start(500, BOUNDS)
    assert worker.finish() == 0
    assert log_of(cluster, topics, 500).sequence.size == 500
    journal = sealed(worker)
    assert set(journal.outcome.tolist()) == {Outcome.UNCONFIRMED}
    assert set(journal.offset.tolist()) == {NONE} and (journal.done_ns >= journal.sent_ns).all()


@every_producer
def test_what_a_broker_refuses_ends_with_an_error_by_its_name(
    client: str, cluster: LocalCluster, start: Start, sealed: Sealed
) -> None:
    """A topic that takes nothing so large: the client has no reason to refuse it by itself."""
    narrow = Topics((f"conformance-{next(_numbers)}",), 1)
    cluster.create_topic(narrow.first, 1, 3, {"max.message.bytes": "80"})
    worker = start(client, narrow, {"acks": "all", "enable.idempotence": False, "linger.ms": 0})
    worker.start(20, BOUNDS, rate=200.0)
    assert worker.finish() == 0
    journal = sealed(worker)
    assert journal.outcome.tolist() == [Outcome.ERROR] * 20
    assert journal.error is not None
    (name,) = {journal.error[row] for row in range(20)}
    assert name is not None and not name.startswith("error "), "a code whose name was not said"
    assert set(journal.offset.tolist()) == {NONE} and (journal.done_ns >= journal.sent_ns).all()
    assert log_of(cluster, narrow, 0).sequence.size == 0
    cluster.delete_topic(narrow.first)


@every_producer
def test_what_nobody_answers_is_unknown_and_no_error(
    client: str, topics: Topics, start: Start, sealed: Sealed, nobody: str
) -> None:
    """Closed with messages left, a client gives them errors that are no word of its own."""
    worker = start(client, topics, {"acks": "all"}, nobody)
    worker.start(10, BOUNDS, seconds=0.5)
    time.sleep(1.0)
    journal = sealed(worker)
    assert set(journal.outcome.tolist()) <= {Outcome.UNKNOWN}
    assert set(journal.done_ns.tolist()) <= {NONE} and journal.error is None


@every_producer
def test_a_killed_one_leaves_what_it_had_and_another_takes_over(
    client: str, cluster: LocalCluster, topics: Topics, start: Start, sealed: Sealed
) -> None:
    worker = start(client, topics, {"acks": "all", "linger.ms": 5})
    worker.start(CAPACITY // 2, BOUNDS, rate=5_000.0)
    until = time.monotonic() + 20
    while worker.progress.acks() < 1_000 and time.monotonic() < until:
        time.sleep(0.01)
    worker.kill()
    acked = worker.progress.acks()
    assert acked >= 1_000
    heir = worker.again()
    try:
        heir.wait_ready()
        heir.resend(BOUNDS)
        assert heir.finish() == 0
        first = heir.total
        heir.start(100, BOUNDS)
        assert heir.finish() == 0
        assert heir.total == first + 100
        journal = sealed(heir)
    finally:
        heir.kill()
    assert len(journal) == first + 100 and set(journal.outcome.tolist()) == {Outcome.ACKED}
    log = log_of(cluster, topics, first + 100)
    assert set(log.sequence.tolist()) == set(range(first + 100)), "none is lost; what was sent again may be there twice"
    at = {(int(p), int(o)): int(s) for p, o, s in zip(log.partition, log.offset, log.sequence, strict=True)}
    places = zip(journal.partition.tolist(), journal.offset.tolist(), strict=True)
    assert [at[place] for place in places] == list(range(first + 100))
