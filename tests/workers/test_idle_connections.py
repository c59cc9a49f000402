"""A broker that closes idle connections, as brokers, load balancers and NATs do: the next message finds a new one.

A producer whose sender forgets a partition when its connection is closed under it hangs from the second round on
(IBM/sarama 3689).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from harness.bounds import CLOSING_S, Bounds
from harness.clients import CLIENTS
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.clusters.profiles import Properties
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal.sealed import ProducerColumns, read_producer
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.topics import Topics
from harness.workers.worker import Worker

pytestmark = [pytest.mark.brokers, pytest.mark.long, pytest.mark.timeout(120)]
IDLE_MS = 1_000
EVERY_S = 3.0
ROUNDS = 8
BOUNDS = Bounds(explained_s=20, undisturbed_s=20, asked_s=20, cluster_s=20)


@pytest.fixture
def impatient(janitor: Janitor, tmp_path: Path) -> Iterator[LocalCluster]:
    """One broker, which closes what was idle for a second."""
    idle: Properties = {"connections.max.idle.ms": IDLE_MS}
    with LocalCluster(class_path("4.4.0"), tmp_path / "nodes", janitor, brokers=1, properties=idle) as cluster:
        yield cluster


def _sent(worker: Worker, parquet: Path) -> ProducerColumns:
    worker.start(ROUNDS, BOUNDS, rate=1 / EVERY_S)
    worker.finish()
    worker.close(CLOSING_S)
    worker.seal(parquet)
    return read_producer(parquet)


def test_every_message_is_acked_before_the_next_is_due(
    impatient: LocalCluster, janitor: Janitor, tmp_path: Path
) -> None:
    impatient.create_topic("rounds", 2, 1, {})
    workers = [
        Worker(
            Spec(
                client=client,
                bootstrap=impatient.bootstrap,
                topics=Topics(("rounds",), 2),
                config={"acks": "all", "enable.idempotence": False},
                run_key=1,
                producer=number,
                shape=Shape(),
                capacity=ROUNDS,
                journal=str(tmp_path / f"journal-{number}"),
            ),
            tmp_path / f"{client}.log",
            janitor,
        )
        for number, client in enumerate(CLIENTS)
    ]
    for worker in workers:
        worker.wait_ready()
    with ThreadPoolExecutor(len(workers)) as pool:
        parquets = [tmp_path / f"{worker.spec.producer}.parquet" for worker in workers]
        for client, columns in zip(CLIENTS, pool.map(_sent, workers, parquets), strict=True):
            assert (columns.outcome == Outcome.ACKED).all(), client
            assert np.max(columns.done_ns - columns.due_ns) < EVERY_S * 1e9, client
