"""Trials with a fault, on brokers set up to fail over fast: what is lost, duplicated or reordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from harness import measure, verify
from harness.bounds import HELD_UP_S
from harness.clients import Setting
from harness.clients.traits import traits
from harness.clusters import Coordinated
from harness.events import UNDOING, Anomaly, Permission
from harness.faults import FAULTS, known_effects
from harness.faults.act import act
from harness.faults.stage import Stage
from harness.plan import Asked, Trial, TrialLoad
from harness.report import pages, transactions
from harness.report.blocks import Block, Section, Text, prose, section
from harness.report.data import Data
from harness.store import Availability, TrialRecord
from harness.traits import Traits
from harness.trial.conduct import as_planned
from harness.trial.observed import all_along
from harness.trial.produce import bounds_in_peace, clients_started, warm_up_ended, warm_up_replicated
from harness.trial.venue import Running
from harness.trial.waits import bounds_of, client_waits
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workers.movement import Hang
from harness.workload import Recipe, Workload, labels
from harness.workload.known import Fault, Faults

PROFILE = "fault"
WARM = False
SHUFFLED = False


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.faults
    if wanted is None:
        return []
    every = product(range(1, wanted.repeats + 1), wanted.recipes)
    return [_asked(repeat, recipe, wanted.partitions, faults) for repeat, recipe in every]


def _asked(repeat: int, recipe: Recipe, partitions: int, faults: Faults) -> Asked:
    """A fault paces its own load and counts its own warm-up."""
    fault = faults[recipe.name]
    parameters: Any = fault.parameters.model_validate(recipe.given)
    differs = parameters.model_dump(exclude_defaults=True)
    return Asked(
        repeat,
        TrialLoad(None, None, fault.messages(parameters), fault.message_size(parameters), partitions),
        labels.recipe_label(fault.name, differs),
        labels.recipe_name(fault.name, differs),
        lambda config, client: takes_s(fault, parameters, config, client),
        fault,
        parameters,
        warmup=parameters.warmup,
    )


def takes_s(fault: Fault, parameters: Any, config: Mapping[str, Any], client: Traits) -> float:
    """About how long a trial of it takes; a call that is expected to hang is waited for when all else is over."""
    expected = verify.expectations(client, config, known_effects(fault.name, parameters.model_dump()))
    hangs = any(each.anomaly == Anomaly.HUNG_CALL and each.permission == Permission.EXPECTED for each in expected)
    waited_s = client_waits(client.client, config, config).asked_s + HELD_UP_S if hangs else 0.0
    return fault.seconds(parameters, config) + waited_s


def producing(trial: Trial) -> dict[str, Setting]:
    return trial.producer_config


settle = as_planned


def capacity(trial: Trial) -> int:
    """Each load of the fault's parts is shared out by itself."""
    assert trial.fault is not None
    loads = FAULTS[trial.fault].loads(trial.parameters)
    return trial.share(trial.load.messages) + len(loads) - 1


observed = all_along


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """Warm up, then the recipe, which drives the load itself."""
    trial, venue = running.trial, running.venue
    assert trial.fault is not None
    fault = FAULTS[trial.fault]
    parameters: Any = trial.parameters
    script = fault.drawn(parameters, trial.seed)
    clients_started(running, fleet)
    venue.doing("warming up")
    share = -(-trial.warmup // running.topics.total)  # each producer warms up, in each partition
    fleet.start(trial.warmup * len(fleet), bounds_in_peace(running, fleet), flush_every=share)
    warm_up_ended(running, fleet)
    warm_up_replicated(running, fleet)
    venue.doing(f"injecting {fault.name}")
    bounds = bounds_of(trial, fleet.effective, len(venue.cluster.addresses), script)
    coordinated: dict[Coordinated, str] = {"transaction": running.transactional_id(0)} if trial.transactional else {}
    stage = Stage(venue.cluster, running.topics, fleet, proxy, bounds, coordinated, events=running.events)
    act(script.steps, stage)
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


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    return readings


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    """A client that hears nothing for a while is measured as well, and over the course of the trial."""
    producers, fault = readings.producers or [], record.fault
    start_s, healed = fault.start_s, [event["at_ns"] for event in fault.events if event["what"] in UNDOING]
    fault_start_ns = None if start_s is None else measure.measured_from_ns(producers) + int(start_s * 1e9)
    healed_ns = max(healed, default=None)
    bin_s = measure.bin_width_s(producers)
    return {
        **measure.reported(producers, record.load["message_size"], measure.Ends.of(record.config)),
        "availability": Availability(
            longest_gap_s=measure.longest_gap_s(producers),
            recovery_s=None if fault_start_ns is None else measure.recovery_s(producers, fault_start_ns),
            recovered_after_heal_s=None if healed_ns is None else measure.recovered_after_heal_s(producers, healed_ns),
            waited_after_heal_s=None if healed_ns is None else measure.waited_after_heal_s(producers, healed_ns),
        ),
        "ack_rate": None if bin_s is None else measure.ack_rate(producers, bin_s),
        "error_rate": None if bin_s is None else measure.error_rate(producers, bin_s),
        "ack_rate_bin_s": bin_s,
    }


def sections(data: Data) -> Iterator[Section]:
    yield from section("Faults", *_pages(data))
    ran = [record for record in data.records if record.kind == "fault"]
    yield from section("Transactions under faults", *transactions.told(ran, data))


def _pages(data: Data) -> Iterator[Block | None]:
    index = pages.index(data.records, data.run)
    if index is None:
        return
    yield Text("Each has a page: its parameters, every verdict with its reason, its course over time, every trial.")
    yield index
    if any(record.cluster_profile == PROFILE and record.status != "skipped" for record in data.records):
        yield Text(
            prose(
                f"Brokers of these trials are set up to fail over fast (profile *{PROFILE}* under What ran): with "
                "Kafka's own settings the gaps are longer, and their performance says nothing about other clusters."
            )
        )
