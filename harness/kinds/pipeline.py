"""Trials of a pipeline: consume from one topic, transform, produce to another; what becomes of each input."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from harness.bounds import recovering_s
from harness.clusters import Coordinated
from harness.events import FaultEvent, Guarantee
from harness.faults import FAULTS
from harness.faults.act import act
from harness.faults.fault import Script
from harness.faults.stage import Stage
from harness.faults.steps import AwaitStop, Send
from harness.journal.sealed import read_whole_polls
from harness.kinds.application import SUBSCRIBE, create_output, no_such_pipeline, of_inputs, spec_of
from harness.kinds.fault import takes_s
from harness.plan import Asked, Trial, TrialLoad
from harness.report import pipelines
from harness.report.blocks import Section, section
from harness.report.data import Data
from harness.report.labels import GUARANTEE, MODE, PROTOCOL, WORKERS, pipeline_name
from harness.store import TrialRecord
from harness.trial.conduct import as_planned
from harness.trial.observed import all_along
from harness.trial.produce import clients_started
from harness.trial.venue import Running
from harness.trial.waits import bounds_of
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.pipeline import Pipeline
from harness.workers.pipeline_worker import Stops
from harness.workload import Recipe, Workload, labels
from harness.workload.known import Faults
from harness.workload.trials import PipelineTrials

PROFILE = "fault"
WARM = False
SHUFFLED = False
_INPUTS = 1_000
_WORKER_S = 0.5  # one more that is started
_GATHERING_S = 3.0  # group.initial.rebalance.delay.ms, Kafka's own
_OVERHEAD_S = 4.0  # two topics, a producer of inputs and a worker started, two scans


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.pipelines
    if wanted is None:
        return []
    every = product(range(1, wanted.repeats + 1), (None, *wanted.recipes), wanted.mode, wanted.guarantees)
    return [
        _asked(repeat, recipe, _application(wanted, guarantee, mode), wanted, faults)
        for repeat, recipe, mode, guarantee in every
    ]


def _application(wanted: PipelineTrials, guarantee: Guarantee, mode: str) -> dict[str, Any]:
    """Kafka has no names for most of it. What is as if nobody had stated it is not stated."""
    application: dict[str, Any] = {
        GUARANTEE: guarantee.value,
        "pipeline.batch": wanted.batch,
        "pipeline.output.partitions": wanted.partitions,
    }
    if wanted.workers > 1:
        application[WORKERS] = wanted.workers
    if mode == SUBSCRIBE:
        application[MODE] = mode
        if wanted.protocol != "classic":
            application[PROTOCOL] = wanted.protocol
    return application


def _asked(
    repeat: int, recipe: Recipe | None, application: Mapping[str, Any], wanted: PipelineTrials, faults: Faults
) -> Asked:
    under = pipeline_name(application)
    label = under.replace(", ", ".").replace(" ", "-")
    if recipe is None:
        load = TrialLoad("max", None, wanted.inputs or _INPUTS, 100, wanted.input_partitions)
        return Asked(
            repeat,
            load,
            label,
            under,
            lambda config, client: _OVERHEAD_S + _starting_s(application),
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
        f"{label}.{labels.recipe_label(fault.name, differs)}",
        f"{under}, {labels.recipe_name(fault.name, differs)}",
        lambda config, client: takes_s(fault, parameters, config, client) + _starting_s(application),
        fault,
        parameters,
        application,
        refuses=no_such_pipeline,
    )


def _starting_s(application: Mapping[str, Any]) -> float:
    """What workers take beside the first, and what a group waits for members."""
    grouped = MODE in application and PROTOCOL not in application
    return (int(application.get(WORKERS, 1)) - 1) * _WORKER_S + (_GATHERING_S if grouped else 0.0)


settle = as_planned


def capacity(trial: Trial) -> int:
    """Each load of a fault's parts is shared out by itself."""
    loads = FAULTS[trial.fault].loads(trial.parameters) if trial.fault else ()
    return trial.share(trial.load.messages) + max(0, len(loads) - 1)


producing = of_inputs
observed = all_along


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """The inputs are sent while the pipeline works; the fault's script drives both. Then the pipeline is let through to
    the last input, and who was frozen meanwhile wakes up.
    """
    trial, venue = running.trial, running.venue
    script: Any = Script(load=Send(trial.load.messages))
    if trial.fault is not None:
        script = FAULTS[trial.fault].drawn(trial.parameters, trial.seed)
    clients_started(running, fleet)
    output = create_output(running)
    bounds = bounds_of(trial, fleet.effective, len(venue.cluster.addresses), script)
    spec = spec_of(running, output, running.line(proxy), bounds, script)
    venue.doing("starting the pipeline")
    log = venue.scratch / "pipeline.log"
    with Pipeline(spec, _first_stops(script), log, venue.janitor, running.journal, running.events) as pipeline:
        running.effective = pipeline.effective
        # The output's name is that of the group and of the transactional id.
        coordinated: dict[Coordinated, str] = {"transaction": output, "group": output}
        stage = Stage(
            venue.cluster, running.topics, fleet, proxy, bounds, coordinated, events=running.events, pipeline=pipeline
        )
        venue.doing(f"injecting {trial.fault}" if trial.fault else "processing")
        act(script.steps, stage)
        venue.cluster.heal()
        recovering = running.topic, recovering_s(running.stored_bytes)
        venue.cluster.wait_healthy(*recovering)
        venue.cluster.wait_replicated(*recovering)
        ends = venue.cluster.high_watermarks(running.topic)
        venue.doing("waiting for the pipeline")
        call_s = bounds.undisturbed.call_s
        failed = pipeline.finish(ends, call_s)
        if failed is not None:
            running.note(failed)
        # What ends a worker that was frozen is what it was frozen for, and no problem.
        for woken in pipeline.wake(ends, call_s):
            detail = {"processed": woken["processed"], "failed": woken["failed"]}
            running.events.append(FaultEvent(time.monotonic_ns(), "wake-worker", detail))
        for said in pipeline.given_up():
            running.note_hung_call(said)
    for problem in (*fleet.stopped, *fleet.hangs):
        running.note(str(problem))


def _first_stops(script: Any) -> dict[int, Stops]:
    """Where the first worker of a number is to stop; those that take over are told when they start."""
    found: dict[int, Stops] = {}
    for step in script.every_step:
        if isinstance(step, AwaitStop):
            found.setdefault(step.worker, ((step.point.value, step.batch),))
    return found


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    """The producers' journals are of the inputs, the log is of the outputs."""
    return replace(readings, producers=None, inputs=readings.producers, polls=read_whole_polls(journals, record.id))


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    return {}


def sections(data: Data) -> Iterator[Section]:
    ran = [record for record in data.records if record.kind == "pipeline"]
    yield from section("Pipelines", *pipelines.told(ran, data))
