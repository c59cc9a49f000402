"""Trials without a fault, on brokers as Kafka ships them: throughput and latency under a load."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness import measure
from harness.clients import Setting
from harness.journal import ConsumedColumns, Int64, Parts, ProducerColumns, read_consumed
from harness.plan import Asked, Trial, TrialLoad
from harness.report import machine, tables
from harness.report.blocks import Block, Bullets, Section, Text, section
from harness.report.data import Data
from harness.report.wording import UNSTEADY
from harness.store import Availability, Percentiles, TrialRecord
from harness.topics import partitions_in_all
from harness.trial.observed import before_and_after
from harness.trial.produce import bounds_in_peace, note_interruptions, warm_up_ended
from harness.trial.usage import accounted
from harness.trial.venue import Running
from harness.verify import Readings
from harness.wire import Proxy
from harness.words import plural
from harness.workers.fleet import Fleet
from harness.workers.receiver import Receiver
from harness.workload import Config, Load, Workload, labels
from harness.workload.known import Faults

PROFILE = "performance"
WARM = True
SHUFFLED = True
_OVERHEAD_S = 1.0  # a topic made and deleted, a worker started, the lead-in, scan
_LEAD_IN_S = 0.2  # of the load: a client's queue fills
_CONSUMED = "consumer-0"


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.performance
    if wanted is None:
        return []
    every = product(range(1, wanted.repeats + 1), wanted.loads)
    return [_asked(repeat, load, wanted.partitions) for repeat, load in every]


def _asked(repeat: int, load: Load, partitions: int) -> Asked:
    return Asked(
        repeat,
        TrialLoad(load.rate, load.seconds, load.most_messages, load.message_size, partitions),
        labels.load_label(load.rate, load.message_size),
        labels.load_name(load.rate, load.message_size),
        lambda config, client: load.seconds + _OVERHEAD_S,
        refuses=lambda client, config: _cuts(load, config),
    )


def _cuts(load: Load, config: Config) -> str | None:
    """Why a load says nothing of such transactions, if it surely ends before the first of them."""
    ends = measure.Ends.of(config)
    if ends is None:
        return None
    each = ends.messages * int(config.get("producers", 1))  # as many for each of them, among whom a load is shared out
    full_s = each / (math.inf if load.rate == "max" else load.rate) if each < load.most_messages else math.inf
    if min(full_s, ends.interval_ms / 1000) < load.seconds:
        return None
    return (
        f"with transaction.interval.ms={ends.interval_ms} and transaction.messages={ends.messages} the end of a load "
        f"of {load.seconds:g} s would cut the first transaction short: nothing would be measured of a whole one"
    )


def producing(trial: Trial) -> dict[str, Setting]:
    return trial.producer_config


def capacity(trial: Trial) -> int:
    return trial.share(_messages(trial)) + trial.share(_first(trial))


observed = before_and_after


def _messages(trial: Trial) -> int:
    """The lead-in's too; of ``rate: max`` they are among those that the load is bounded by."""
    load = trial.load
    return load.messages if load.rate == "max" else load.messages + round((load.rate or 0) * _LEAD_IN_S)


def _first(trial: Trial) -> int:
    """One message a partition, of each producer: with them each has connected to all that it will write to."""
    return trial.producers * partitions_in_all(trial.config)


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """One load behind a first message to each partition, with a consumer alongside if it is paced. Its beginning, too,
    warms the client up.

    Whatever has no report in the end is a problem, and so is a process that did not run: nothing was done to the
    client that would explain it.
    """
    trial, doing = running.trial, running.venue.doing
    load = trial.load
    assert load.seconds is not None
    rate = None if load.rate == "max" else load.rate
    bounds = bounds_in_peace(running, fleet)
    with contextlib.ExitStack() as stack:
        receiver = None
        if rate is not None:
            venue, spec = running.venue, fleet.workers[0].spec
            made = Receiver(spec, venue.scratch / "consumer.log", venue.janitor, venue.spares.start)
            receiver = stack.enter_context(made)
        doing("warming up")
        fleet.start(_first(trial), bounds)
        warm_up_ended(running, fleet)
        doing("measuring")
        with accounted(running, proxy):
            fleet.start(_messages(trial), bounds, rate=rate, seconds=_LEAD_IN_S + load.seconds)
            fleet.finish()
        fleet.led_in(_LEAD_IN_S)
        note_interruptions(running, fleet)
        if receiver is not None:
            receiver.stop(fleet.committed(), running.journal(_CONSUMED))


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    return replace(readings, consumed=read_consumed(journals / f"{record.id}.{_CONSUMED}.parquet"))


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    """None of a load that something stopped or held up: what a client takes before its broker dies is no rate."""
    if record.reason is not None:
        return {}
    producers, ends = readings.producers or [], measure.Ends.of(record.config)
    return {
        **measure.reported(producers, record.load["message_size"], ends),
        "end_to_end_ms": None if readings.consumed is None else _end_to_end(readings.consumed, producers, ends),
        "availability": Availability(longest_gap_s=measure.longest_gap_s(producers), recovery_s=None),
    }


def _end_to_end(
    consumed: Parts[ConsumedColumns], producers: Sequence[ProducerColumns], ends: measure.Ends | None
) -> Percentiles | None:
    """Without the messages that warmed a producer up, and those that the end of the load committed."""
    counts = {each.producer: np.arange(len(each)) >= each.warmup for each in producers}
    if ends is not None:
        for each in producers:
            counts[each.producer] &= measure.in_whole(each, ends)
    return measure.distribution(_behind_warmup(part, counts) for part in consumed.parts())


def _behind_warmup(received: ConsumedColumns, counts: Mapping[int, npt.NDArray[np.bool_]]) -> Int64:
    """From due to received, in ns, of those records that count, by producer and sequence."""
    measured = np.zeros(len(received), bool)
    for producer, its in counts.items():
        own = np.flatnonzero((received.producer == producer) & (received.sequence < len(its)))
        measured[own] = its[received.sequence[own]]
    return (received.received_ns - received.due_ns)[measured]


def sections(data: Data) -> Iterator[Section]:
    yield from section("Performance", *_measured(data))


def _measured(data: Data) -> Iterator[Block | None]:
    if not data.measured:
        return
    yield Text(tables.repeats(data.measured))
    yield from machine.meanwhile(data.records, data.labels)
    yield from section("Latency at a paced load", tables.paced(data.measured))
    yield from section("Throughput, and latency at saturation", tables.saturated(data.measured))
    short = tables.unsteady(data.records, data.labels)
    if short:
        yield Text(
            f"{UNSTEADY} Not steady: most repeats did not run at one rate, so their figures, which are of all of it, "
            "are not to be relied on. Each that was so, and why:"
        )
        yield Bullets(short)
    if untold := tables.untold(data.records):
        yield Text(
            f"Of {plural(untold, 'trial')} nobody can tell whether they were steady: acks came in too few bursts."
        )
