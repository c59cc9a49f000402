"""Trials of a pipeline: consume from one topic, transform, produce to another; what becomes of each input."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from harness.bounds import Bounds, recovering_s
from harness.clusters import Coordinated
from harness.events import FaultEvent, Guarantee
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.fault import Script
from harness.faults.stage import Stage
from harness.faults.steps import AwaitStop, Send
from harness.kinds.fault import takes_s
from harness.plan import Asked, Trial, TrialLoad
from harness.report import pipelines
from harness.report.blocks import Section, section
from harness.report.data import Data
from harness.store import TrialRecord
from harness.topics import Topics
from harness.trial.observed import all_along
from harness.trial.venue import Running
from harness.trial.waits import bounds_of
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.pipeline import Pipeline, PipelineSpec
from harness.workload import Config, Recipe, Workload, in_name_only, labels
from harness.workload.known import Faults

PROFILE = "fault"
WARM = False
SHUFFLED = False
_INPUTS = 1_000
_OVERHEAD_S = 6.0  # two topics, a producer of inputs and a worker started, two scans


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.pipelines
    if wanted is None:
        return []
    every = product(range(1, wanted.repeats + 1), (None, *wanted.recipes), wanted.guarantees)
    return [_asked(repeat, recipe, guarantee, workload, faults) for repeat, recipe, guarantee in every]


def _asked(repeat: int, recipe: Recipe | None, guarantee: Guarantee, workload: Workload, faults: Faults) -> Asked:
    wanted = workload.pipelines
    assert wanted is not None
    application = {
        "processing.guarantee": guarantee.value,
        "pipeline.batch": wanted.batch,
        "pipeline.output.partitions": wanted.partitions,
    }
    if recipe is None:
        load = TrialLoad("max", None, wanted.inputs or _INPUTS, 100, wanted.input_partitions)
        name = guarantee.value
        return Asked(
            repeat,
            load,
            name,
            name,
            lambda config, client: _OVERHEAD_S,
            application=application,
            refuses=no_such_pipeline,
        )
    fault = faults[recipe.name]
    # A composition's load is its parts' to say.
    stated = wanted.inputs is not None and "messages" in fault.parameters.model_fields
    inputs = {"messages": wanted.inputs} if stated else {}
    parameters = fault.parameters.model_validate({**inputs, **recipe.given})
    sends = fault.messages(parameters)
    load = TrialLoad(None, None, sends, fault.message_size(parameters), wanted.input_partitions)
    differs = parameters.model_dump(exclude_defaults=True)
    return Asked(
        repeat,
        load,
        f"{guarantee}.{labels.recipe_label(fault.name, differs)}",
        f"{guarantee}, {labels.recipe_name(fault.name, differs)}",
        lambda config, client: takes_s(fault, parameters, config, client),
        fault,
        parameters,
        application,
        refuses=no_such_pipeline,
    )


def no_such_pipeline(config: Config) -> str | None:
    """Why there is none with such a guarantee, producer or topics."""
    guarantee = config["processing.guarantee"]
    if "topics" in config:
        return "a pipeline has one topic of inputs and one of outputs"
    if config.get("transactional"):
        return "whether a pipeline has transactions its guarantee says"
    if config["acks"] == "0" and guarantee != Guarantee.AT_MOST_ONCE:
        return f"{guarantee} needs outputs that are acked, and with acks=0 none is"
    if guarantee == Guarantee.EXACTLY_ONCE:
        transactional = {"enable.idempotence": True, **config, "transactional": True}
        clash = next(iter(in_name_only(transactional)), None)
        return None if clash is None else f"{guarantee} is transactional, and {clash}"
    return None


def capacity(trial: Trial) -> int:
    """Each load of a fault's parts is shared out by itself."""
    loads = FAULTS[trial.fault].loads(trial.parameters) if trial.fault else ()
    return trial.share(trial.load.messages) + max(0, len(loads) - 1)


