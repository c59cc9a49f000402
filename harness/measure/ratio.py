"""How one configuration compares to another: the ratio of paired measurements, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np


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
    if len(these) != len(those):
        raise ValueError(f"{len(these)} figures against {len(those)} make no pairs")
    if min((*these, *those), default=1) <= 0:
        raise ValueError("a ratio needs figures above 0")
    depth = _depth(len(these), confidence)
    if depth == 0:
        return None
    logs = np.log(np.asarray(these) / np.asarray(those))
    i, j = np.triu_indices(len(logs))
    averages = np.sort((logs[i] + logs[j]) / 2)
    estimate = float(np.median(averages))
    return Ratio(math.exp(estimate), math.exp(averages[depth - 1]), math.exp(averages[-depth]), len(logs))


def fewest_pairs(confidence: float = 0.95) -> int:
    """Of which there is an interval of so much confidence."""
    return next(pairs for pairs in count(1) if _depth(pairs, confidence))


def _depth(pairs: int, confidence: float) -> int:
    """How far from each end of the sorted averages the interval's bounds are: 1 is the outermost, 0 says none are.

    By the exact distribution of the rank sum, of which each rank is a part or not with equal chance.
    """
    ways = np.ones(1)
    for rank in range(1, pairs + 1):
        ways = np.convolve(ways, np.r_[1, np.zeros(rank - 1), 1]) / 2
    return int((np.cumsum(ways) <= (1 - confidence) / 2).sum())
