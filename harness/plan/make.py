"""Makes a plan: sorts the combinations of a sweep, and makes a trial of each under each load and fault."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pydantic import BaseModel

from harness.clients.named import Named
from harness.clients.traits import traits
from harness.clusters import THEIRS, Wanted
from harness.clusters.can import Ability
from harness.clusters.kinds import CLUSTERS
from harness.events import NO_FAULT
from harness.faults.steps import Need
from harness.plan.model import Asked, Plan, Plans, Refused, Trial
from harness.topics import partitions_in_all
from harness.words import listed
from harness.workload import Config, Contradiction, Grid, Workload, complete, contradictions, labels
from harness.workload.known import Fault, Faults
from harness.workload.reading import key_of
from harness.workload.settings import of_kind


class Clients(Protocol):
    """What planning asks about clients (``harness.clients``)."""

    def unsupported(self, client: str, config: Config) -> list[str]:
        """Of a trial's producer settings what the client cannot honour, a sentence each."""

    def refuses(self, client: str, config: Config) -> str | None:
        """Why the client does not take them together, or None."""

    def named(self, text: str) -> Named:
        """The client that is named so, without a version if that is the one that is here."""

    def version(self, client: Named) -> str:
        """As it says itself."""


_RECORD_OVERHEAD_BYTES = 30  # of a record in a log beside its value: lengths, deltas, its share of a batch's header
_PRODUCER_S = 0.5  # one more that is started
_TOPIC_S = 0.2  # one more that is made, waited for and deleted
_ELIGIBLE = "eligible.leader.replicas.version"  # Kafka's name of the feature, 0 is off
_ELIGIBLE_SINCE = (4, 1)  # on by default in new clusters (KIP-966)
_GROUPS_OF_CONSUMERS_SINCE = (4, 0)  # on by default; before, brokers have to be told to have it
_LONGEST_TOPIC = 249  # Kafka's; the file of a journal has a few letters behind the id, and may have 255
_LONGEST_RUN_ID = len("20260101-000000-") + 60  # when it was begun, and a workload's name
_LONGEST_ID = _LONGEST_TOPIC - _LONGEST_RUN_ID - len(".")
_LONGEST_STEM = _LONGEST_ID - len(".r1000")


def plan(workload: Workload, kinds: Mapping[str, Plans], clients: Clients, faults: Faults) -> Plan:
    """The plan of a workload.

    On each Kafka the trials of one kind behind those of the other, each kind's in the order it asks for them, then in
    the order of the axes; those that need relays between nodes behind the others.
    """
    asked = {name: kind.asks(workload, faults) for name, kind in kinds.items()}
    possible, refused = _sorted_out(workload, asked)
    trials: list[Trial] = []
    for kafka in workload.kafka:
        for name, kind in kinds.items():
            make = _Trials(workload, clients, kafka, name, kind)
            swept = [axes for grid, axes in possible[kafka] if grid.asks(name)]
            made = [make.trial(axes, each) for each in asked[name] for axes in swept]
            if kind.SHUFFLED:
                made.sort(key=lambda trial: (trial.repeat, _number(workload.seed, "order", trial.id)))
            trials += sorted(made, key=lambda trial: trial.cluster.links)
    return Plan(workload, tuple(trials), tuple(refused))


def _sorted_out(
    workload: Workload, asked: Mapping[str, Sequence[Asked]]
) -> tuple[dict[str, list[tuple[Grid, Config]]], list[Refused]]:
    """The combinations that each Kafka runs, with the grid that each is of, and those that are no trials there."""
    possible: dict[str, list[tuple[Grid, Config]]] = {kafka: [] for kafka in workload.kafka}
    refused: list[Refused] = []
    every = ((grid, axes) for grid in workload.sweep for axes in grid.combinations())
    for grid, axes in every:
        trials_each = sum(len(trials) for kind, trials in asked.items() if grid.asks(kind))
        config = complete({**workload.config, **axes}, workload.cluster.brokers)
        clashes: list[Contradiction] = []
        for kafka, runs in possible.items():
            if found := contradictions(config, kafka):
                clashes.append(found[0])
            else:
                runs.append((grid, axes))
        refused += [
            Refused(axes, clash.reason, clash.source, clashes.count(clash) * trials_each)
            for clash in dict.fromkeys(clashes)
        ]
    return possible, refused


