"""Figure by figure, whether the new ones are worse: the rule of the gate.

It is a regression where an estimate is so far off that it matters, and its one-sided bound says that it is beyond the
margin, at a level that holds for all figures that gate together (Holm, Scandinavian Journal of Statistics 6, 1979): of
a thousand comparisons of what is alike, at most one has an alarm. Ten rounds seldom bear so much out, so that what
seems worse in them has as many again. Where it could not have been seen that is said, and never that there is none.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.stats import false_discovery_control

from harness.compare.cells import Both
from harness.compare.estimate import FEWEST_UNPAIRED, MARGIN, Estimate
from harness.compare.gauges import GAUGES, Gauge
from harness.compare.measured import Measured, measured
from harness.events import GATING, Metric
from harness.report.wording import Spread
from harness.store import TrialRecord

ALARM = 0.001
"""How likely a false one is, in a whole comparison: a gate that is run for every change must not cry wolf."""
STAGES = 4
"""Times as many rounds as at first are run at most, of what is still open; behind all but the first there may be an
alarm, so that each has its share of it.
"""
_HINT = 0.2
"""How likely pairs may be that are no worse, for more rounds to be worth their time: of fifteen figures that did not
change some seem worse.
"""
LEVEL = 0.01
"""How likely anything else that is said of a figure that gates is wrong: that it is better, or within its bounds."""
_FEWEST = 10  # rounds: what is seen in fewer is seldom borne out by more
_QUIET = 1.25  # times longer: the fixed piece of work varies so much on a machine that nobody else uses
_ANOTHER = 1.1  # times longer or shorter: the machine itself is another than it was


class Answer(StrEnum):
    """What is said of a figure, worst first."""

    REGRESSED = "regressed"
    MISSING = "missing"
    """It was measured before and is not now, or not in all repeats; of runs that took turns, not in the same ones."""
    CANNOT_TELL = "cannot tell"
    """Too noisy, or too few repeats: what matters may be the case."""
    ENVIRONMENT = "environment"
    """The same, and the machine itself varied; or it was another one than it was for the run before."""
    IMPROVED = "improved"
    NO_DIFFERENCE = "no difference"
    NEW = "new"
    """It was not measured before."""


@dataclass(frozen=True)
class Compared:
    """One figure of one trial."""

    trial: Both
    figure: Metric
    base: Spread | None
    new: Spread | None
    answer: Answer
    gates: bool
    """Whether it counts for what is said of the whole; the others are listed."""
    estimate: Estimate | None = None
    """None where there is nothing to compare."""
    paired: bool = True
    """Whether the repeats of both runs were made in turn."""
    work_ms: tuple[float, float] | None = None
    """How long a fixed piece of work took on the machine, where that varied: of runs made in turn from the tenth to the
    ninetieth of a hundred times, of others in the base and in the new one.
    """

    @property
    def gauge(self) -> Gauge:
        return GAUGES[self.figure]

    @property
    def ratio(self) -> tuple[float, float | None, float | None]:
        """Of the new one to the base, and its bounds; there is an estimate."""
        assert self.estimate is not None
        worse, low, high = self.estimate.worse, self.estimate.low, self.estimate.high
        if self.gauge.more_is_worse:
            return worse, low, high
        return 1 / worse, high and 1 / high, low and 1 / low

    @property
    def could_see(self) -> float | None:
        """So many times worse would have shown at the level of the bounds; and in pairs, with the rounds that it would
        have had more, been an alarm.
        """
        if self.estimate is None or self.estimate.low is None:
            return None
        return max(self.gauge.beyond, MARGIN * self.estimate.worse / self.estimate.low)

    @property
    def ruled_out(self) -> bool:
        """Whether its bounds leave no room for what has to be seen, either way, nor is the estimate what matters."""
        its = self.estimate
        if its is None or its.low is None or its.high is None:
            return False
        return max(its.high, 1 / its.low) < self.gauge.seen and max(its.worse, 1 / its.worse) <= self.gauge.beyond

    @property
    def repeats_to_tell(self) -> int | None:
        """About how many would, if they vary as these do: that it is worse or better by what matters, or that what has
        to be seen is not the case. Of too few to have a bound that is not known.
        """
        its = self.estimate
        if its is None or its.low is None or its.high is None:
            return None
        off = max(its.worse, 1 / its.worse)
        width = math.log(max(its.high / its.worse, its.worse / its.low))
        room = math.log(off / MARGIN if off > self.gauge.beyond else self.gauge.seen / max(off, MARGIN))
        fewest = _FEWEST if self.paired else FEWEST_UNPAIRED
        return max(fewest, its.repeats + 1, math.ceil(its.repeats * (width / room) ** 2))

    def open(self, stage: int) -> bool:
        """Whether more rounds may make an alarm of it, behind so many stages of them: behind the first if it is worse
        by half of the way from what is no difference to what matters, later if its estimate is what matters; and not
        where chance does the same in more than one of five (``_HINT``).
        """
        its, beyond = self.estimate, self.gauge.beyond if stage > 1 else math.sqrt(MARGIN * self.gauge.beyond)
        if its is None or not self.gates or self.answer is Answer.REGRESSED:
            return False
        return its.worse > beyond and its.p_worse <= _HINT


def compare(
    trials: Iterable[Both], *, paired: bool, gating: Collection[Metric] = GATING, alarm: float | None = None
) -> list[Compared]:
    """All figures of all trials without a fault, the worst first; ``paired`` if the repeats of both runs were made in
    turn, so that what happens to the machine happens to either. ``gating``: those that count for the whole. ``alarm``:
    at what level they are worse, where nobody is alarmed by it.
    """
    trials = [*trials]
    alarm = alarm or (ALARM / (STAGES - 1) if paired else ALARM)
    between_runs = None if paired else _another_machine(trials)
    found = [*measured(trials, paired=paired, gating=gating)]
    levels = [LEVEL / max(1, sum(each.gates is its.gates for each in found if each.comparable)) for its in found]
    estimates = [each.estimate(level) if each.comparable else None for each, level in zip(found, levels, strict=True)]
    worse = _borne_out(found, [each.p_worse if each else 1.0 for each in estimates], alarm)
    better = _borne_out(found, [each.p_better if each else 1.0 for each in estimates], LEVEL)
    for its, level in (*worse.items(), *better.items()):  # so that its bound says what it is called
        estimates[its] = found[its].estimate(level)
    compared = [
        _compared(each, estimate, _varied(each.trial) if paired else between_runs, its in worse, its in better)
        for its, (each, estimate) in enumerate(zip(found, estimates, strict=True))
    ]
    order = list(Answer)
    return sorted(compared, key=lambda each: (order.index(each.answer), each.trial.row, [*GAUGES].index(each.figure)))


def fewest_rounds(gating: int) -> int:
    """With which so many figures that gate have bounds: that all pairs go one way has a chance of one in two for each
    of them. With twice as many any can be an alarm.
    """
    return max(_FEWEST, math.ceil(math.log2(max(1, gating) / LEVEL)))


def _borne_out(found: Sequence[Measured], p_values: Sequence[float], gate: float) -> dict[int, float]:
    """Which are beyond the margin, and at what level each is by itself: of those that gate with no more than ``gate``
    for any mistake (Holm), of the others with a share of ``LEVEL`` of mistakes among them (Benjamini and Hochberg).
    """
    sure: dict[int, float] = {}
    gating = sorted((p, its) for its, p in enumerate(p_values) if found[its].gates and found[its].comparable)
    for rank, (p, its) in enumerate(gating):
        if p > (level := gate / (len(gating) - rank)):
            break
        sure[its] = level
    if listed := [its for its, each in enumerate(found) if not each.gates and each.comparable]:
        adjusted = false_discovery_control([p_values[its] for its in listed])
        apart = [its for its, p in zip(listed, adjusted, strict=True) if p <= LEVEL]
        sure |= dict.fromkeys(apart, LEVEL * len(apart) / len(listed))
    return sure


def _compared(
    each: Measured, estimate: Estimate | None, work_ms: tuple[float, float] | None, worse: bool, better: bool
) -> Compared:
    base, new = Spread.of([*each.base.values()]), Spread.of([*each.new.values()])
    told = Compared(
        each.trial, each.figure, base, new, Answer.NO_DIFFERENCE, each.gates, estimate, each.paired, work_ms
    )
    return replace(told, answer=_answer(told, each, worse, better))


def _answer(told: Compared, each: Measured, worse: bool, better: bool) -> Answer:
    if not each.base:
        return Answer.MISSING if each.paired and each.trial.base else Answer.NEW
    if not each.new or each.lacking:
        return Answer.MISSING
    untold = Answer.ENVIRONMENT if told.work_ms else Answer.CANNOT_TELL
    if told.estimate is None or (told.work_ms and not each.paired):
        return untold
    if worse and told.estimate.worse > told.gauge.beyond:
        return Answer.REGRESSED
    if better and 1 / told.estimate.worse > told.gauge.beyond:
        return Answer.IMPROVED
    seen = told.could_see is not None and told.could_see <= told.gauge.seen
    return Answer.NO_DIFFERENCE if seen and told.ruled_out else untold


def _work_ms(trials: Iterable[TrialRecord]) -> list[float]:
    return [trial.used.work_ms for trial in trials if trial.used]


def _varied(both: Both) -> tuple[float, float] | None:
    """How long a fixed piece of work took the machine while both took turns, if that differed."""
    if not (took_ms := _work_ms(both.base + both.new)):
        return None
    low, high = np.percentile(took_ms, (10, 90)).tolist()
    return (low, high) if high / low > _QUIET else None


def _another_machine(trials: Sequence[Both]) -> tuple[float, float] | None:
    """How long it took in either run, if that differed."""
    base = _work_ms(trial for both in trials for trial in both.base)
    new = _work_ms(trial for both in trials for trial in both.new)
    if not base or not new:
        return None
    before, now = float(np.median(base)), float(np.median(new))
    return (before, now) if max(before / now, now / before) > _ANOTHER else None
