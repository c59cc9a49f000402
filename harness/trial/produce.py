"""A trial's client and its load: measured in peace, or under a fault, whose recipe then drives it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from harness import verify
from harness.bounds import Bounds, bytes_of, recovering_s
from harness.clients.traits import traits
from harness.disk import DiskWatch
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.stage import RecipeFailed, Stage
from harness.load.receiver import Receiver
from harness.load.spec import Spec
from harness.load.worker import Worker, WorkerFailed
from harness.plan import Trial
from harness.trial.venue import Running
from harness.trial.waits import bounds_of
from harness.wire import Proxy

_WARMUP_S = 0.5  # of the client: the brokers are warm already


def produce(running: Running) -> None:
    """The whole load. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises; the client is gone then too."""
    trial, venue = running.trial, running.venue
    with contextlib.ExitStack() as stack:
        proxy = None
        if trial.fault != "none" and FAULTS[trial.fault].on_the_wire(trial.parameters):
            proxy = stack.enter_context(Proxy(venue.cluster.addresses, venue.scratch / "proxy.log"))
            venue.janitor.process(proxy.pid)
        worker = _worker(running, proxy.bootstrap if proxy else venue.cluster.bootstrap)
        running.workers.append(worker)
        stack.callback(running.close)
        stack.enter_context(_disk_watched(running))
        venue.doing("starting the client")
        worker.wait_ready()
        if trial.fault == "none":
            _perform(running, worker)
        else:
            _inject(running, worker, proxy)


@contextlib.contextmanager
def _disk_watched(running: Running) -> Iterator[None]:
    """Whatever ends the load, that the disk was about to be full is said."""
    watch = DiskWatch(running.venue.scratch, running.kill)
    try:
        with watch:
            yield
    finally:
        if watch.breached:
            running.note("stopped: the disk was about to be full")


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
    """A performance trial: warm up, then the measured load, with a consumer alongside if it is paced.

    Whatever has no report in the end is a problem: nothing was done to the client that would explain it.
    """
    trial, doing = running.trial, running.venue.doing
    load = trial.load
    assert load.seconds is not None
    rate = None if load.rate == "max" else load.rate
    bounds = _bounds(running, worker)
    with contextlib.ExitStack() as stack:
        receiver = None
        if rate is not None:
            log = running.venue.scratch / "consumer.log"
            receiver = stack.enter_context(Receiver(worker.spec, log, running.venue.janitor))
        doing("warming up")
        worker.start(_warmup(trial), bounds, rate=rate, seconds=_WARMUP_S)
        _warmed_up(running, worker)
        doing("measuring")
        worker.start(load.messages, bounds, rate=rate, seconds=load.seconds)
        worker.finish()
        for problem in (worker.stopped, worker.hung):
            if problem is not None:
                running.note(str(problem))
        if receiver is not None:
            receiver.stop(worker.sent(), running.journal("consumer-0"))


def _inject(running: Running, worker: Worker, proxy: Proxy | None) -> None:
    """A fault trial: warm up, then the recipe, which drives the load itself."""
    trial, venue = running.trial, running.venue
    fault = FAULTS[trial.fault]
    parameters: Any = trial.parameters
    script = fault.drawn(parameters, trial.seed)
    venue.doing("warming up")
    # A partition that nothing was written to knows no producer, and takes whatever sequence comes first.
    share = -(-parameters.warmup // trial.load.partitions)
    worker.start(parameters.warmup, _bounds(running, worker), flush_every=share)
    _warmed_up(running, worker)
    venue.doing(f"injecting {fault.name}")
    bounds = bounds_of(trial, worker.effective or {}, len(venue.cluster.addresses), script)
    stage = Stage(venue.cluster, running.topic, running.workers, proxy, bounds, events=running.events)
    try:
        act(script.steps, stage)
        if proxy is not None:
            proxy.fail_if_dead()
    finally:
        if proxy is not None:
            running.spoiled |= not proxy.alive
            if (problem := proxy.passed_by()) is not None:
                running.note(problem)
    if stage.worker.stopped is not None:
        running.note(stage.worker.stopped)
    if stage.worker.hung is not None and not _judged(running):
        running.note(str(stage.worker.hung))


def _judged(running: Running) -> bool:
    """Whether the judge finds a client's silence in its journal: messages without a report for longer than its own
    bound. It is no problem of the trial then, but what the trial shows.
    """
    worker = running.worker
    if worker is None or worker.hung is None or not worker.hung.answers or not worker.hung.unreported:
        return False
    settings = {**running.trial.config, **(worker.effective or {})}
    return verify.report_within_s(traits(running.trial.client), settings) is not None


def _bounds(running: Running, worker: Worker) -> Bounds:
    """Without a fault."""
    return bounds_of(running.trial, worker.effective or {}, len(running.venue.cluster.addresses))


def _warmed_up(running: Running, worker: Worker) -> None:
    """The warm-up is over when every record of it is replicated: else the fault would lose it as well."""
    worker.finish()
    if worker.hung is not None:
        raise WorkerFailed(str(worker.hung))
    worker.warmup = worker.total
    bound_s = recovering_s(bytes_of(worker.total, running.trial.load.message_size))
    until, stored = time.monotonic() + bound_s, 0
    while stored < worker.total:
        if time.monotonic() > until:
            raise RecipeFailed(f"only {stored} of {worker.total} warm-up messages were replicated in {bound_s:g} s")
        stored = sum(running.venue.cluster.high_watermarks(running.topic).values())
        time.sleep(0.02)
