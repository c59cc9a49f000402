"""What a configuration did under a load, over its repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.report.labels import GUARANTEE, Labels, Subject, paced
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
        """False if most repeats did not run at one rate. What a few of them change is in the interval."""
        told = [trial.throughput.steady for trial in self.trials if trial.throughput]
        return 2 * told.count(False) <= len(told)

    @property
    def client_cpu_s(self) -> Spread | None:
        return Spread.of([trial.client_cpu_s for trial in self.trials])

    def percentile(self, clock: Clock, which: Quantile) -> Spread | None:
        """Milliseconds. None where too few messages were timed for one to lie beyond the percentile."""
        return Spread.of([percentile_of(getattr(trial, clock), which) for trial in self.trials])


def performances(records: Sequence[TrialRecord], labels: Labels, *, of_pipelines: bool = False) -> list[Performance]:
    """Every subject and load that has figures, by message size, load (saturation last) and subject: producers, or
    pipelines, for those are not to be compared.
    """
    groups: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if (GUARANTEE in record.config) is not of_pipelines or record.sustained is not None:
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


def done(trial: TrialRecord) -> Percentiles | None:
    """Until a message is what its client promises: acked, or what is in a transaction or a pipeline committed."""
    return trial.committed_ms if trial.transactions is not None or GUARANTEE in trial.config else trial.latency_ms


def percentile_of(timed: Percentiles | None, which: Quantile) -> float | None:
    """Milliseconds; None where too few messages were timed for one to lie beyond it."""
    return None if timed is None or timed.count < _NEEDS[which] else float(getattr(timed, which))