observed = all_along


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """The inputs are sent while the pipeline works; the fault's script drives both. Then the pipeline is let through to
    the last input, and who was frozen meanwhile wakes up.
    """
    trial, venue = running.trial, running.venue
    script: Any = Script(load=Send(trial.load.messages))
    if trial.fault is not None:
        script = FAULTS[trial.fault].drawn(trial.parameters, trial.seed)
    output = create_output(running)
    bounds = bounds_of(trial, fleet.effective, len(venue.cluster.addresses), script)
    bootstrap = proxy.bootstrap if proxy else venue.cluster.bootstrap
    spec = spec_of(running, output, bootstrap, bounds)
    venue.doing("starting the pipeline")
    with Pipeline(spec, _first_stops(script), venue.scratch / "pipeline.log", venue.janitor) as pipeline:
        # The output's name is that of the group and of the transactional id.
        coordinated: dict[Coordinated, str] = {"transaction": output, "group": output}
        stage = Stage(
            venue.cluster, running.topics, fleet, proxy, bounds, coordinated, events=running.events, pipeline=pipeline
        )
        venue.doing(f"injecting {trial.fault}" if trial.fault else "processing")
        act(script.steps, stage)
        venue.cluster.heal()
        venue.cluster.wait_healthy(running.topic, recovering_s(running.stored_bytes))
        ends = venue.cluster.high_watermarks(running.topic)
        venue.doing("waiting for the pipeline")
        call_s = bounds.undisturbed.call_s
        ended = pipeline.finish(ends, call_s)
        if pipeline.hangs():
            # Who looks after an application ends one that hangs, and starts another.
            pipeline.kill()
            pipeline.start()
            running.events.append(FaultEvent(time.monotonic_ns(), "replace-hung-worker", {}))
            ended = pipeline.finish(ends, call_s)
        if (failed := ended["failed"]) is not None:
            running.note(f"the pipeline's worker failed: {failed}")
        # What ends a worker that was frozen is what it was frozen for, and no problem.
        for woken in pipeline.wake(ends, call_s):
            detail = {"processed": woken["processed"], "failed": woken["failed"]}
            running.events.append(FaultEvent(time.monotonic_ns(), "wake-worker", detail))
        for said in pipeline.given_up():
            running.note_hung_call(said)
    for problem in (*fleet.stopped, *fleet.hangs):
        running.note(str(problem))


def create_output(running: Running) -> str:
    """The topic of the outputs, which is the one that is judged."""
    trial = running.trial
    output, partitions = f"{running.topic}.out", int(trial.config["pipeline.output.partitions"])
    running.output = Topics((output,), partitions)
    replicas, in_sync = int(trial.config["replication.factor"]), str(trial.config["min.insync.replicas"])
    running.venue.cluster.create_topic(output, partitions, replicas, {"min.insync.replicas": in_sync})
    return output


def spec_of(running: Running, output: str, bootstrap: str, bounds: Bounds) -> PipelineSpec:
    trial = running.trial
    config, guarantee = trial.producer_config, str(trial.config["processing.guarantee"])
    if guarantee == Guarantee.EXACTLY_ONCE:
        config["transactional.id"] = output
    return PipelineSpec(
        client=trial.client,
        guarantee=guarantee,
        bootstrap=bootstrap,
        input=running.topic,
        input_partitions=trial.load.partitions,
        output=output,
        output_partitions=int(trial.config["pipeline.output.partitions"]),
        group=output,
        mode="assign",
        config=config,
        consumer_config={},
        run_key=running.run_key,
        message_size=trial.load.message_size,
        batch=int(trial.config["pipeline.batch"]),
        patience_s=bounds.patience_s,
        call_s=bounds.call_s,
    )


def _first_stops(script: Any) -> tuple[tuple[str, int], ...]:
    """Where the first worker is to stop; those that take over are told when they start."""
    stop = next((step for step in script.every_step if isinstance(step, AwaitStop)), None)
    return () if stop is None else ((stop.point.value, stop.batch),)


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    """The journals are of the inputs, the log is of the outputs."""
    return replace(readings, producers=None, inputs=readings.producers)


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    return {}


def sections(data: Data) -> Iterator[Section]:
    ran = [record for record in data.records if record.kind == "pipeline"]
    yield from section("Pipelines", *pipelines.told(ran, data))