@dataclass(frozen=True)
class _Trials:
    """Makes the trials of one kind on one Kafka."""

    workload: Workload
    clients: Clients
    kafka: str
    kind: str
    plans: Plans

    def trial(self, axes: Config, asked: Asked) -> Trial:
        workload, fault, parameters = self.workload, asked.fault, asked.parameters
        named = self.clients.named(str(axes["client"]))
        client, version = named.name, self.clients.version(named)
        stated = {**workload.config, **axes}
        brought = self._settings(client, fault, parameters) if fault else {}
        without = complete(stated, workload.cluster.brokers)
        config = complete({**brought, **stated}, workload.cluster.brokers)
        for name, value in {**asked.application, "partitions": asked.load.partitions}.items():
            config[name] = without[name] = value
        producers, topics = int(config.get("producers", 1)), int(config.get("topics", 1))
        # A partition that nothing was written to knows no producer, and takes whatever sequence comes first.
        warmup = asked.warmup and max(asked.warmup, partitions_in_all(config))
        load = replace(asked.load, messages=asked.load.messages - asked.warmup + producers * warmup)
        if _release(self.kafka) >= _ELIGIBLE_SINCE:
            config[_ELIGIBLE] = without[_ELIGIBLE] = int(workload.cluster.eligible_leader_replicas)
        several = [f"kafka-{self.kafka}"] if len(workload.kafka) > 1 else []
        own_id = trial_id(".".join([labels.axes_label(axes), *several, asked.label]), asked.repeat)
        replicas = int(config["replication.factor"])
        needs = fault.needs(parameters) if fault else frozenset[Need]()
        kind = CLUSTERS[workload.cluster.kind]
        return Trial(
            id=own_id,
            name=f"{labels.axes_name(axes)}{f' Kafka {self.kafka}' if several else ''}, "
            f"{asked.under}, run {asked.repeat}",
            kind=self.kind,
            repeat=asked.repeat,
            client=client,
            client_version=version,
            asked=named.version,
            config=config,
            load=load,
            under=asked.under,
            fault=fault.name if fault else None,
            parameters=parameters,
            replaced={key: without.get(key) for key, value in config.items() if without.get(key) != value},
            seed=_number(workload.seed, "seed", own_id),
            estimated_s=asked.takes_s(config, traits(client, version))
            + (producers - 1) * _PRODUCER_S
            + (topics - 1) * _TOPIC_S,
            estimated_bytes=load.messages * (load.message_size + _RECORD_OVERHEAD_BYTES) * replicas,
            skip=next(self._reasons_to_skip(client, axes, asked, config, needs), None),
            cluster=Wanted(
                self.kafka,
                workload.cluster.brokers,
                THEIRS if kind.theirs else self.plans.PROFILE,
                eligible_leader_replicas=config.get(_ELIGIBLE) != 0,
                links=kind.relays and Ability.LINKS in needs,
                warm=self.plans.WARM,
            ),
            warmup=warmup,
            needs=needs,
        )

    def _settings(self, client: str, fault: Fault, parameters: BaseModel | None) -> Config:
        """What the fault's recipe is made for, as far as the client has it."""
        settings = dict(fault.settings(parameters))
        producer = of_kind(settings, "producer").items()
        cannot = [name for name, value in producer if self.clients.unsupported(client, {name: value})]
        return {name: value for name, value in settings.items() if name not in cannot}

    def _reasons_to_skip(
        self, client: str, axes: Config, asked: Asked, config: Config, needs: frozenset[Need]
    ) -> Iterator[str]:
        fault = asked.fault
        under = fault.name if fault else NO_FAULT
        named = {**axes, "kafka": self.kafka, "fault": under, "trials": key_of(self.kind)}
        yield from (f"excluded: {rule.because}" for rule in self.workload.exclude if rule.matches(named))
        kind = CLUSTERS[self.workload.cluster.kind]
        lacking = kind.lacks(self.workload.cluster.model_dump())
        if lacks := dict.fromkeys(what for ability, what in lacking.items() if ability in needs):
            yield f"{under} cannot be done to a cluster of kind {kind.name}: it has {listed(lacks)}"
        producer = of_kind(config, "producer")
        if cannot := self.clients.unsupported(client, producer):
            yield " ".join(cannot)
        elif (refusal := self.clients.refuses(client, producer)) is not None:
            yield refusal
        if config.get("group.protocol") == "consumer" and _release(self.kafka) < _GROUPS_OF_CONSUMERS_SINCE:
            yield f"Kafka {self.kafka} has no group.protocol consumer: brokers have it since 4.0 (KIP-848)"
        if "deadline.ms" in config and config.get("transactional"):
            yield "what an application with transactions sends again after a deadline of its own is another transaction"
        if (reason := asked.refuses(client, config)) is not None:
            yield reason
        if fault and (says_nothing := fault.refuses(asked.parameters, config)) is not None:
            yield f"{fault.name} says nothing here: {says_nothing}"


def _release(kafka: str) -> tuple[int, ...]:
    return tuple(int(part) for part in kafka.split(".")[:2])


def _number(seed: int, what: str, of_trial: str) -> int:
    """48 random bits that follow from the workload's seed and a trial's id, on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed} {what} {of_trial}".encode()).digest()[:6])


def trial_id(stem: str, repeat: int) -> str:
    """What a trial is filed under: of a stem that is too long its beginning, and a hash of all of it."""
    if len(stem) > _LONGEST_STEM:
        digest = hashlib.sha256(stem.encode()).hexdigest()[:16]
        stem = f"{stem[: _LONGEST_STEM - len(digest) - 1]}-{digest}"
    return f"{stem}.r{repeat}"
