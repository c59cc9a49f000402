"""Where a course changed: E-divisive (Matteson and James, JASA 109, 2014) with the test of Hunter (Fleming et al., ICPE
2023), which is Student's instead of permutations, so that the same course always has the same changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import ttest_ind

_CHANCE = 0.001
"""Of a change in a whole course that has none, wherever in it that may be."""
_MATTERS = 0.05
"""Of what was there before."""
_WINDOW = 50
"""Points that are looked at together: what is long past explains nothing."""
_FEWEST = 3
"""Points on either side of a change."""


@dataclass(frozen=True)
class Change:
    """From this point on a course is another."""

    at: int
    """The first point of it."""
    before: float
    after: float
    """Means of what lies between this change and its neighbours."""

    @property
    def ratio(self) -> float:
        return self.after / self.before


def changes(values: Sequence[float]) -> list[Change]:
    """In order; none where there are too few points to tell."""
    course = np.asarray(values, float)
    chance = _CHANCE / max(1, len(course) - 2 * _FEWEST + 1)  # the best of so many places is looked at
    cuts: list[int] = []
    for start in range(0, max(1, len(course) - _WINDOW // 2), _WINDOW // 2):
        window = course[start : start + _WINDOW]
        cuts += [start + cut for cut in _split(window, chance)]
    return _borne_out(course, sorted(set(cuts)), chance)


def _split(course: npt.NDArray[np.float64], chance: float) -> list[int]:
    """The cuts within a window, each where both sides differ most, and then those within either side."""
    if len(course) < 2 * _FEWEST:
        return []
    cuts = range(_FEWEST, len(course) - _FEWEST + 1)
    best = max(cuts, key=lambda cut: _divergence(course[:cut], course[cut:]))
    if not _differs(course[:best], course[best:], chance):
        return []
    return [*_split(course[:best], chance), best, *(best + cut for cut in _split(course[best:], chance))]


def _divergence(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """The scaled energy distance between two samples."""
    m, n = len(one), len(other)
    between = np.abs(one[:, None] - other).mean()
    within = np.abs(one[:, None] - one).sum() / (m * (m - 1)) + np.abs(other[:, None] - other).sum() / (n * (n - 1))
    return float(m * n / (m + n) * (2 * between - within))


def _differs(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], chance: float) -> bool:
    before, after = float(one.mean()), float(other.mean())
    if abs(after / before - 1) < _MATTERS:
        return False
    if one.std() == 0 == other.std():
        return True
    return float(ttest_ind(one, other).pvalue) < chance


def _borne_out(course: npt.NDArray[np.float64], cuts: list[int], chance: float) -> list[Change]:
    """Those that still are changes between the cuts beside them; the weakest goes first."""
    while cuts:
        bounds = [0, *cuts, len(course)]
        sides = [(course[bounds[i] : bounds[i + 1]], course[bounds[i + 1] : bounds[i + 2]]) for i in range(len(cuts))]
        doubtful = [i for i, (one, other) in enumerate(sides) if not _differs(one, other, chance)]
        if not doubtful:
            return [
                Change(cut, float(one.mean()), float(other.mean()))
                for cut, (one, other) in zip(cuts, sides, strict=True)
            ]
        cuts = [cut for i, cut in enumerate(cuts) if i != min(doubtful, key=lambda i: _divergence(*sides[i]))]
    return []
