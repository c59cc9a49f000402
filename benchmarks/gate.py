"""Whether the gate cries wolf, and whether it sees what is there: ``python -m benchmarks.gate FOLDER [--rounds 11]``.

Two arms that are alike but for what a proxy on the clients' line does to the new one take turns on warm brokers, as
those of ``sweep --against`` do. Each effect has real comparisons of its own. Of all pairs that were measured more
comparisons are drawn: of pairs that are alike with their arms swapped by the toss of a coin, which are alike as well,
and of pairs with an effect some at random. Real and drawn ones are counted apart. Records are kept in FOLDER, and what
is there is not measured again.
"""

from __future__ import annotations

import argparse
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import provenance
from harness.against.arms import BASE, NEW, Arms, arms
from harness.compare.comparison import of_records
from harness.compare.figures import Answer
from harness.compare.outcome import Outcome
from harness.faults.steps import LineNeed
from harness.kinds import KINDS
from harness.plan import Trial
from harness.store import Results, TrialRecord
from harness.sweep import Turn, run_in_turn
from harness.trial.venue import Running
from harness.venues import Arm
from harness.wire import Proxy
from harness.wire.rules import WireRule
from harness.workers.fleet import Fleet
from harness.workload import parse

_DRAWN_ALIKE, _DRAWN_APART = 299, 59
"""So many without a miss bound it to 1 % and to 5 %, at 95 % confidence."""
_LOADS = ({"rate": "max", "seconds": 1, "messages": 500_000}, {"rate": 1000, "seconds": 1})


@dataclass(frozen=True)
class Effect:
    """What befalls the new arm, and the figures that have to show it."""

    name: str
    shows: tuple[str, ...]
    rule: Callable[[float, float], WireRule] | None = None
    """By what the base has without it: bytes a second of values, and the median latency in ms."""
    paced: bool = False
    """Whether it is for the paced load; else for that as fast as it goes."""
    from_s: float = 0.0
    """Of the load, when it begins."""


EFFECTS = (
    Effect("alike", ()),
    Effect(
        "a line of 88 percent", ("throughput",),
        lambda bytes_per_s, _: WireRule("bandwidth", bytes_per_s=int(0.88 * bytes_per_s)),
    ),
    Effect(
        "median latency up by a fifth", ("median latency",),
        lambda _, median_ms: WireRule("delay", ms=max(1, round(0.2 * median_ms))), paced=True,
    ),
    Effect(
        "20 ms more for 2 % of the requests", ("p99 latency",),
        lambda _, median_ms: WireRule("delay", ms=20, probability=0.02), paced=True,
    ),
    Effect(
        "a line of 55 percent in the last third", ("throughput", "throughput of the last third"),
        lambda bytes_per_s, _: WireRule("bandwidth", bytes_per_s=int(0.55 * bytes_per_s)), from_s=0.87,
    ),
)  # fmt: skip


