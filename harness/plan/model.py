"""What a plan is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from harness.clients import Setting
from harness.clusters.can import Ability
from harness.faults.steps import Need
from harness.workload import Workload
from harness.workload.settings import of_kind

Kind = Literal["performance", "fault"]

CLUSTER_START_S = 12.5


@dataclass(frozen=True)
class TrialLoad:
    """What a trial sends. A fault paces its own load and counts its own warm-up: ``rate`` and ``seconds`` are None."""

    rate: float | Literal["max"] | None
    seconds: float | None
    messages: int
    """At most."""
    message_size: int
    partitions: int


@dataclass(frozen=True)
class Trial:
    """One run of one configuration: what it is, what it does, what it takes."""

    id: str
    """Readable, safe as a file name, the same in every plan of a workload; no id begins with another one and a dot."""
    name: str
    kind: Kind
    repeat: int
    """From 1."""
    kafka: str
    client: str
    config: dict[str, Setting]
    """Dotted names; always with acks, replication.factor, min.insync.replicas and partitions, and with
    eligible.leader.replicas.version where Kafka has them.
    """
    load: TrialLoad
    fault: str
    """``none`` in a performance trial."""
    parameters: BaseModel | None
    """The fault's, an instance of its ``Fault.parameters``; None in a performance trial."""
    replaced: dict[str, Setting | None]
    """Settings that the fault brought, with what they would be without it: None where they would not be stated."""
    seed: int
    estimated_s: float
    estimated_bytes: int
    """On all brokers together, before its topic is deleted."""
    skip: str | None
    """Why it is not run, if it is not."""
    eligible_leader_replicas: bool = True
    """Whether its cluster is formatted as its version is by default, which is with them where it has them."""
    needs: frozenset[Need] = frozenset()
    """What its fault's steps need, of the cluster and of the client's line to it."""

    @property
    def profile(self) -> Kind:
        """How its brokers are set up (``harness.clusters.Wanted``)."""
        return self.kind

    @property
    def relays(self) -> bool:
        """Whether its cluster has relays between the nodes, for a fault that cuts them off from each other."""
        return Ability.LINKS in self.needs

    @property
    def kind_of_cluster(self) -> tuple[str, Kind, bool, bool]:
        """Trials of one kind run on one cluster."""
        return self.kafka, self.profile, self.eligible_leader_replicas, self.relays

    @property
    def producer_config(self) -> dict[str, Setting]:
        """What of ``config`` the client gets."""
        return of_kind(self.config, "producer")

    @property
    def topic_config(self) -> dict[str, Setting]:
        """What of ``config`` the topic gets, its replication.factor included."""
        return of_kind(self.config, "topic")


@dataclass(frozen=True)
class Refused:
    """A combination that is no trial, with Kafka's own reason. ``trials``: how many trials it would have been."""

    combination: dict[str, Setting]
    reason: str
    source: str
    trials: int


@dataclass(frozen=True)
class Plan:
    """Everything of one run."""

    workload: Workload
    trials: tuple[Trial, ...]
    """In the order they are run; by Kafka version, then performance before faults, then those that need relays, so that
    clusters start seldom.
    """
    refused: tuple[Refused, ...]

    @property
    def runnable(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.skip is None)

    @property
    def estimated_s(self) -> float:
        """Of the whole run, with a start of each kind of cluster."""
        clusters = {trial.kind_of_cluster for trial in self.runnable}
        return CLUSTER_START_S * len(clusters) + sum(trial.estimated_s for trial in self.runnable)

    @property
    def biggest(self) -> Trial | None:
        """The trial that writes most. Topics go when their trial is judged, so the disk has to hold no more."""
        return max(self.runnable, key=lambda trial: trial.estimated_bytes, default=None)
