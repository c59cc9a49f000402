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
from harness.bounds import CLOSING_S
from harness.clients import Setting
from harness.journal.mapped import Int64
from harness.journal.sealed import ConsumedColumns, Parts, ProducerColumns, read_consumed
from harness.kinds import loading
from harness.load.shape import mean_bytes
from harness.plan import Asked, Trial, TrialLoad
from harness.report import machine, tables
from harness.report.blocks import Block, Bullets, Section, Text, section
from harness.report.data import Data
from harness.report.wording import UNSTEADY
from harness.store import Availability, Percentiles, TrialRecord
from harness.topics import partitions_in_all
from harness.trial.conduct import as_planned
from harness.trial.observed import before_and_after
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


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.performance
    if wanted is None:
        return []
    every = product(range(1, wanted.repeats + 1), (step for load in wanted.loads for step in load.steps))
    return [_asked(repeat, load, wanted.partitions) for repeat, load in every]


def _asked(repeat: int, load: Load, partitions: int) -> Asked:
    several = load.sizes if len(load.sizes) > 1 else ()
    return Asked(
        repeat,
        TrialLoad(load.one_rate, load.seconds, load.most_messages, mean_bytes(load.sizes), partitions, several),
        labels.load_label(load.one_rate, load.sizes),
        labels.load_name(load.one_rate, load.sizes),
        lambda config, client: load.seconds + loading.OVERHEAD_S,
        refuses=lambda client, config: _cuts(load, config) or _too_many_consumers(config) or _too_few(load, config),
    )


def _cuts(load: Load, config: Config) -> str | None:
    """Why a load says nothing of such transactions, if it surely ends before the first of them."""
    ends = measure.Ends.of(config)
    if ends is None:
        return None
    each = ends.messages * int(config.get("producers", 1))  # as many for each of them, among whom a load is shared out
    full_s = each / (math.inf if load.one_rate == "max" else load.one_rate) if each < load.most_messages else math.inf
    if min(full_s, ends.interval_ms / 1000) < load.seconds:
        return None
    return (
        f"with transaction.interval.ms={ends.interval_ms} and transaction.messages={ends.messages} the end of a load "
        f"of {load.seconds:g} s would cut the first transaction short: nothing would be measured of a whole one"
    )


def _too_few(load: Load, config: Config) -> str | None:
    producers, messages = int(config.get("producers", 1)), load.most_messages
    return None if messages >= producers else f"{plural(messages, 'message')} for {producers} producers"


def _too_many_consumers(config: Config) -> str | None:
    consumers, partitions = int(config.get("consumers", 1)), partitions_in_all(config)
    return (
        f"one of {consumers} consumers would have none of {partitions} partitions" if consumers > partitions else None
    )


def producing(trial: Trial) -> dict[str, Setting]:
    return trial.producer_config


capacity = loading.capacity
settle = as_planned
observed = before_and_after


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """With consumers alongside if it is paced, each in a process of its own; all start at once, and end so."""
    with contextlib.ExitStack() as stack:
        venue, spec = running.venue, fleet.workers[0].spec
        consumers = 0 if running.trial.load.rate == "max" else int(running.trial.config.get("consumers", 1))
        receivers = []
        for number in range(consumers):
            partitions = range(number, spec.topics.total, consumers)
            log = venue.scratch / f"consumer-{number}.log"
            receiver = Receiver(spec, log, venue.janitor, venue.forkservers.start, partitions)
            receivers.append((stack.enter_context(receiver), partitions, running.journal(f"consumer-{number}")))
        loading.lead_in_and_measure(running, fleet, proxy, [receiver for receiver, _, _ in receivers])
        fleet.begin_close(CLOSING_S)
        for receiver, partitions, parquet in receivers:
            receiver.stop(fleet.committed(partitions), parquet)


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    return replace(readings, consumed=read_consumed(journals, record.id))


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    """None of a load that something stopped or held up: what a client takes before its broker dies is no rate."""
    if record.reason is not None:
        return {}
    producers, ends = readings.producers or [], measure.Ends.of(record.config)
    return {
        **measure.reported(producers, record.load["message_size"], ends),
        "end_to_end_ms": None if readings.consumed is None else _end_to_end(readings.consumed, producers, ends),
        **loading.paced_figures(record, producers),
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
        yield Text(f"Whether it was steady cannot be told of {plural(untold, 'trial')}: acks came in too few bursts.")
