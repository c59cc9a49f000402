"""What of a performance trial is compared, which way is worse, and how much of it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.events import Metric
from harness.report.labels import paced
from harness.report.performance import Quantile, done, percentile_of, went
from harness.store import TrialRecord

Value = Callable[[TrialRecord], float | None]


@dataclass(frozen=True)
class Gauge:
    """A figure of a trial, which is above 0 or None."""

    value: Value
    unit: str
    paced: bool
    """Whether it is of a load with a rate of its own; of one as fast as it goes otherwise."""
    more_is_worse: bool
    beyond: float
    """So many times worse is a regression, if the interval bears it out."""
    seen: float
    """So many times worse has to be seen, else there is no telling whether it is one."""

    def of(self, trial: TrialRecord) -> float | None:
        """Of a trial without a fault."""
        return self.value(trial) if paced(trial) is self.paced else None


def _rate(trial: TrialRecord) -> float | None:
    return of.messages_per_s if (of := went(trial)) else None


def _last_third(trial: TrialRecord) -> float | None:
    return (of.last_third_per_s or None) if (of := went(trial)) else None


def _cpu_us(trial: TrialRecord) -> float | None:
    """Of the client's processes, a message."""
    sent = trial.counts.sent if trial.counts else 0
    return trial.client_cpu_s / sent * 1e6 if trial.client_cpu_s and sent else None


def _latency(which: Quantile) -> Value:
    return lambda trial: percentile_of(done(trial), which)


def _end_to_end_p99(trial: TrialRecord) -> float | None:
    return percentile_of(trial.end_to_end_ms, "p99")


# By how much: what a pair of trials of a second or two shows in a few rounds. A 99th percentile varies by half between
# two trials that are alike, so what has to be seen of it is a doubling.
GAUGES: Mapping[Metric, Gauge] = {
    Metric.THROUGHPUT: Gauge(_rate, "messages/s", paced=False, more_is_worse=False, beyond=1 / 0.9, seen=1 / 0.8),
    Metric.LAST_THIRD: Gauge(_last_third, "messages/s", paced=False, more_is_worse=False, beyond=1 / 0.9, seen=1 / 0.8),
    Metric.CPU: Gauge(_cpu_us, "us", paced=False, more_is_worse=True, beyond=1.1, seen=1.2),
    Metric.MEDIAN: Gauge(_latency("p50"), "ms", paced=True, more_is_worse=True, beyond=1.1, seen=1.2),
    Metric.P99: Gauge(_latency("p99"), "ms", paced=True, more_is_worse=True, beyond=1.5, seen=2.0),
    Metric.END_TO_END_P99: Gauge(_end_to_end_p99, "ms", paced=True, more_is_worse=True, beyond=1.5, seen=2.0),
}
