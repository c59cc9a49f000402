"""A trial's client and its load: measured in peace, or under a fault, whose recipe then drives it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from harness import verify
from harness.bounds import CLOSING_S, Bounds, bytes_of, recovering_s
from harness.clients.traits import traits
from harness.disk import DiskWatch
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.stage import RecipeFailed, Stage
from harness.faults.steps import Line
from harness.load.spec import Spec
from harness.plan import Trial
from harness.trial.venue import Running
from harness.trial.waits import bounds_of
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.movement import Hang
from harness.workers.receiver import Receiver
from harness.workers.worker import Worker, WorkerFailed

_PRODUCERS = 1  # of a trial; a load is shared out among them
_WARMUP_S = 0.5  # of the client: the brokers are warm already


def produce(running: Running) -> None:
    """The whole load. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises; the client is gone then too."""
    trial, venue = running.trial, running.venue
    with contextlib.ExitStack() as stack:
        proxy = None
        if Line.PROXY in trial.needs:
            proxy = stack.enter_context(Proxy(venue.cluster.addresses, venue.scratch / "proxy.log"))
            venue.janitor.process(proxy.pid)
        bootstrap = proxy.bootstrap if proxy else venue.cluster.bootstrap
        fleet = running.fleet = Fleet([_worker(running, bootstrap, number) for number in range(_PRODUCERS)])
        stack.callback(fleet.close, CLOSING_S)
        stack.enter_context(_disk_watched(running, fleet))
        venue.doing("starting the client")
        fleet.wait_ready()
        if trial.fault == "none":
            _perform(running, fleet)
        else:
            _inject(running, fleet, proxy)


@contextlib.contextmanager
def _disk_watched(running: Running, fleet: Fleet) -> Iterator[None]:
    """Whatever ends the load, that the disk was about to be full is said."""
    watch = DiskWatch(running.venue.scratch, fleet.kill)
    try:
        with watch:
            yield
    finally:
        if watch.breached:
            running.note("stopped: the disk was about to be full")


def _worker(running: Running, bootstrap: str, producer: int) -> Worker:
    trial, venue = running.trial, running.venue
    spec = Spec(
        client=trial.client,
        bootstrap=bootstrap,
        topic=running.topic,
        partitions=trial.load.partitions,
        config=trial.producer_config,
        run_key=running.run_key,
        producer=producer,
        message_size=trial.load.message_size,
        capacity=_capacity(trial),
        journal=str(venue.scratch / f"{trial.id}.{producer}.journal"),
    )
    return Worker(spec, venue.scratch / f"producer-{producer}.log", venue.janitor)


def _capacity(trial: Trial) -> int:
    return trial.load.messages + (_warmup(trial) if trial.fault == "none" else 0)


def _warmup(trial: Trial) -> int:
    """At most so many messages warm a performance trial's client up, and their time is bounded too."""
    load = trial.load
    return load.messages // 4 if load.rate == "max" else round((load.rate or 0) * _WARMUP_S)


def _perform(running: Running, fleet: Fleet) -> None:
    """A performance trial: warm up, then the measured load, with a consumer alongside if it is paced.

    Whatever has no report in the end is a problem: nothing was done to the client that would explain it.
    """
    trial, doing = running.trial, running.venue.doing
    load = trial.load
    assert load.seconds is not None
    rate = None if load.rate == "max" else load.rate
    bounds = _bounds(running, fleet)
    with contextlib.ExitStack() as stack:
        receiver = None
        if rate is not None:
            log = running.venue.scratch / "consumer.log"
            receiver = stack.enter_context(Receiver(fleet.workers[0].spec, log, running.venue.janitor))
        doing("warming up")
        fleet.start(_warmup(trial), bounds, rate=rate, seconds=_WARMUP_S)
        _warmed_up(running, fleet)
        doing("measuring")
        fleet.start(load.messages, bounds, rate=rate, seconds=load.seconds)
        fleet.finish()
        for problem in (*fleet.stopped, *fleet.hangs):
            running.note(str(problem))
        if receiver is not None:
            receiver.stop(fleet.sent(), running.journal("consumer-0"))


def _inject(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """A fault trial: warm up, then the recipe, which drives the load itself."""
    trial, venue = running.trial, running.venue
    fault = FAULTS[trial.fault]
    parameters: Any = trial.parameters
    script = fault.drawn(parameters, trial.seed)
    venue.doing("warming up")
    # A partition that nothing was written to knows no producer, and takes whatever sequence comes first. So each
    # producer warms up, in each partition.
    share = -(-parameters.warmup // trial.load.partitions)
    fleet.start(parameters.warmup * len(fleet), _bounds(running, fleet), flush_every=share)
    _warmed_up(running, fleet)
    venue.doing(f"injecting {fault.name}")
    bounds = bounds_of(trial, fleet.effective, len(venue.cluster.addresses), script)
    stage = Stage(venue.cluster, running.topic, fleet, proxy, bounds, events=running.events)
    try:
        act(script.steps, stage)
        if proxy is not None:
            proxy.fail_if_dead()
    finally:
        if proxy is not None:
            running.spoiled |= not proxy.alive
            if (problem := proxy.passed_by()) is not None:
                running.note(problem)
    for stopped in fleet.stopped:
        running.note(stopped)
    for hang in fleet.hangs:
        if not _judged(trial, fleet, hang):
            running.note(str(hang))


def _judged(trial: Trial, fleet: Fleet, hang: Hang) -> bool:
    """Whether the judge finds a client's silence in its journal: messages without a report for longer than its own
    bound. It is no problem of the trial then, but what the trial shows.
    """
    if not hang.answers or not hang.unreported:
        return False
    return verify.report_within_s(traits(trial.client), {**trial.config, **fleet.effective}) is not None


def _bounds(running: Running, fleet: Fleet) -> Bounds:
    """Without a fault."""
    return bounds_of(running.trial, fleet.effective, len(running.venue.cluster.addresses))


def _warmed_up(running: Running, fleet: Fleet) -> None:
    """The warm-up is over when every record of it is replicated: else the fault would lose it as well."""
    fleet.finish()
    for hang in fleet.hangs:
        raise WorkerFailed(str(hang))
    fleet.warmed_up()
    total = fleet.sent()
    bound_s = recovering_s(bytes_of(total, running.trial.load.message_size))
    until, stored = time.monotonic() + bound_s, 0
    while stored < total:
        if time.monotonic() > until:
            raise RecipeFailed(f"only {stored} of {total} warm-up messages were replicated in {bound_s:g} s")
        stored = sum(running.venue.cluster.high_watermarks(running.topic).values())
        time.sleep(0.02)