class _ThroughAProxy:
    """The kind of trial that performance is, with an effect on the line of the new arm."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self.effect, self.bytes_per_s, self.median_ms = EFFECTS[0], 0.0, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)

    def drive(self, running: Running, fleet: Fleet, proxy: Proxy | None) -> None:
        effect, trial = self.effect, running.trial
        touched = effect.rule and not trial.id.startswith(f"{BASE}.") and effect.paced is (trial.load.rate != "max")
        assert proxy is not None
        timer = None
        if touched and effect.rule:
            rules = [effect.rule(self.bytes_per_s, self.median_ms)]
            timer = threading.Timer(effect.from_s, proxy.set_rules, [rules])
            timer.start()
        try:
            self._kind.drive(running, fleet, proxy)
        finally:
            if timer is not None:
                timer.cancel()
                timer.join()
                proxy.set_rules([])


@dataclass(frozen=True)
class Real:
    """A comparison that is measured: an effect, and the runs of both arms."""

    effect: Effect
    both: Arms
    sides: dict[str, Arm]

    @classmethod
    def of(cls, effect: Effect, number: int, folder: Path, client: str) -> Real:
        workload = parse(
            {
                "name": "gate", "kafka": "4.4.0", "seed": number + 1, "config": {"linger.ms": 5},
                "sweep": {"client": [client], "acks": ["all"], "enable.idempotence": [True]},
                "performance": {"partitions": 1, "loads": list(_LOADS)},
            }
        )  # fmt: skip
        both = arms(workload, "kafka==4.4.0")
        place = folder / f"{effect.name.replace(' ', '-').replace('%', 'percent')}-{number}"
        sides = {}
        for side in (BASE, NEW):
            there = (place / side / "run.json").exists()
            described = provenance.describe(f"{place.name}-{side}", workload, both.first(side))
            results = Results.open(place / side) if there else Results.create(place / side, described)
            sides[side] = Arm(workload, results)
        return cls(effect, both, sides)

    def turns(self, rounds: int) -> list[Turn]:
        """Those that have no record yet."""
        dice = random.Random(self.sides[NEW].results.folder.parent.name)
        done = {record.id for arm in self.sides.values() for record in arm.results.records()}
        return [
            Turn(self.sides[BASE if trial is pair.base else NEW], _by_proxy(trial))
            for pair in sorted(self.both.pairs, key=lambda pair: pair.either.repeat)
            if pair.either.repeat <= rounds
            for trial in (pair.both if dice.random() < 0.5 else [*reversed(pair.both)])
            if trial.id not in done
        ]

    @property
    def records(self) -> tuple[list[TrialRecord], list[TrialRecord]]:
        """Of the base and of the new arm."""
        return self.sides[BASE].results.records(), self.sides[NEW].results.records()


def _in_turn(real: Sequence[Real], through: _ThroughAProxy, rounds: int) -> Iterator[list[Turn]]:
    """One comparison after the other; what an effect is to be follows from what the bases had by then."""
    for each in real:
        bases = [record for one in real for record in one.records[0]]
        if rates := sorted(one.throughput.mb_per_s for one in bases if one.throughput and one.load["rate"] == "max"):
            through.bytes_per_s = rates[len(rates) // 2] * 1e6
        if medians := sorted(one.latency_ms.p50 for one in bases if one.latency_ms and one.load["rate"] != "max"):
            through.median_ms = medians[len(medians) // 2]
        through.effect = each.effect
        print(f"{each.effect.name}, of {through.bytes_per_s / 1e6:.1f} MB/s, {through.median_ms:.2f} ms", flush=True)
        if turns := each.turns(rounds):
            yield turns


def _by_proxy(trial: Trial) -> Trial:
    return replace(trial, needs=trial.needs | {LineNeed.PROXY})


class _Silent:
    def fetching(self, done_bytes: int, total_bytes: int) -> None: ...
    def doing(self, what: str) -> None: ...
    def starts(self, trial: Trial) -> None: ...
    def ended(self, record: TrialRecord) -> None: ...


def _said(base: Sequence[TrialRecord], new: Sequence[TrialRecord]) -> tuple[Outcome, set[str], set[str]]:
    """What a comparison comes to, which figures regressed, and of which nobody can tell."""
    found = of_records(base, new, frozenset(), paired=True)
    regressed = {each.figure for each in found.figures if each.answer is Answer.REGRESSED and each.gauge.gates}
    untold = {
        each.figure
        for each in found.figures
        if each.answer in (Answer.CANNOT_TELL, Answer.ENVIRONMENT) and each.gauge.gates
    }
    return found.outcome, regressed, untold


_Pairs = list[tuple[TrialRecord, TrialRecord]]


def _pairs(real: Sequence[Real]) -> dict[str, _Pairs]:
    """All pairs of all real comparisons, by their load."""
    pairs: dict[str, _Pairs] = {}
    for base, new in (each.records for each in real):
        others = {record.id: record for record in new}
        for record in base:
            if (other := others.get(record.id.removeprefix(f"{BASE}."))) is not None:
                pairs.setdefault(str(record.load["rate"]), []).append((record, other))
    return pairs


def _drawn(pairs: dict[str, _Pairs], rounds: int, number: int, *, swap: bool) -> list[list[TrialRecord]]:
    dice = random.Random(number)
    sides: list[list[TrialRecord]] = [[], []]
    for its in pairs.values():
        for repeat, pair in enumerate(dice.choices(its, k=rounds), start=1):
            turned = pair[::-1] if swap and dice.random() < 0.5 else pair
            for side, record in zip(sides, turned, strict=True):
                side.append(record.model_copy(update={"repeat": repeat}))
    return sides


def _lines(effect: Effect, real: Sequence[Real], rounds: int) -> Iterator[str]:
    times, pairs = _DRAWN_APART if effect.shows else _DRAWN_ALIKE, _pairs(real)
    every = {
        "real": [_said(*each.records) for each in real],
        "drawn": [_said(*_drawn(pairs, rounds, number, swap=not effect.shows)) for number in range(times)],
    }
    for kind, said in every.items():
        outcomes = Counter(outcome.name.lower() for outcome, _, _ in said)
        red = Counter(figure for _, regressed, _ in said for figure in regressed)
        untold = Counter(figure for _, _, figures in said for figure in figures)
        hit = sum(bool({*effect.shows} & regressed) for _, regressed, _ in said)
        found = f"found {hit} of {len(said)}" if effect.shows else f"{outcomes['regressed']} alarms in {len(said)}"
        yield f"{effect.name}, {kind}: {found}; {dict(outcomes)}, regressed {dict(red)}, cannot tell {dict(untold)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--client", default="confluent-kafka")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--real", type=int, default=3, help="comparisons of each effect that are measured")
    wanted = parser.parse_args()
    KINDS["performance"] = through = _ThroughAProxy(KINDS["performance"])
    real = [Real.of(effect, n, wanted.folder, wanted.client) for effect in EFFECTS for n in range(wanted.real)]
    run_in_turn(_in_turn(real, through, wanted.rounds), _Silent(), saturated=True)
    for effect in EFFECTS:
        for line in _lines(effect, [each for each in real if each.effect is effect], wanted.rounds):
            print(line, flush=True)


if __name__ == "__main__":
    main()
