"""What a configuration did under a load, over its repeats, and what its guarantees cost against a weaker one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.report.labels import GUARANTEE, Configuration, Labels, Subject, paced
from harness.report.wording import Spread
from harness.store import Percentiles, Throughput, TrialRecord

Clock = Literal["latency_ms", "service_ms", "committed_ms", "end_to_end_ms"]
Quantile = Literal["p50", "p99", "p99_9"]

_NEEDS = {"p50": 2, "p99": 100, "p99_9": 1_000}


@dataclass(frozen=True)
class Performance:
    """One subject under one load. Its trials are those that have figures, at least one."""

    subject: Subject
    load: str
    paced: bool
    rate: float
    """Messages a second that were due; infinite for ``rate: max``."""
    message_size: int
    trials: tuple[TrialRecord, ...]

    @property
    def throughput(self) -> Spread | None:
        """Messages a second: acked, or of a producer with transactions committed."""
        return Spread.of([of.messages_per_s for trial in self.trials if (of := went(trial))])

    @property
    def mb_per_s(self) -> Spread | None:
        return Spread.of([of.mb_per_s for trial in self.trials if (of := went(trial))])

    @property
    def transactions(self) -> Spread | None:
        """How many whole ones a trial had."""
        return Spread.of([trial.transactions.whole for trial in self.trials if trial.transactions])

    @property
    def steady(self) -> bool:
        """False if a repeat was too short for its figures: its two halves disagree."""
        return not any(trial.throughput and trial.throughput.steady is False for trial in self.trials)

    @property
    def client_cpu_s(self) -> Spread | None:
        return Spread.of([trial.client_cpu_s for trial in self.trials])

    def percentile(self, clock: Clock, which: Quantile) -> Spread | None:
        """Milliseconds. None where too few messages were timed for one to lie beyond the percentile."""
        return Spread.of([percentile_of(getattr(trial, clock), which) for trial in self.trials])


@dataclass(frozen=True)
class Cost:
    """A subject's figures beside those of the baseline: the same client, replication factor and message size."""

    subject: Subject
    message_size: int
    throughput: Spread | None
    """Of the load ``rate: max``."""
    p99_ms: Spread | None
    paced_load: str | None
    """What the p99 was measured at: the fastest paced load."""
    steady: bool
    """Whether what it and the baseline were measured by was."""
    repeats: int
    """Of whichever of its and the baseline's figures has the fewest. From one each no difference can be told."""
    is_baseline: bool = False
    throughput_ratio: Spread | None = None
    """Of the medians; from the least that a repeat of it and one of the baseline would give to the most."""
    p99_ratio: Spread | None = None


@dataclass(frozen=True)
class Costs:
    """What guarantees cost in one run."""

    against: str
    """The baseline in words."""
    rows: tuple[Cost, ...]

    @property
    def repeats(self) -> int:
        """Of whatever was measured the least often."""
        return min(row.repeats for row in self.rows)


def performances(records: Sequence[TrialRecord], labels: Labels, *, of_pipelines: bool = False) -> list[Performance]:
    """Every subject and load that has figures, by message size, load (saturation last) and subject: producers, or
    pipelines, for those are not to be compared.
    """
    groups: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if (GUARANTEE in record.config) is not of_pipelines:
            continue
        if not record.with_fault and record.status == "completed" and (record.throughput or record.latency_ms):
            groups[record.key].append(record)
    found = [
        Performance(
            subject=labels.subject(trials[0]),
            load=labels.load(trials[0]),
            paced=paced(trials[0]),
            rate=float(trials[0].load["rate"]) if paced(trials[0]) else float("inf"),
            message_size=int(trials[0].load.get("message_size", 0)),
            trials=tuple(trials),
        )
        for trials in groups.values()
    ]
    return sorted(found, key=lambda each: (each.message_size, each.rate, each.subject))


def went(trial: TrialRecord) -> Throughput | None:
    """How fast it went: what is in no transaction counts when it is acked, what is in one when that is committed."""
    return trial.throughput if trial.transactions is None else trial.committed_throughput


def costs(measured: Sequence[Performance]) -> Costs | None:
    """Ratios to acks=1 without idempotence, or, where some client or replication factor lacks it, to the fastest.

    Configurations are compared that differ in acks and idempotence only; if none do, all of one client, replication
    factor and message size are. None if there is nothing to compare.
    """
    guarantees_vary = len({each.subject.configuration.guarantee for each in measured}) > 1
    groups: dict[object, dict[Configuration, list[Performance]]] = defaultdict(lambda: defaultdict(list))
    for each in measured:
        subject = each.subject
        rest = subject.configuration.rest if guarantees_vary else ()
        groups[subject.client, subject.replication_factor, each.message_size, rest][subject.configuration].append(each)
    comparable = [[_cost(loads) for loads in group.values()] for group in groups.values() if len(group) > 1]
    if not comparable:
        return None
    leader_only = guarantees_vary and all(any(map(_leader_only, group)) for group in comparable)
    rows = [row for group in comparable for row in _compared(group, leader_only=leader_only)]
    return Costs(
        against="acks=1" if leader_only else "the fastest configuration",
        rows=tuple(sorted(rows, key=lambda cost: (cost.message_size, cost.subject))),
    )


def _cost(loads: Sequence[Performance]) -> Cost:
    saturated = next((load for load in loads if not load.paced), None)
    fastest_paced = max((load for load in loads if load.paced), key=lambda load: load.rate, default=None)
    return Cost(
        subject=loads[0].subject,
        message_size=loads[0].message_size,
        throughput=saturated.throughput if saturated else None,
        p99_ms=fastest_paced.percentile("latency_ms", "p99") if fastest_paced else None,
        paced_load=fastest_paced.load if fastest_paced else None,
        steady=all(load.steady for load in (saturated, fastest_paced) if load),
        repeats=min(len(load.trials) for load in (saturated, fastest_paced) if load),
    )


def _compared(group: Sequence[Cost], *, leader_only: bool) -> list[Cost]:
    base = next(cost for cost in group if _leader_only(cost)) if leader_only else max(group, key=_speed)
    return [
        replace(
            cost,
            is_baseline=cost is base,
            steady=cost.steady and base.steady,
            repeats=min(cost.repeats, base.repeats),
            throughput_ratio=_ratio(cost.throughput, base.throughput),
            p99_ratio=_ratio(cost.p99_ms, base.p99_ms),
        )
        for cost in group
    ]


def _leader_only(cost: Cost) -> bool:
    return cost.subject.configuration.leader_only


def _speed(cost: Cost) -> tuple[float, float]:
    return (cost.throughput.median if cost.throughput else 0.0, -cost.p99_ms.median if cost.p99_ms else 0.0)


def _ratio(value: Spread | None, base: Spread | None) -> Spread | None:
    if value is None or base is None or base.low <= 0:
        return None
    repeats = min(value.repeats, base.repeats)
    return Spread(value.median / base.median, value.low / base.high, value.high / base.low, repeats)


def percentile_of(timed: Percentiles | None, which: Quantile) -> float | None:
    """Milliseconds; None where too few messages were timed for one to lie beyond it."""
    return None if timed is None or timed.count < _NEEDS[which] else float(getattr(timed, which))
