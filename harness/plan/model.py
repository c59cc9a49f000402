"""What a plan is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from harness.clients import Setting
from harness.clients.named import Named
from harness.clusters import Wanted
from harness.faults.steps import Need
from harness.load.shape import Shape
from harness.traits import Traits
from harness.workload import Config, Workload
from harness.workload.known import Fault, Faults
from harness.workload.settings import of_kind, of_topic

CLUSTER_START_S = 10.0
WARM_UP_S = 25.0


@dataclass(frozen=True)
class Sought:
    """The highest rate that a configuration sustains is sought between two."""

    p99_ms: float
    """The most that the 99th percentile of latency may be."""
    lowest: float
    highest: float


@dataclass(frozen=True)
class TrialLoad:
    """What a trial sends. A fault paces its own load and counts its own warm-up: ``rate`` and ``seconds`` are None."""

    rate: float | Literal["max"] | None
    seconds: float | None
    messages: int
    """At most."""
    message_size: int
    """Of values of several sizes the mean."""
    partitions: int
    """Of each of its topics."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Bytes, and of how many in each hundred messages, where not all are of one size."""
    sought: Sought | None = None
    """Its rate is one of a search for the highest; until it runs that is the highest that there may be."""

    @property
    def stated(self) -> dict[str, Any]:
        """What it has, as records say it."""
        return {each.name: asdict(self)[each.name] for each in fields(self) if getattr(self, each.name) != each.default}


@dataclass(frozen=True)
class Asked:
    """One trial that is asked of every configuration."""

    repeat: int
    """From 1."""
    load: TrialLoad
    label: str
    """Of its load or its fault, for the id."""
    under: str
    """The same for people: ``2000 msg/s, 100 B``, ``lose-ack (times=2)``."""
    takes_s: Callable[[Config, Traits], float]
    """About how long, with what it is configured to and this client."""
    fault: Fault | None = None
    parameters: BaseModel | None = None
    """The fault's, an instance of its ``Fault.parameters``."""
    application: Config = field(default_factory=dict)
    """What the application does, beside the settings that a workload has."""
    warmup: int = 0
    """So many of the load's messages warm a producer up, which each does in every partition."""
    refuses: Callable[[str, Config], str | None] = lambda client, config: None
    """Why the trial would say nothing of this client in this configuration, or None."""


class Plans(Protocol):
    """What a plan needs of a kind of trial (``harness.kinds``)."""

    PROFILE: str
    """How the brokers of its trials are set up (``harness.clusters.Wanted``)."""
    WARM: bool
    """Whether they have to be warm before the first of its trials."""
    SHUFFLED: bool
    """Whether each repeat has an order of its own, shuffled by the seed, so that drift favours no configuration."""

    def asks(self, workload: Workload, faults: Faults) -> Sequence[Asked]:
        """Its trials of each configuration, in the order they are run; none if the workload wants none."""


@dataclass(frozen=True)
class Trial:
    """One run of one configuration: what it is, what it does, what it takes."""

    id: str
    """Readable, safe as a file name, the same in every plan of a workload; no id begins with another one and a dot."""
    name: str
    kind: str
    """One of ``harness.kinds.KINDS``."""
    repeat: int
    """From 1."""
    client: str
    client_version: str
    config: dict[str, Setting]
    """Dotted names; always with acks, replication.factor, min.insync.replicas and partitions, and with
    eligible.leader.replicas.version where Kafka has them.
    """
    load: TrialLoad
    under: str
    """Its load or its fault, for people."""
    fault: str | None
    parameters: BaseModel | None
    """The fault's, an instance of its ``Fault.parameters``."""
    replaced: dict[str, Setting | None]
    """Settings that the fault brought, with what they would be without it: None where they would not be stated."""
    seed: int
    estimated_s: float
    estimated_bytes: int
    """On all brokers together, before its topic is deleted."""
    skip: str | None
    """Why it is not run, if it is not."""
    cluster: Wanted
    """What it runs on. Trials that want the same run on one."""
    warmup: int = 0
    """So many of its load's messages warm each producer up; 0 where a kind of trial does that beside the load."""
    needs: frozenset[Need] = frozenset()
    """What its fault's steps need, of the cluster and of the client's line to it."""
    asked: str | None = None
    """The version of its client's package that it has to run; None where that is the installed one."""

    @property
    def kafka(self) -> str:
        return self.cluster.kafka

    @property
    def driven(self) -> Named:
        """Its client, as its children are told it."""
        return Named(self.client, self.asked)

    @property
    def producer_config(self) -> dict[str, Setting]:
        """What of ``config`` the client gets."""
        return of_kind(self.config, "producer")

    @property
    def transactional(self) -> bool:
        return bool(self.config.get("transactional"))

    @property
    def producers(self) -> int:
        """How many it has."""
        return int(self.config.get("producers", 1))

    @property
    def topics(self) -> int:
        """How many it has."""
        return int(self.config.get("topics", 1))

    @property
    def shape(self) -> Shape:
        """What its messages look like."""
        return Shape.configured(self.load.sizes or ((self.load.message_size, 100),), self.config)

    def share(self, messages: int) -> int:
        """The most that one of its producers sends of so many."""
        return -(-messages // self.producers)

    @property
    def topic_config(self) -> dict[str, str]:
        """What of ``config`` its topics get, as Kafka takes it."""
        return of_topic(self.config)


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
    """In the order they are run; by Kafka version, then by kind, then those that need relays between nodes behind the
    others, so that clusters start seldom.
    """
    refused: tuple[Refused, ...]

    @property
    def runnable(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.skip is None)

    @property
    def estimated_s(self) -> float:
        """Of the whole run, with a start of each cluster, and where it is to be warm with that."""
        clusters = {trial.cluster for trial in self.runnable}
        saturated = {trial.cluster for trial in self.runnable if trial.load.rate == "max"}
        warm_ups_s = sum(WARM_UP_S / (1 if each in saturated else 2) for each in clusters if each.warm)
        return CLUSTER_START_S * len(clusters) + warm_ups_s + sum(trial.estimated_s for trial in self.runnable)

    @property
    def biggest(self) -> Trial | None:
        """The trial that writes most. Topics go when their trial is judged, so the disk has to hold no more."""
        return max(self.runnable, key=lambda trial: trial.estimated_bytes, default=None)
