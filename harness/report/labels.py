"""What a report calls things: short names made of what tells a run's trials apart, and the order they are listed in.

A configuration has a dozen settings, of which a sweep varies three. The label has those, so ``acks=all, idempotent``
means "and everything else as in the other rows"; what the rest is, the report says once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.events import flat_parameters
from harness.load.shape import pairs
from harness.store import TrialRecord
from harness.words import ABSENT, setting
from harness.workload.labels import sizes_name
from harness.workload.settings import SETTINGS

ACKS = "acks"
IDEMPOTENCE = "enable.idempotence"
REPLICATION = "replication.factor"
GUARANTEE = "processing.guarantee"
"""A pipeline's, which is its own name."""
WORKERS, MODE, PROTOCOL = "pipeline.workers", "pipeline.mode", "group.protocol"
"""What a pipeline states of its workers where there are several, or a group."""
WITHOUT_FAULT = "no fault"

_ALWAYS = (ACKS, IDEMPOTENCE)
_ACKS = ("0", "1", "all")
_FEATURES = {  # as Kafka has them without being asked, and otherwise
    ("eligible.leader.replicas.version", 1): "",
    ("eligible.leader.replicas.version", 0): "no eligible leader replicas",
}
_OF_TRANSACTIONS = "transaction."
Rank = tuple[tuple[int, float, str], ...]


@dataclass(frozen=True, order=True)
class Configuration:
    """What was configured, whoever ran it: sorts from the weakest acks to the strongest."""

    rank: Rank
    words: tuple[str, ...]
    """Of each setting that tells a run's configurations apart, in one order."""

    @property
    def guarantee(self) -> Rank:
        """Its acks and idempotence."""
        return self.rank[: len(_ALWAYS)]

    @property
    def rest(self) -> Rank:
        """Everything else that is in the label."""
        return self.rank[len(_ALWAYS) :]

    @property
    def leader_only(self) -> bool:
        """acks=1 without idempotence: a message counts as sent when one broker has it."""
        acks, idempotence = self.guarantee
        return acks == _rank(ACKS, "1") and idempotence != _rank(IDEMPOTENCE, True)

    def __str__(self) -> str:
        return ", ".join(self.words) or "defaults"


@dataclass(frozen=True, order=True)
class Subject:
    """One row of a table: what a trial was about, its fault, load and repeat aside."""

    client: str
    replication_factor: int
    configuration: Configuration


