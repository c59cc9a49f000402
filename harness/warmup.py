"""Warming brokers up: fresh ones measure the JIT compiler, not Kafka.

A broker compiles what it does, so it does what trials do: first a few large requests as fast as they go, then many
small ones at a pace, for which it has to compile so much anew that a median begins at hundreds of milliseconds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.bounds import Bounds
from harness.clients import Setting
from harness.journal.mapped import ProducerJournal
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.process import ChildFailed
from harness.space import DiskWatch
from harness.topics import Topics
from harness.trial import Venue
from harness.trial.waits import client_waits
from harness.workers.receiver import Receiver
from harness.workers.worker import Worker, WorkerFailed

_MOST_MESSAGES = 4_000_000
_MESSAGE_BYTES = 100
_WINDOW_S = 2.0
_MOST_WINDOWS = 6
_STEADY = 0.1
_PACE = 1000  # messages a second
_MOST_PACED_S = 8  # a window each
# How long its client, and so the harness, waits for a broker that does not answer: there is nothing to be proved.
_TIMEOUTS: dict[str, Setting] = {"request.timeout.ms": 5_000, "delivery.timeout.ms": 10_000}


@dataclass(frozen=True)
class WarmUp:
    """How the brokers became warm, window by window."""

    rates: list[int]
    """At full load: messages a second, without idempotence and then with it."""
    medians_ms: list[float]
    """At a pace: the median latency, from due to reported."""

    def __str__(self) -> str:
        return f"messages/s in turn: {self.rates}, then median latency in ms at {_PACE} messages/s: {self.medians_ms}"


def steady(values: list[float], within: float = _STEADY) -> bool:
    """Whether the last two windows are alike, within a tenth."""
    if len(values) < 2 or values[-1] <= 0:
        return False
    return abs(values[-1] - values[-2]) <= within * values[-1]


def warm_up(venue: Venue, *, saturated: bool) -> WarmUp:
    """Full load until its rate stands still, without idempotence and with it, for 12 s and 2 GB on the disk each at the
    most; then a pace, until its latency does, for 8 s. Where no trial is ``saturated`` a full load for 6 s is enough.
    One that fails is said, and ends early.
    """
    loads = [(False, _MOST_WINDOWS), (True, _MOST_WINDOWS)] if saturated else [(True, _MOST_WINDOWS // 2)]
    rates = [rate for idempotent, windows in loads for rate in _at_full_load(venue, windows, idempotent=idempotent)]
    return WarmUp(rates, _at_a_pace(venue))


def _at_full_load(venue: Venue, windows: int, *, idempotent: bool) -> list[int]:
    rates: list[float] = []
    name = "full-load" if idempotent else "full-load-without-idempotence"
    with _loading(venue, name, _MOST_MESSAGES, {"enable.idempotence": idempotent}) as worker:
        worker.wait_ready()
        while len(rates) < windows and worker.total < _MOST_MESSAGES and not steady(rates):
            before, since = worker.progress.acks(), time.monotonic()
            worker.start(_MOST_MESSAGES, _bounds(worker), seconds=_WINDOW_S)
            _finish(worker)
            rates.append((worker.progress.acks() - before) / (time.monotonic() - since))
    return [round(rate) for rate in rates]


def _at_a_pace(venue: Venue) -> list[float]:
    medians: list[float] = []
    consumed = venue.scratch / "warm-up.parquet"
    try:
        with (
            _loading(venue, "pace", _MOST_PACED_S * _PACE, {"enable.idempotence": True}) as worker,
            Receiver(worker.spec, venue.scratch / "warm-up-consumer.log", venue.janitor) as receiver,
        ):
            worker.wait_ready()
            receiver.wait_ready()
            journal = ProducerJournal.open(Path(worker.spec.journal))
            while len(medians) < _MOST_PACED_S and not steady(medians):
                window = slice(worker.total, worker.total + _PACE)
                worker.start(_PACE, _bounds(worker), rate=_PACE)
                _finish(worker)
                medians.append(float(np.median(journal.done_ns[window] - journal.due_ns[window])) / 1e6)
            receiver.stop(worker.total, consumed)
    finally:
        consumed.unlink(missing_ok=True)
    return [round(median, 1) for median in medians]


def _bounds(worker: Worker) -> Bounds:
    waits = client_waits(worker.spec.client, worker.spec.config, worker.effective or {})
    return Bounds.of(waits, 0, rate=_PACE)


def _finish(worker: Worker) -> None:
    """Waits for a window's end, all of it reported. Raises ``WorkerFailed`` when the client dies or hangs."""
    worker.finish()
    if worker.stopped is not None or worker.hung is not None:
        raise WorkerFailed(worker.stopped or str(worker.hung))


@contextlib.contextmanager
def _loading(venue: Venue, name: str, capacity: int, config: dict[str, Setting]) -> Iterator[Worker]:
    """A worker that starts, and a topic replicated like a trial's, of which each broker leads a partition. A failure
    ends the load; nothing of it is left.
    """
    topic = f"{venue.cluster.prefix}{venue.run_id}.warm-up.{name}"
    journal = venue.scratch / f"warm-up.{name}.journal"
    brokers = len(venue.cluster.addresses)
    venue.cluster.create_topic(topic, brokers, min(3, brokers), {})
    worker = Worker(
        Spec(
            client="confluent-kafka",
            bootstrap=venue.cluster.bootstrap,
            security=venue.cluster.security,
            topics=Topics((topic,), brokers),
            config={"acks": "all", "linger.ms": 5, **_TIMEOUTS, **config},
            run_key=0,
            producer=0,
            shape=Shape(((_MESSAGE_BYTES, 100),)),
            capacity=capacity,
            journal=str(journal),
        ),
        venue.scratch / "warm-up.log",
        venue.janitor,
    )
    try:
        with DiskWatch(venue.scratch, worker.kill):
            yield worker
    except (WorkerFailed, ChildFailed) as failed:
        venue.doing(f"the warm-up ended early: {failed}")
    finally:
        worker.kill()
        journal.unlink(missing_ok=True)
        venue.cluster.delete_topic(topic)
