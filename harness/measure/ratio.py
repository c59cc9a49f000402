"""How one configuration compares to another: the ratio of paired measurements, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t


@dataclass(frozen=True)
class Ratio:
    """The geometric mean of paired ratios, and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float
    pairs: int


def paired_ratio(these: Sequence[float], those: Sequence[float], confidence: float = 0.95) -> Ratio | None:
    """Of each of ``these`` to its pair of ``those``: measured in one round, so that drift touches both alike.

    By Student's t on the logarithms. None with fewer than two pairs, which have no interval. Raises ``ValueError`` for
    lists of unequal length or figures that are not above 0.
    """
    if len(these) != len(those):
        raise ValueError(f"{len(these)} figures against {len(those)} make no pairs")
    if min((*these, *those), default=1) <= 0:
        raise ValueError("a ratio needs figures above 0")
    if len(these) < 2:
        return None
    logs = np.log(np.asarray(these) / np.asarray(those))
    mean, error = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(len(logs))
    half = float(t.ppf((1 + confidence) / 2, len(logs) - 1)) * error
    return Ratio(math.exp(mean), math.exp(mean - half), math.exp(mean + half), len(logs))
