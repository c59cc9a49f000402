"""How late the harness itself is with a paced load: from when a message is due to when the client is handed it.

A broker has one core, the worker with its client another, which is then as quiet as the machine is. The load goes to a
topic of one replica with acks=1, so that what is measured is the worker and not what three brokers do to two cores::

    python -m benchmarks.pacing [--rate 50000] [--seconds 5] [--rounds 5] [--client librdkafka]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.bounds import CLOSING_S, Bounds
from harness.clients import CLIENTS
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.janitor import Janitor
from harness.journal.sealed import ProducerColumns, read_producer
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.topics import Topics
from harness.trial.waits import client_waits
from harness.workers.worker import Worker

KAFKA = "4.4.0"
_WARM_UP_S = 10


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started within it runs on this core alone."""
    all_of_them = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(all_of_them)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_of_them)


def paced(
    client: str, cluster: LocalCluster, janitor: Janitor, scratch: Path, rate: int, seconds: int
) -> ProducerColumns:
    """The journal of a load at this rate."""
    topic = f"pacing-{os.urandom(4).hex()}"
    cluster.create_topic(topic, 1, 1, {})
    spec = Spec(
        client=client,
        bootstrap=cluster.bootstrap,
        topics=Topics((topic,), 1),
        config={"acks": "1", "enable.idempotence": False, "linger.ms": 5},
        run_key=1,
        producer=0,
        shape=Shape(),
        capacity=rate * seconds,
        journal=str(scratch / "journal"),
    )
    with on_core(1):
        worker = Worker(spec, scratch / "worker.log", janitor)
    worker.wait_ready()
    bounds = Bounds.of(client_waits(client, spec.config, worker.effective or {}), 0, rate=rate)
    worker.start(rate * seconds, bounds, rate=rate)
    worker.finish()
    worker.close(CLOSING_S)
    worker.seal(scratch / "journal.parquet")
    cluster.delete_topic(topic)
    return read_producer(scratch / "journal.parquet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=50_000, help="messages a second")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--client", choices=CLIENTS, default="librdkafka")
    wanted = parser.parse_args()
    janitor = Janitor()
    try:
        with tempfile.TemporaryDirectory(prefix="pacing-") as folder:
            scratch = Path(folder)
            cluster = LocalCluster(class_path(KAFKA), scratch / "cluster", janitor, profile="performance", brokers=1)
            with contextlib.ExitStack() as stack:
                with on_core(0):
                    stack.enter_context(cluster)
                paced(wanted.client, cluster, janitor, scratch, wanted.rate, _WARM_UP_S)
                for number in range(1, wanted.rounds + 1):
                    journal = paced(wanted.client, cluster, janitor, scratch, wanted.rate, wanted.seconds)
                    p50, p99, most = np.percentile(journal.sent_ns - journal.due_ns, (50, 99, 100)) / 1e6
                    said = f"p50 {p50:.3f}, p99 {p99:.3f}, at most {most:.3f}"
                    print(f"round {number}, {wanted.client}, {wanted.rate:,}/s, ms late: {said}", flush=True)
    finally:
        janitor.close()


if __name__ == "__main__":
    main()
