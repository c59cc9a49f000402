"""Trials of a pipeline without a fault, on brokers as Kafka ships them: how fast it goes under a load, and how late."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from harness import measure
from harness.bounds import recovering_s
from harness.events import Guarantee
from harness.journal.sealed import read_batches, read_consumed, read_whole_polls, write_batches
from harness.kinds.application import create_output, no_such_pipeline, of_inputs, spec_of
from harness.load.shape import mean_bytes
from harness.plan import Asked, Trial, TrialLoad
from harness.report import pipelines
from harness.report.blocks import Section, section
from harness.report.data import Data
from harness.store import TrialRecord
from harness.trial.conduct import as_planned
from harness.trial.observed import before_and_after
from harness.trial.produce import bounds_in_peace, clients_started, note_interruptions, warm_up_ended
from harness.trial.venue import Running
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.pipeline import Pipeline
from harness.workers.receiver import Receiver
from harness.workload import Load, Workload, labels
from harness.workload.known import Faults

PROFILE = "performance"
WARM = True
SHUFFLED = True
_OVERHEAD_S = 5.0  # two topics, a producer of inputs and a worker started and stopped, two scans
_WARMUP_S = 0.5  # at least, of the clients: the brokers are warm already
_CONSUMED, _BATCHES = "consumer-0", "batches"


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.pipeline_performance
    if wanted is None:
        return []
    loads = [step for load in wanted.loads for step in load.steps]
    every = product(range(1, wanted.repeats + 1), loads, wanted.batches, wanted.guarantees)
    return [_asked(repeat, load, batch, guarantee, workload) for repeat, load, batch, guarantee in every]


def _asked(repeat: int, load: Load, batch: int, guarantee: Guarantee, workload: Workload) -> Asked:
    wanted = workload.pipeline_performance
    assert wanted is not None
    several = "a pipeline's messages are all of one size" if len(load.sizes) > 1 else None
    own = TrialLoad(load.one_rate, load.seconds, load.most_messages, mean_bytes(load.sizes), wanted.input_partitions)
    return Asked(
        repeat,
        own,
        f"{guarantee}.batch-{batch}.{labels.load_label(load.one_rate, load.sizes)}",
        f"{guarantee}, batches of {batch}, {labels.load_name(load.one_rate, load.sizes)}",
        lambda config, client: (
            load.seconds + _OVERHEAD_S + (0.0 if load.one_rate == "max" else _warmup(own, batch) / load.one_rate)
        ),
        application={
            "processing.guarantee": guarantee.value,
            "pipeline.batch": batch,
            "pipeline.output.partitions": wanted.partitions,
        },
        refuses=lambda client, config: no_such_pipeline(client, config) or _fills_none(own, batch) or several,
    )


def _fills_none(load: TrialLoad, batch: int) -> str | None:
    if batch <= load.messages:
        return None
    return f"a load of {load.messages} messages fills no batch of {batch}: nothing would be measured of a full one"


settle = as_planned


def capacity(trial: Trial) -> int:
    return trial.share(trial.load.messages) + trial.share(_warmup(trial.load, int(trial.config["pipeline.batch"])))


producing = of_inputs
observed = before_and_after


def _warmup(load: TrialLoad, batch: int) -> int:
    """Full batches: none of those that are measured has an input that warmed the pipeline up."""
    wanted = load.messages // 4 if load.rate == "max" else round((load.rate or 0) * _WARMUP_S)
    return batch * max(1, -(-wanted // batch))


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """Warm up, then the measured load, with a consumer of the outputs alongside if it is paced. The pipeline is let
    through to the last input. Nothing was done to anybody, so whatever stops short is a problem.
    """
    venue, load = running.venue, running.trial.load
    rate = None if load.rate == "max" else load.rate
    clients_started(running, fleet)
    output, bounds = create_output(running), bounds_in_peace(running, fleet)
    spec = spec_of(running, output, running.line(), bounds)
    warmup = _warmup(load, spec.batch)
    with contextlib.ExitStack() as stack:
        receiver = None
        if rate is not None:
            assert running.output is not None
            outputs = replace(fleet.workers[0].spec, topics=running.output)
            receiver = stack.enter_context(Receiver(outputs, venue.scratch / "consumer.log", venue.janitor))
        venue.doing("starting the pipeline")
        log = venue.scratch / "pipeline.log"
        pipeline = stack.enter_context(Pipeline(spec, {}, log, venue.janitor, running.journal, running.events))
        running.effective = pipeline.effective
        venue.doing("warming up")
        fleet.start(warmup, bounds, rate=rate)
        warm_up_ended(running, fleet)
        pipeline.wait_processed(warmup)
        if receiver is not None:
            receiver.wait_ready()
        venue.doing("measuring")
        fleet.start(load.messages, bounds, rate=rate, seconds=load.seconds)
        fleet.finish()
        note_interruptions(running, fleet)
        venue.cluster.wait_replicated(running.topic, recovering_s(running.stored_bytes))
        failed = pipeline.finish(venue.cluster.high_watermarks(running.topic), bounds.call_s)
        if failed is not None:
            running.note(failed)
        for said in pipeline.given_up():
            running.note_hung_call(said)
        write_batches(running.journal(_BATCHES), pipeline.batches())
        if receiver is not None:
            receiver.stop(pipeline.processed(), running.journal(_CONSUMED))


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    """The journals are of the inputs, the log is of the outputs."""
    return replace(
        readings,
        producers=None,
        inputs=readings.producers,
        polls=read_whole_polls(journals, record.id),
        batches=read_batches(journals / f"{record.id}.{_BATCHES}.parquet"),
        consumed=read_consumed(journals, record.id),
    )


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    if readings.batches is None or record.reason is not None:
        return {}
    size = int(record.config["pipeline.batch"])
    processed = measure.Processed.of(readings.inputs or [], readings.batches, size)
    return {
        "throughput": processed.throughput(record.load["message_size"]),
        "committed_ms": processed.committed(),
        "end_to_end_ms": None if readings.consumed is None else processed.end_to_end(readings.consumed),
    }


def sections(data: Data) -> Iterator[Section]:
    yield from section("Pipelines' performance", *pipelines.measured(data.processed))
