"""A trial's clients, and the proxy on their line if it needs one; what they are to do its kind says."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from harness.bounds import CLOSING_S, RECOVERY_S, Bounds, bytes_of, recovering_s
from harness.clients import Setting
from harness.faults.stage import RecipeFailed
from harness.faults.steps import LineNeed
from harness.load.spec import InTransactions, Spec
from harness.space import DiskWatch
from harness.trial.conduct import Conduct
from harness.trial.venue import Line, Running
from harness.trial.waits import bounds_of
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.worker import Worker, WorkerFailed


def produce(running: Running, conduct: Conduct) -> None:
    """The whole load. Raises ``WorkerFailed``, ``RecipeFailed`` or what a child raises; all clients are gone then."""
    trial, venue = running.trial, running.venue
    capacity = conduct.capacity(trial)
    with contextlib.ExitStack() as stack:
        proxy = None
        if LineNeed.PROXY in trial.needs:
            log = venue.scratch / "proxy.log"
            proxy = stack.enter_context(Proxy(venue.cluster.addresses, log, venue.cluster.security))
            venue.janitor.process(proxy.pid)
        line = running.line(proxy)
        fleet = Fleet([])
        stack.callback(fleet.close, CLOSING_S)  # also when the next one cannot be started
        for number in range(trial.producers):
            fleet.add(_worker(running, conduct.producing(trial), line, number, capacity))
        running.fleet = fleet
        stack.enter_context(_disk_watched(running, fleet))
        try:
            conduct.drive(running, fleet, proxy)
            if proxy is not None:
                proxy.fail_if_dead()
        finally:
            if proxy is not None:
                running.spoiled |= not proxy.alive
                if (problem := proxy.passed_by()) is not None:
                    running.note(problem)


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


def _worker(running: Running, config: dict[str, Setting], line: Line, producer: int, capacity: int) -> Worker:
    trial, venue = running.trial, running.venue
    transactions = None
    if trial.transactional:
        config["transactional.id"] = running.transactional_id(producer)
        transactions = InTransactions(
            messages=int(trial.config["transaction.messages"]),
            interval_s=int(trial.config["transaction.interval.ms"]) / 1000,
            aborts=int(trial.config["transaction.aborts.percent"]) / 100,
            seed=trial.seed,
            init_s=RECOVERY_S,
        )
    spec = Spec(
        client=trial.client,
        client_version=trial.asked,
        bootstrap=line.bootstrap,
        security=line.security,
        topics=running.topics,
        config=config,
        run_key=running.run_key,
        producer=producer,
        shape=trial.shape,
        capacity=capacity,
        journal=str(venue.scratch / f"{trial.id}.{producer}.journal"),
        transactions=transactions,
        deadline_s=int(trial.config["deadline.ms"]) / 1000 if "deadline.ms" in trial.config else None,
    )
    return Worker(spec, venue.scratch / f"producer-{producer}.log", venue.janitor, venue.forkservers.start)


def clients_started(running: Running, fleet: Fleet) -> None:
    """Waits until all are ready. Raises ``WorkerFailed``."""
    running.venue.doing("starting the client")
    fleet.wait_ready()


def bounds_in_peace(running: Running, fleet: Fleet) -> Bounds:
    """Of the waits for a load that nothing is done to."""
    return bounds_of(running.trial, fleet.effective, len(running.venue.cluster.addresses))


def note_interruptions(running: Running, fleet: Fleet) -> None:
    """Of a load that nothing was done to: whatever stopped it short, or its clients' processes, is a problem."""
    for problem in (*fleet.stopped, *fleet.hangs):
        running.note(str(problem))
    for since_ns, until_ns in fleet.stood_still():
        seconds = (until_ns - since_ns) / 1e9
        running.note(f"the client's process stood still for {seconds:.1f} s, and nobody here had stopped it")


def warm_up_ended(running: Running, fleet: Fleet) -> None:
    """Waits for the end of the clients' warm-up, and of what goes on beside. Raises ``WorkerFailed``."""
    fleet.finish()
    for hang in fleet.hangs:
        raise WorkerFailed(str(hang))
    fleet.warmed_up()
    running.venue.behind.end()


def warm_up_replicated(running: Running, fleet: Fleet) -> None:
    """Waits until every record of it that was not refused is replicated: else a fault would lose it as well. Raises
    ``RecipeFailed``.
    """
    taken, ends = fleet.counted(), fleet.acked_ends()
    bound_s = recovering_s(bytes_of(taken, running.trial.load.message_size))
    until = time.monotonic() + bound_s
    while not stored_all(stored := running.high_watermarks(), ends, None if running.trial.transactional else taken):
        if time.monotonic() > until:
            raise RecipeFailed(f"of {taken} warm-up messages not all were replicated in {bound_s:g} s, up to {stored}")
        time.sleep(0.02)


def stored_all(watermarks: Mapping[int, int], ends: Mapping[int, int], messages: int | None) -> bool:
    """Whether every record is below the high watermarks: those that are known to lie below ``ends``, and of acks=0,
    which knows no offset, as many as there are ``messages``. With transactions that is None: their markers take
    offsets as well, and count as no message.
    """
    known = all(watermarks.get(partition, 0) >= end for partition, end in ends.items())
    return known and (messages is None or sum(watermarks.values()) >= messages)
