"""A trial's client and its load: measured in peace, or under a fault, whose recipe then drives it."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from harness.disk import DiskWatch
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.stage import RecipeFailed, Stage
from harness.load.receiver import Receiver
from harness.load.spec import Spec
from harness.load.worker import Worker, WorkerFailed
from harness.plan import Trial
from harness.trial.venue import Running
from harness.wire import Proxy

_WARMUP_S = 0.5  # of the client: the brokers are warm already
_SETTLE_S = 15.0


def produce(running: Running) -> None:
    """The whole load. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises; the client is gone then too."""
    trial, venue = running.trial, running.venue
    with contextlib.ExitStack() as stack:
        proxy = None
        if trial.fault != "none" and FAULTS[trial.fault].on_the_wire(trial.parameters):
            proxy = stack.enter_context(Proxy(venue.cluster.addresses, venue.scratch / "proxy.log"))
            venue.janitor.process(proxy.pid)
        worker = _worker(running, proxy.bootstrap if proxy else venue.cluster.bootstrap)
        running.worker = worker
        stack.callback(running.close)
        with DiskWatch(venue.scratch, running.kill) as disk:
            try:
                venue.doing("starting the client")
                worker.wait_ready()
                if trial.fault == "none":
                    _perform(running, worker)
                else:
                    _inject(running, worker, proxy)
            except WorkerFailed:
                if disk.breached:
                    running.problems.append("stopped: the disk was about to be full")
                raise
    if running.worker.stopped:
        running.problems.append(running.worker.stopped)


def _worker(running: Running, bootstrap: str) -> Worker:
    trial, venue = running.trial, running.venue
    spec = Spec(
        client=trial.client,
        bootstrap=bootstrap,
        topic=running.topic,
        partitions=trial.load.partitions,
        config=trial.producer_config,
        run_key=running.run_key,
        producer=0,
        message_size=trial.load.message_size,
        capacity=_capacity(trial),
        journal=str(venue.scratch / f"{trial.id}.journal"),
    )
    return Worker(spec, venue.scratch / "worker.log", venue.janitor)


def _capacity(trial: Trial) -> int:
    return trial.load.messages + (_warmup(trial) if trial.fault == "none" else 0)


def _warmup(trial: Trial) -> int:
    """At most so many messages warm a performance trial's client up, and their time is bounded too."""
    load = trial.load
    return load.messages // 4 if load.rate == "max" else round((load.rate or 0) * _WARMUP_S)


def _perform(running: Running, worker: Worker) -> None:
    """A performance trial: warm up, then the measured load, with a consumer alongside if it is paced."""
    trial, doing = running.trial, running.venue.doing
    load = trial.load
    assert load.seconds is not None
    rate = None if load.rate == "max" else load.rate
    with contextlib.ExitStack() as stack:
        receiver = None
        if rate is not None:
            consumed, log = running.journal("consumer-0"), running.venue.scratch / "consumer.log"
            receiver = stack.enter_context(Receiver(worker.spec, consumed, log, running.venue.janitor))
        doing("warming up")
        worker.start(_warmup(trial), rate=rate, seconds=_WARMUP_S)
        worker.finish(30)
        _settle(running, worker)
        doing("measuring")
        worker.start(load.messages, rate=rate, seconds=load.seconds)
        worker.finish(load.seconds + 40)
        if receiver is not None:
            receiver.stop(worker.total)


def _inject(running: Running, worker: Worker, proxy: Proxy | None) -> None:
    """A fault trial: warm up, then the recipe, which drives the load itself."""
    trial, venue = running.trial, running.venue
    fault = FAULTS[trial.fault]
    parameters: Any = trial.parameters
    venue.doing("warming up")
    worker.start(parameters.warmup, flush_every=parameters.warmup)
    worker.finish(20)
    _settle(running, worker)
    venue.doing(f"injecting {fault.name}")
    stage = Stage(venue.cluster, running.topic, [worker], proxy, events=running.events)
    try:
        act(fault.steps(parameters, trial.seed), stage)
    finally:
        running.worker = stage.worker
        if proxy is not None and (problem := proxy.passed_by()) is not None:
            running.problems.append(problem)


def _settle(running: Running, worker: Worker) -> None:
    """The warm-up is over when every record of it is replicated: else the fault would lose it as well."""
    worker.warmup = worker.total
    until, stored = time.monotonic() + _SETTLE_S, 0
    while stored < worker.total:
        if time.monotonic() > until:
            raise RecipeFailed(
                f"only {stored} of {worker.total} warm-up messages were replicated within {_SETTLE_S:g} s"
            )
        stored = sum(running.venue.cluster.high_watermarks(running.topic).values())
        time.sleep(0.02)
