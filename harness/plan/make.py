"""Makes a plan: sorts the combinations of a sweep, and makes a trial of each under each load and fault."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from pydantic import BaseModel

from harness.clients import Setting
from harness.clusters.can import Ability
from harness.clusters.kinds import CLUSTERS
from harness.faults.steps import Need
from harness.plan.model import Plan, Refused, Trial, TrialLoad
from harness.workload import (
    NO_FAULT,
    Config,
    Contradiction,
    Load,
    Recipe,
    Workload,
    combinations,
    complete,
    contradictions,
    labels,
)
from harness.workload.known import Faults
from harness.workload.settings import of_kind

Unsupported = Callable[[str, Config], list[str]]
"""Of a client and a trial's producer settings: what the client cannot honour, a sentence each (``harness.clients``)."""
Refuses = Callable[[str, Config], str | None]
"""Of the same: why the client does not take them together, or None."""

_PERFORMANCE_OVERHEAD_S = 1.5  # a topic made and deleted, a worker started, warm-up, scan; a fault's estimate has them
_RECORD_OVERHEAD_BYTES = 30  # of a record in a log beside its value: lengths, deltas, its share of a batch's header
_ELIGIBLE = "eligible.leader.replicas.version"  # Kafka's name of the feature, 0 is off
_LONGEST_TOPIC = 249  # Kafka's; the file of a journal has a few letters behind the id, and may have 255
_LONGEST_RUN_ID = len("20260101-000000-") + 60  # when it was begun, and a workload's name
_LONGEST_ID = _LONGEST_TOPIC - _LONGEST_RUN_ID - len(".")
_LONGEST_STEM = _LONGEST_ID - len(".r1000")


def _takes_all(client: str, config: Config) -> str | None:
    return None


def plan(workload: Workload, unsupported: Unsupported, faults: Faults, refuses: Refuses = _takes_all) -> Plan:
    """The plan of a workload.

    Performance trials run repeat by repeat, each in an order shuffled by the seed, so that drift and the brokers' JIT
    favour no configuration; fault trials repeat by repeat, by recipe, then in the order of the axes,
    those that need relays between nodes behind the others.
    """
    performance, with_faults = workload.performance, workload.faults
    loads = () if performance is None else tuple(product(range(1, performance.repeats + 1), performance.loads))
    recipes = () if with_faults is None else tuple(product(range(1, with_faults.repeats + 1), with_faults.recipes))
    possible, refused = _sorted_out(workload, len(loads) + len(recipes))
    make = _Trials(workload, unsupported, refuses, faults)
    trials: list[Trial] = []
    for kafka in workload.kafka:
        measured = [make.measured(kafka, axes, repeat, load) for repeat, load in loads for axes in possible[kafka]]
        trials += sorted(measured, key=lambda trial: (trial.repeat, _number(workload.seed, "order", trial.id)))
        faulted = [make.faulted(kafka, axes, repeat, recipe) for repeat, recipe in recipes for axes in possible[kafka]]
        trials += sorted(faulted, key=lambda trial: trial.relays)
    return Plan(workload, tuple(trials), tuple(refused))


def _sorted_out(workload: Workload, trials_each: int) -> tuple[dict[str, list[dict[str, Setting]]], list[Refused]]:
    """The combinations that each Kafka runs, and those that are no trials there."""
    possible: dict[str, list[dict[str, Setting]]] = {kafka: [] for kafka in workload.kafka}
    refused: list[Refused] = []
    for axes in combinations(workload.sweep):
        config = complete({**workload.config, **axes}, workload.cluster.brokers)
        clashes: list[Contradiction] = []
        for kafka, runs in possible.items():
            if found := contradictions(config, kafka):
                clashes.append(found[0])
            else:
                runs.append(axes)
        refused += [
            Refused(axes, clash.reason, clash.source, clashes.count(clash) * trials_each)
            for clash in dict.fromkeys(clashes)
        ]
    return possible, refused


