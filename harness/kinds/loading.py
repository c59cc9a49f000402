"""A load that leads in before it is measured, on brokers that nothing is done to. What is driven by it is a kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness import measure
from harness.journal.sealed import ProducerColumns
from harness.plan import Trial
from harness.store import TrialRecord
from harness.topics import partitions_in_all
from harness.trial.produce import bounds_in_peace, clients_started, note_interruptions, warm_up_ended
from harness.trial.usage import accounted
from harness.trial.venue import Running
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.receiver import Receiver

OVERHEAD_S = 1.0  # a topic made and deleted, a worker started, the lead-in, scan
_LEAD_IN_S = 0.1  # of the load: its first 50 ms have other latencies and rates than the rest (docs/measurements.md)


def capacity(trial: Trial) -> int:
    """How many messages one of its producers sends at most."""
    return trial.share(_messages(trial)) + trial.share(_first(trial))


def lead_in_and_measure(
    running: Running, fleet: Fleet, proxy: Proxy | None, receivers: Sequence[Receiver] = ()
) -> None:
    """One load behind a first message to each partition. Its beginning, too, warms the client up, and ``receivers``
    that are starting.

    Whatever has no report in the end is a problem, and so is a process that did not run: nothing was done to the
    client that would explain it.
    """
    trial, doing = running.trial, running.venue.doing
    load = trial.load
    assert load.seconds is not None
    clients_started(running, fleet)
    rate = None if load.rate == "max" else load.rate
    bounds = bounds_in_peace(running, fleet)
    doing("warming up")
    fleet.start(_first(trial), bounds)
    for receiver in receivers:
        receiver.wait_ready()
    warm_up_ended(running, fleet)
    doing("measuring")
    with accounted(running, proxy):
        fleet.start(_messages(trial), bounds, rate=rate, seconds=_LEAD_IN_S + load.seconds)
        fleet.finish()
    fleet.led_in(_LEAD_IN_S)
    note_interruptions(running, fleet)


def paced_figures(record: TrialRecord, producers: Sequence[ProducerColumns]) -> Mapping[str, Any]:
    """Of a load with a rate of its own, whether that was kept."""
    return {} if record.load.get("rate") in ("max", None) else {"late_ms": measure.late(producers)}


def _messages(trial: Trial) -> int:
    """The lead-in's too; of ``rate: max`` they are among those that the load is bounded by."""
    load = trial.load
    return load.messages if load.rate == "max" else load.messages + round((load.rate or 0) * _LEAD_IN_S)


def _first(trial: Trial) -> int:
    """One message a partition, of each producer: with them each has connected to all that it will write to."""
    return trial.producers * partitions_in_all(trial.config)
