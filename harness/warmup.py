"""Warming brokers up: fresh ones measure the JIT compiler, not Kafka."""

from __future__ import annotations

import time

from harness.disk import DiskWatch
from harness.load.spec import Spec
from harness.load.worker import Worker, WorkerFailed
from harness.trial import Venue

_MOST_S = 12.0
_MOST_MESSAGES = 4_000_000
_MESSAGE_BYTES = 100
_WINDOW_S = 2.0
_STEADY = 0.1


def steady(rates: list[float], within: float = _STEADY) -> bool:
    """Whether the last two windows moved as much as each other, within a tenth."""
    if len(rates) < 2 or rates[-1] <= 0:
        return False
    return abs(rates[-1] - rates[-2]) <= within * rates[-1]


def warm_up(venue: Venue) -> list[int]:
    """Full load, replicated like a trial's, until its rate stands still; at most 12 s and 2 GB on the disk.

    Returns the rates it saw, in messages a second, one a window.
    """
    topic = f"{venue.run_id}.warm-up"
    replicas = min(3, len(venue.cluster.addresses))
    venue.cluster.create_topic(topic, replicas, replicas, {})
    rates: list[float] = []
    worker = Worker(
        Spec(
            client="confluent-kafka",
            bootstrap=venue.cluster.bootstrap,
            topic=topic,
            partitions=replicas,
            config={"acks": "all", "linger.ms": 5},
            run_key=0,
            producer=0,
            message_size=_MESSAGE_BYTES,
            capacity=_MOST_MESSAGES,
            journal=str(venue.scratch / "warm-up.journal"),
        ),
        venue.scratch / "warm-up.log",
        venue.janitor,
    )
    try:
        with DiskWatch(venue.scratch, worker.kill):
            worker.wait_ready()
            worker.start(_MOST_MESSAGES, seconds=_MOST_S)
            until, before = time.monotonic() + _MOST_S, 0
            while time.monotonic() < until and before < _MOST_MESSAGES and not steady(rates):
                time.sleep(_WINDOW_S)
                now = worker.acks()
                rates.append((now - before) / _WINDOW_S)
                before = now
    except WorkerFailed as failed:
        venue.doing(f"the warm-up ended early: {failed}")
    finally:
        worker.kill()
        (venue.scratch / "warm-up.journal").unlink(missing_ok=True)
        venue.cluster.delete_topic(topic)
    return [round(rate) for rate in rates]
