"""How many times worse a figure became, and what is sure of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_ind

from harness.measure.ratio import middle, p_beyond, paired_ratio

MARGIN = 1.05
"""What is closer is no difference: room for what no repeat of one run varies, such as how code was compiled."""
FEWEST_UNPAIRED = 8
"""Repeats a side, of runs that were made one after the other."""


@dataclass(frozen=True)
class Estimate:
    """Ratios are of what is worse: 1.25 is a fifth less throughput, or a quarter more latency."""

    worse: float
    repeats: int
    """Pairs, or of what was not paired those of the side that has fewer."""
    low: float | None
    """One-sided bounds at the level that was asked for; None: so few repeats have none."""
    high: float | None
    p_worse: float
    """How likely such figures are if it is no more than ``MARGIN`` worse."""
    p_better: float
    """The same the other way round."""


def of_pairs(base: Sequence[float], new: Sequence[float], *, more_is_worse: bool, level: float) -> Estimate:
    """Of figures that were measured in pairs, each in one round, in the order of those: one at least.

    Wilcoxon's signed ranks on the logarithms, and Hodges' and Lehmann's estimate.
    """
    these, those = (new, base) if more_is_worse else (base, new)
    bounds = paired_ratio(these, those, 1 - 2 * level)
    return Estimate(
        worse=middle(these, those),
        repeats=len(these),
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        p_worse=p_beyond(these, those, MARGIN),
        p_better=p_beyond(those, these, MARGIN),
    )


def of_runs(base: Sequence[float], new: Sequence[float], *, more_is_worse: bool, level: float) -> Estimate:
    """Of figures of two runs that were made one after the other: Welch's test on the logarithms. There is one a
    side at least.
    """
    these, those = (np.log(np.asarray(side)) for side in ((new, base) if more_is_worse else (base, new)))
    repeats = min(len(these), len(those))
    worse = math.exp(float(these.mean() - those.mean()))
    if repeats < FEWEST_UNPAIRED:
        return Estimate(worse, repeats, None, None, 1.0, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of figures that do not vary at all
        interval = ttest_ind(these, those, equal_var=False).confidence_interval(1 - 2 * level)
        tests = [
            ttest_ind(one, other + math.log(MARGIN), equal_var=False, alternative="greater")
            for one, other in ((these, those), (those, these))
        ]
    p_worse, p_better = (float(test.pvalue) for test in tests)
    return Estimate(worse, repeats, math.exp(interval.low), math.exp(interval.high), p_worse, p_better)
