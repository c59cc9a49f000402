"""Comparisons that are measured: an effect, and the runs of both arms."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.gate.effects import Base, Effect
from benchmarks.gate.said import Said
from harness import provenance
from harness.against.arms import BASE, NEW, Arms, between
from harness.against.rounds import in_turn
from harness.compare.gauges import GAUGES
from harness.events import Metric
from harness.faults.steps import LineNeed
from harness.measure.ratio import middle
from harness.plan import Trial
from harness.store import Results, TrialRecord
from harness.sweep import Turn
from harness.trial.venue import Running
from harness.venues import Arm
from harness.wire import Proxy
from harness.workers.fleet import Fleet
from harness.workload import parse

_LEADS_IN_S = 0.2  # of each load: first messages, and what leads in


class Done:
    """The kind of trial that performance is, with an effect on the new arm of a comparison."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self.real: Real | None = None
        self.base = Base(0, 0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)

    def drive(self, running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
        assert self.real is not None and proxy is not None
        trial, effect = running.trial, self.real.effect
        saturated = trial.load.rate == "max"
        self.base = self.real.base(self.base)
        steps: list[Callable[[], None]] = []
        if not trial.id.startswith(f"{BASE}."):
            if effect.rule and effect.paced is not saturated:
                steps.append(partial(proxy.set_rules, [effect.rule(self.base)]))
            if effect.once and saturated and trial.repeat == 2:
                steps.append(partial(effect.once, running, fleet))
        behind_s = _LEADS_IN_S + effect.from_share * (trial.load.seconds or 0) if effect.from_share else 0
        timers = [threading.Timer(behind_s, step) for step in steps]
        for timer in timers:
            timer.start()
        try:
            self._kind.drive(running, fleet, proxy)
        finally:
            for timer in timers:
                timer.cancel()
                timer.join()
            with contextlib.suppress(Exception):  # it may have ended; then the trial says so
                proxy.set_rules([])


@dataclass(frozen=True)
class Real:
    """A comparison that is measured: an effect, and the runs of both arms."""

    effect: Effect
    both: Arms
    sides: dict[str, Arm]

    @classmethod
    def of(cls, effect: Effect, name: str, folder: Path, client: str, loads: Sequence[Mapping[str, object]]) -> Real:
        base, new = (
            parse(
                {
                    "name": "gate", "kafka": "4.4.0", "seed": 1, "config": {"linger.ms": 5},
                    "sweep": {"client": [client], "acks": [acks], "enable.idempotence": [acks == "all"]},
                    **effect.trials(loads),
                }
            )
            for acks in effect.acks
        )  # fmt: skip
        both = between(base, new, "an arm that is alike")
        place = folder / name
        sides = {}
        for side, workload in ((BASE, base), (NEW, new)):
            there = (place / side / "run.json").exists()
            described = provenance.describe(f"{place.name}-{side}", workload, both.first(side))
            results = Results.open(place / side) if there else Results.create(place / side, described)
            sides[side] = Arm(workload, results)
        return cls(effect, both, sides)

    def open(self, rounds: int, stage: int) -> frozenset[str]:
        """The loads of which so many stages of rounds leave something open."""
        base, new = ([each for each in side if each.repeat <= stage * rounds] for side in self.records)
        return Said.of(base, new, stage=stage).open

    def turns(self, rounds: int, loads: Container[str] | None = None) -> list[Turn]:
        """Those of these loads, or of all, that have no record yet."""
        name = self.sides[NEW].results.folder.parent.name
        done = {record.id for arm in self.sides.values() for record in arm.results.records()}
        return [
            Turn(self.sides[BASE if trial is pair.base else NEW], _by_proxy(trial))
            for pair in sorted(self.both.pairs, key=lambda pair: pair.either.repeat)
            if pair.either.repeat <= rounds and (loads is None or str(pair.either.load.rate) in loads)
            for trial in in_turn(pair, name)
            if trial.id not in done
        ]

    @property
    def records(self) -> tuple[list[TrialRecord], list[TrialRecord]]:
        """Of the base and of the new arm."""
        base, new = self.sides[BASE].results.records(), self.sides[NEW].results.records()
        return base, new[:-1] if self.effect.loses_a_record else new

    def base(self, before: Base) -> Base:
        """By the last trials of the base; what there is none of is as it was before."""
        last = before
        for record in self.records[0]:
            if record.throughput and record.load["rate"] == "max":
                last = replace(last, bytes_per_s=record.throughput.mb_per_s * 1e6)
            elif record.latency_ms and record.load["rate"] != "max":
                last = replace(last, median_ms=record.latency_ms.p50)
        return last


def _by_proxy(trial: Trial) -> Trial:
    return replace(trial, needs=trial.needs | {LineNeed.PROXY})


def ratio_of(real: Real, figure: Metric) -> float:
    """Of the new arm to the base, in the middle of the pairs."""
    gauge = GAUGES[figure]
    base, new = ({each.repeat: of for each in side if (of := gauge.of(each))} for side in real.records)
    both = sorted(base.keys() & new.keys())
    return middle([new[repeat] for repeat in both], [base[repeat] for repeat in both])


def pairs_of(real: Sequence[Real]) -> dict[str, list[tuple[TrialRecord, TrialRecord]]]:
    """All pairs of all real comparisons, by their load."""
    pairs: dict[str, list[tuple[TrialRecord, TrialRecord]]] = {}
    for base, new in (each.records for each in real):
        others = {record.id: record for record in new}
        for record in base:
            if (other := others.get(record.id.removeprefix(f"{BASE}."))) is not None:
                pairs.setdefault(str(record.load["rate"]), []).append((record, other))
    return pairs
