"""How one configuration compares to another: the ratio of paired measurements, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Ratio:
    """What the paired ratios say together, and the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float
    pairs: int


def paired_ratio(these: Sequence[float], those: Sequence[float], confidence: float = 0.95) -> Ratio | None:
    """Of each of ``these`` to its pair of ``those``: measured in one round, so that drift touches both alike.

    The Hodges-Lehmann estimate on the logarithms, with the interval of Wilcoxon's signed-rank test (Hollander, Wolfe,
    Chicken: Nonparametric Statistical Methods, 3.2 and 3.3). A hiccup of the machine falls on one pair, and of twenty
    pairs one that is far off hardly moves it, nor widens it as it would Student's. None where pairs are too few for so
    much confidence (95 % needs six). Raises ``ValueError`` for lists of unequal length or figures that are not above 0.
    """
    averages = _averages(these, those)
    depth = _depth(len(these), confidence)
    if depth == 0:
        return None
    low, high = averages[depth - 1], averages[-depth]
    return Ratio(math.exp(float(np.median(averages))), math.exp(low), math.exp(high), len(these))


def middle(these: Sequence[float], those: Sequence[float]) -> float:
    """The estimate of ``paired_ratio`` alone, of one pair at least. Raises as that does."""
    return math.exp(float(np.median(_averages(these, those))))


def p_beyond(these: Sequence[float], those: Sequence[float], ratio: float) -> float:
    """How likely such pairs are, or such that go further, if these are no more than ``ratio`` times as large: as
    Wilcoxon's signed-rank test has it, by whose intervals ``paired_ratio`` is bounded. Raises as that does.
    """
    beyond = int((_averages(these, those) > math.log(ratio)).sum())
    return float(_rank_sums(len(these))[beyond:].sum())


def fewest_pairs(confidence: float = 0.95) -> int:
    """Of which there is an interval of so much confidence."""
    return next(pairs for pairs in count(1) if _depth(pairs, confidence))


def _averages(these: Sequence[float], those: Sequence[float]) -> npt.NDArray[np.float64]:
    """Walsh's averages of the logarithms of the ratios, sorted: as many lie above a value as the rank sum is of those
    that are greater than it.
    """
    if len(these) != len(those):
        raise ValueError(f"{len(these)} figures against {len(those)} make no pairs")
    if min((*these, *those), default=1) <= 0:
        raise ValueError("a ratio needs figures above 0")
    logs = np.log(np.asarray(these) / np.asarray(those))
    i, j = np.triu_indices(len(logs))
    return np.sort((logs[i] + logs[j]) / 2)


def _depth(pairs: int, confidence: float) -> int:
    """How far from each end of the sorted averages the interval's bounds are: 1 is the outermost, 0 says none are."""
    return int((np.cumsum(_rank_sums(pairs)) <= (1 - confidence) / 2).sum())


@cache
def _rank_sums(pairs: int) -> npt.NDArray[np.float64]:
    """How likely each rank sum is, from 0 on, where each rank is a part of it or not with equal chance."""
    likely = np.ones(1)
    for rank in range(1, pairs + 1):
        likely = np.convolve(likely, np.r_[1, np.zeros(rank - 1), 1]) / 2
    return likely