@dataclass(frozen=True)
class _Trials:
    """Makes the trials of one workload."""

    workload: Workload
    unsupported: Unsupported
    refuses: Refuses
    faults: Faults

    def measured(self, kafka: str, axes: Config, repeat: int, load: Load) -> Trial:
        """A performance trial."""
        assert self.workload.performance is not None
        sends = TrialLoad(
            load.rate, load.seconds, load.most_messages, load.message_size, self.workload.performance.partitions
        )
        label = labels.load_label(load.rate, load.message_size)
        name = labels.load_name(load.rate, load.message_size)
        return self._trial(kafka, axes, repeat, sends, label, name)

    def faulted(self, kafka: str, axes: Config, repeat: int, recipe: Recipe) -> Trial:
        """A fault trial."""
        assert self.workload.faults is not None
        fault = self.faults[recipe.name]
        parameters = fault.parameters.model_validate(recipe.given)
        sends = TrialLoad(
            None, None, fault.messages(parameters), fault.message_size(parameters), self.workload.faults.partitions
        )
        differs = parameters.model_dump(exclude_defaults=True)
        label, name = labels.recipe_label(recipe.name, differs), labels.recipe_name(recipe.name, differs)
        return self._trial(kafka, axes, repeat, sends, label, name, recipe.name, parameters)

    def _trial(
        self,
        kafka: str,
        axes: Config,
        repeat: int,
        load: TrialLoad,
        label: str,
        name: str,
        fault: str = NO_FAULT,
        parameters: BaseModel | None = None,
    ) -> Trial:
        workload = self.workload
        stated = {**workload.config, **axes}
        brought = {} if fault == NO_FAULT else self._settings(str(axes["client"]), fault, parameters)
        without = complete(stated, workload.cluster.brokers)
        config = complete({**brought, **stated}, workload.cluster.brokers)
        config["partitions"] = without["partitions"] = load.partitions
        if _has_eligible_leader_replicas(kafka):
            config[_ELIGIBLE] = without[_ELIGIBLE] = int(workload.cluster.eligible_leader_replicas)
        several = [f"kafka-{kafka}"] if len(workload.kafka) > 1 else []
        own_id = trial_id(".".join([labels.axes_label(axes), *several, label]), repeat)
        if load.seconds is not None:
            estimated_s = load.seconds + _PERFORMANCE_OVERHEAD_S
        else:
            estimated_s = self.faults[fault].seconds(parameters, config)
        replicas = int(config["replication.factor"])
        needs = frozenset[Need]() if fault == NO_FAULT else self.faults[fault].needs(parameters)
        return Trial(
            id=own_id,
            name=f"{labels.axes_name(axes)}{f' Kafka {kafka}' if several else ''}, {name}, run {repeat}",
            kind="performance" if fault == NO_FAULT else "fault",
            repeat=repeat,
            kafka=kafka,
            client=str(axes["client"]),
            config=config,
            load=load,
            fault=fault,
            parameters=parameters,
            replaced={key: without.get(key) for key, value in config.items() if without.get(key) != value},
            seed=_number(workload.seed, "seed", own_id),
            estimated_s=estimated_s,
            estimated_bytes=load.messages * (load.message_size + _RECORD_OVERHEAD_BYTES) * replicas,
            eligible_leader_replicas=config.get(_ELIGIBLE) != 0,
            needs=needs,
            skip=next(self._reasons_to_skip({**axes, "kafka": kafka, "fault": fault}, parameters, config, needs), None),
        )

    def _settings(self, client: str, fault: str, parameters: BaseModel | None) -> Config:
        """What the fault's recipe is made for, as far as the client has it."""
        settings = dict(self.faults[fault].settings(parameters))
        cannot = [
            name for name, value in of_kind(settings, "producer").items() if self.unsupported(client, {name: value})
        ]
        return {name: value for name, value in settings.items() if name not in cannot}

    def _reasons_to_skip(
        self, axes: dict[str, Setting], parameters: BaseModel | None, config: Config, needs: frozenset[Need]
    ) -> Iterator[str]:
        yield from (f"excluded: {rule.because}" for rule in self.workload.exclude if rule.matches(axes))
        kind = CLUSTERS[self.workload.cluster.kind]
        if lacks := [ability.value for ability in Ability if ability in needs - kind.can]:
            yield f"{axes['fault']} cannot be done to a cluster of kind {kind.name}: it has {' and '.join(lacks)}"
        client, producer = str(axes["client"]), of_kind(config, "producer")
        if cannot := self.unsupported(client, producer):
            yield " ".join(cannot)
        elif (refusal := self.refuses(client, producer)) is not None:
            yield refusal
        if axes["fault"] != NO_FAULT:
            says_nothing = self.faults[str(axes["fault"])].refuses(parameters, config)
            if says_nothing is not None:
                yield f"{axes['fault']} says nothing here: {says_nothing}"


def _has_eligible_leader_replicas(kafka: str) -> bool:
    """On by default in clusters of this version (KIP-966)."""
    return [int(part) for part in kafka.split(".")[:2]] >= [4, 1]


def _number(seed: int, what: str, of_trial: str) -> int:
    """48 random bits that follow from the workload's seed and a trial's id, on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what} {of_trial}".encode()).digest()[:6])


def trial_id(stem: str, repeat: int) -> str:
    """What a trial is filed under: of a stem that is too long its beginning, and a hash of all of it."""
    if len(stem) > _LONGEST_STEM:
        digest = hashlib.sha256(stem.encode()).hexdigest()[:16]
        stem = f"{stem[: _LONGEST_STEM - len(digest) - 1]}-{digest}"
    return f"{stem}.r{repeat}"
