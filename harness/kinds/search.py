"""A search for the highest rate that a configuration sustains, in a stated number of trials.

Each trial has a rate between the highest that held so far and the lowest that did not, in the middle of the two on a
logarithmic scale: so the number of trials, and no length of patience, says how narrow the answer is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

from harness import measure
from harness.clients import Setting
from harness.clients.named import another
from harness.kinds import loading
from harness.plan import Asked, Sought, Trial, TrialLoad
from harness.report.blocks import Section, section
from harness.report.data import Data
from harness.report.performance import done
from harness.report.sought import answers
from harness.store import Availability, TrialRecord
from harness.trial.observed import before_and_after
from harness.trial.venue import Running
from harness.verify import Readings
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workload import Workload
from harness.workload.known import Faults

PROFILE = "performance"
WARM = True
SHUFFLED = False  # each trial of a search rests on the one before; configurations take turns all the same
_NARROW = 1.02
"""So near to each other neither end of what is left says more than the other."""


def asks(workload: Workload, faults: Faults) -> Sequence[Asked]:
    wanted = workload.search
    if wanted is None:
        return []
    messages = max(1, round(wanted.highest * wanted.seconds))
    sought = Sought(wanted.p99_ms, wanted.lowest, wanted.highest)
    load = TrialLoad(wanted.highest, wanted.seconds, messages, wanted.message_size, wanted.partitions, sought=sought)
    label = f"p99-{wanted.p99_ms:g}-ms.size-{wanted.message_size}"
    what = f"highest rate with p99 up to {wanted.p99_ms:g} ms, {wanted.message_size} B"
    return [
        Asked(
            repeat,
            load,
            f"{label}.step-{step}",
            f"{what}, trial {step}",
            lambda config, client: wanted.seconds + loading.OVERHEAD_S,
        )
        for repeat in range(1, wanted.repeats + 1)
        for step in range(1, wanted.trials + 1)
    ]


def settle(trial: Trial, earlier: Callable[[], Sequence[TrialRecord]]) -> Trial:
    """With the rate that is to be tried next, or none where what is left is narrow."""
    load, sought = trial.load, trial.load.sought
    assert sought is not None and load.seconds is not None
    of_search = [record for record in earlier() if _same_search(record, trial)]
    rate = next_rate(sought, {float(each.load["rate"]): each.sustained.holds for each in of_search if each.sustained})
    if rate is None:
        return replace(trial, skip="the search had ended: what was left is narrower than 2 %")
    return replace(trial, load=replace(load, rate=rate, messages=max(1, round(rate * load.seconds))))


def next_rate(sought: Sought, held: Mapping[float, bool]) -> float | None:
    """Between those that ``held`` and those that did not, of three digits; None where nothing is left between them."""
    lowest = max((rate for rate, holds in held.items() if holds), default=sought.lowest)
    highest = min((rate for rate, holds in held.items() if not holds and rate > lowest), default=sought.highest)
    rate = float(f"{sqrt(lowest * highest):.3g}")
    return rate if highest / lowest >= _NARROW and rate not in held else None


def _same_search(record: TrialRecord, trial: Trial) -> bool:
    """Whether it is an earlier trial of the same configuration, in the same repeat."""
    its, own = ({**load, "rate": 0, "messages": 0} for load in (record.load, trial.load.stated))
    its.pop("most_waiting_bytes", None)
    said = record.client_version or ""
    if another(trial.driven, said) if trial.asked else said != trial.client_version:
        return False  # of another version of the client
    of_record = (record.kind, record.repeat, record.client, record.kafka, record.config, its)
    return of_record == (trial.kind, trial.repeat, trial.client, trial.kafka, trial.config, own)


def producing(trial: Trial) -> dict[str, Setting]:
    return trial.producer_config


capacity = loading.capacity
observed = before_and_after


def drive(running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
    """Nobody consumes meanwhile: what one takes of the machine would be taken from the rate."""
    loading.lead_in_and_measure(running, fleet, proxy)


def read(readings: Readings, record: TrialRecord, journals: Path) -> Readings:
    return readings


def figures(record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
    """None of a load that something stopped or held up, which the search then tries again."""
    if record.reason is not None:
        return {}
    producers, ends = readings.producers or [], measure.Ends.of(record.config)
    found = measure.reported(producers, record.load["message_size"], ends)
    latency = done(record.model_copy(update=found))
    return {
        **found,
        "sustained": measure.sustained(producers, latency, record.load["sought"]["p99_ms"]),
        **loading.paced_figures(record, producers),
        "availability": Availability(longest_gap_s=measure.longest_gap_s(producers), recovery_s=None),
    }


def sections(data: Data) -> Iterator[Section]:
    yield from section("Highest rate", *answers(data.records, data.labels))
