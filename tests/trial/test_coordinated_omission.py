"""A broker that stands still for a known time: latency from due times has all of it, from send times it has not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.bounds import Bounds
from harness.clients import Setting
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.clusters.profiles import Properties
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal.sealed import read_producer
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.measure import latency, service
from harness.topics import Topics
from harness.workers.worker import Worker

pytestmark = [pytest.mark.brokers, pytest.mark.long, pytest.mark.timeout(180)]

RATE, MESSAGES = 50.0, 1_400
FROZEN_S = 20.0  # long beside what a busy machine takes to hand over what waited: 2 % of it are 400 ms
WARM = 2_000  # messages: a broker that has just started takes so long for a batch that what waited is late by it
BOUNDS = Bounds(explained_s=20, undisturbed_s=60, asked_s=20, cluster_s=20)


@pytest.fixture
def patient(janitor: Janitor, tmp_path: Path) -> Iterator[LocalCluster]:
    """One broker, whose controller waits longer for it than it stands still."""
    waits: Properties = {"broker.session.timeout.ms": 60_000}
    jars, nodes = class_path("4.4.0"), tmp_path / "nodes"
    with LocalCluster(jars, nodes, janitor, brokers=1, profile="performance", properties=waits) as cluster:
        yield cluster


def test_what_had_to_wait_to_be_sent_is_late_by_its_due_time_alone(
    patient: LocalCluster, janitor: Janitor, tmp_path: Path
) -> None:
    """The client takes a batch or two while nobody answers; all other messages are handed over afterwards."""
    config: dict[str, Setting] = {"acks": "1", "batch.size": 12_288}
    patient.create_topic("frozen", 1, 1, {})
    topics, journal = Topics(("frozen",), 1), str(tmp_path / "journal")
    spec = Spec("aiokafka", patient.bootstrap, topics, config, 7, 0, Shape(), MESSAGES + WARM, journal)
    worker = Worker(spec, tmp_path / "log", janitor)
    try:
        worker.wait_ready()
        worker.start(WARM, BOUNDS, rate=10 * RATE)
        worker.finish()
        worker.warmup = worker.total
        worker.start(MESSAGES, BOUNDS, rate=RATE)
        time.sleep(1)
        assert patient.processes is not None
        patient.processes.pause(1)
        frozen_ns = time.monotonic_ns()
        time.sleep(FROZEN_S)
        thawed_ns = time.monotonic_ns()
        patient.processes.resume(1)
        assert worker.finish() == 0
        worker.close(5)
        worker.seal(tmp_path / "sealed.parquet")
    finally:
        worker.kill()
    producer = read_producer(tmp_path / "sealed.parquet")
    assert set(producer.outcome.tolist()) == {Outcome.ACKED}
    due_ns = producer.due_ns[WARM:]
    waited_ms = np.where((due_ns >= frozen_ns) & (due_ns < thawed_ns), thawed_ns - due_ns, 0) / 1e6
    measured, sent = latency([producer]), service([producer])
    assert measured is not None and sent is not None
    for found, percent in ((measured.p50, 50), (measured.p90, 90), (measured.p95, 95), (measured.p99, 99)):
        assert found == pytest.approx(np.percentile(waited_ms, percent), abs=0.02 * FROZEN_S * 1000), percent
    assert measured.mean == pytest.approx(waited_ms.mean(), abs=0.02 * FROZEN_S * 1000)
    assert sent.p50 < measured.p50 / 10, "from when it was sent nobody seems to have waited"