@dataclass(frozen=True)
class Labels:
    """The names for one run's trials."""

    keys: tuple[str, ...]
    """Settings that tell its configurations apart, acks first."""
    left_out: frozenset[str]
    """Those of them that some trials do not state."""
    versions: bool
    """Whether it ran more than one Kafka version."""
    upgraded: frozenset[str]
    """Clients of which it ran more than one version."""
    sizes: bool
    """Whether its loads have more than one message size."""
    parameters: Mapping[str, tuple[str, ...]]
    """For each fault, its parameters that differ between trials."""

    @classmethod
    def of(cls, records: Sequence[TrialRecord]) -> Labels:
        # Within one kind, replication factor and version: what follows from those (min ISR, partitions, eligible
        # leader replicas) tells nothing apart.
        groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        faults: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for record in records:
            groups[record.kind, record.config.get(REPLICATION), record.kafka].append(record.configured)
            faults[record.fault.name].append(flat_parameters(record.fault.parameters))
        varied = {key for configs in groups.values() for key in _varied(configs)}
        varied -= {key for key in varied if key.startswith(_OF_TRANSACTIONS) and _is_one(key, groups.values())}
        keys = (*_ALWAYS, *sorted(varied - {*_ALWAYS, REPLICATION}))
        clients: dict[str, set[str | None]] = defaultdict(set)
        for record in records:
            clients[record.client].add(record.client_version)
        loads = [record.load for record in records if not record.with_fault]
        return cls(
            keys=keys,
            left_out=frozenset(key for key in keys if any(key not in record.configured for record in records)),
            versions=len({record.kafka for record in records}) > 1,
            upgraded=frozenset(client for client, known in clients.items() if len(known - {None}) > 1),
            sizes=not {"message_size", "sizes"}.isdisjoint(_varied(loads)),
            parameters={name: tuple(sorted(_varied(given))) for name, given in faults.items()},
        )

    def configuration(self, record: TrialRecord) -> Configuration:
        """Two trials have the same one if they differ in client, replication factor, fault, load or repeat only."""
        config = record.configured
        words = [word for key in self.keys if key in config and (word := self._word(key, config[key]))]
        rank = [_rank(key, config.get(key)) for key in self.keys]
        if self.versions:
            words.append(f"Kafka {record.kafka}")
            rank.append(_rank("kafka", record.kafka))
        return Configuration(tuple(rank), tuple(words))

    def subject(self, record: TrialRecord) -> Subject:
        return Subject(self.client(record), replication_factor(record), self.configuration(record))

    def client(self, record: TrialRecord) -> str:
        """With its version, where several of it ran."""
        return record.client + (f" {record.client_version or ABSENT}" if record.client in self.upgraded else "")

    def fault(self, record: TrialRecord) -> str:
        """The fault's name, with the parameters that tell its recipes apart; ``no fault`` for a performance trial."""
        if not record.with_fault:
            return WITHOUT_FAULT
        given = flat_parameters(record.fault.parameters)
        words = [_plain(key, given[key]) for key in self.parameters[record.fault.name] if key in given]
        return record.fault.name + (f" ({', '.join(words)})" if words else "")

    def load(self, record: TrialRecord) -> str:
        """``max`` or ``2,000/s``, with the message size if there are several."""
        rate = record.load.get("rate")
        words = [ABSENT if rate is None else "max" if rate == "max" else f"{rate:,.10g}/s"]
        if self.sizes:
            sizes = pairs(record.load.get("sizes") or ())
            words.append(sizes_name(sizes) if sizes else f"{record.load.get('message_size', ABSENT)} B")
        return ", ".join(words)

    def row(self, record: TrialRecord) -> str:
        """A trial in one line: ``aiokafka, acks=all, idempotent, RF 3, lose-ack``."""
        return f"{name(self.subject(record))}, {self.under(record)}"

    def under(self, record: TrialRecord) -> str:
        """What the trial is about: ``lose-ack``, ``load max``."""
        return self.fault(record) if record.with_fault else f"load {self.load(record)}"

    def _word(self, key: str, value: Any) -> str:
        if value is False and key not in self.left_out:
            return ""
        if key in (GUARANTEE, WORKERS, MODE, PROTOCOL):
            return of_pipeline(key, value)
        if (key, value) in _FEATURES:
            return _FEATURES[key, value]
        known = SETTINGS.get(key)
        return _plain(key, value) if known is None or value is None else known.said(value)


def of_pipeline(key: str, value: Any) -> str:
    """What is said of a pipeline: ``exactly-once``, ``2 workers``, ``subscribe``, ``consumer protocol``."""
    return {WORKERS: "{} workers", PROTOCOL: "{} protocol"}.get(key, "{}").format(value)


def pipeline_name(config: Mapping[str, Any]) -> str:
    """A pipeline in words: ``exactly-once, 2 workers, subscribe``."""
    said = (GUARANTEE, WORKERS, MODE, PROTOCOL)
    return ", ".join(of_pipeline(key, config[key]) for key in said if key in config)


def name(subject: Subject) -> str:
    return f"{subject.client}, {subject.configuration}, RF {subject.replication_factor}"


def replication_factor(record: TrialRecord) -> int:
    return int(record.config.get(REPLICATION, 1))


def paced(record: TrialRecord) -> bool:
    """Whether the load had a rate of its own, so that its latency is not one at saturation."""
    return record.load.get("rate") not in ("max", None)


def _is_one(key: str, groups: Iterable[Iterable[Mapping[str, Any]]]) -> bool:
    """Whether all that have the key have it alike: that some have none follows from what they are."""
    return len({repr(each[key]) for configs in groups for each in configs if key in each}) == 1


def _varied(settings: Iterable[Mapping[str, Any]]) -> set[str]:
    settings = list(settings)
    keys = {key for each in settings for key in each}
    return {key for key in keys if len({repr(each.get(key)) for each in settings}) > 1}


def _plain(key: str, value: Any) -> str:
    if value is True:
        return key
    if value is None:
        return f"{key} unset"
    return setting(key, value)


def _rank(key: str, value: Any) -> tuple[int, float, str]:
    if key == ACKS and str(value) in _ACKS:
        return (1, _ACKS.index(str(value)), "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (0, 0.0, "") if value is None else (2, 0.0, str(value))
