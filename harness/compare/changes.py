"""Trial by trial, what was promised and seen in one run and in another.

A guarantee is no statistic: one broken promise, or an anomaly that always came and now never does, says so at once.
How often something comes in k of n repeats is a matter of chance, and is told from it by Fisher's exact test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.stats import fisher_exact

from harness.compare.cells import Both
from harness.events import Verdict
from harness.report.matrix import Cell

_CHANCE = 0.01
"""How often two that are the same would be told apart: 0 of 10 against 7 of 10 is the first that is."""


class Change(StrEnum):
    """What became of a trial, worst first."""

    BROKEN = "broken"
    """A promise was broken that was not broken before."""
    GONE = "gone"
    """What was expected, and always came, never does now."""
    UNDECIDED = "not decided"
    """It was decided before, and now a repeat failed, nobody knows how one went, or there is none."""
    MORE_OFTEN = "more often"
    """Something goes wrong in more of the repeats than before, and not by chance."""
    LESS_OFTEN = "less often"
    """The same the other way round."""
    MENDED = "mended"
    """A promise that was broken is so no more."""
    NEW = "new"
    """Nothing decided it before."""
    SAME = "same"
    """What is left may be chance."""


@dataclass(frozen=True)
class Changed:
    """What became of the guarantees of one trial."""

    trial: Both

    @property
    def change(self) -> Change:
        before, now = Cell(self.trial.base).verdicts, Cell(self.trial.new).verdicts
        return next(change for change, holds in _RULES.items() if holds(before, now))


def changes(trials: Iterable[Both]) -> list[Changed]:
    """Of all of them, those that changed most first."""
    order = list(Change)
    return sorted(map(Changed, trials), key=lambda each: (order.index(each.change), each.trial.row))


_Verdicts = Sequence[Verdict]


def _decided(verdicts: _Verdicts) -> bool:
    return bool(verdicts) and Verdict.UNKNOWN not in verdicts


def _gone(before: _Verdicts, now: _Verdicts) -> bool:
    return {*before} == {Verdict.REPRODUCED} and _decided(now) and Verdict.REPRODUCED not in now


def _went_wrong(verdicts: _Verdicts) -> tuple[int, int]:
    """In how many repeats something did, and in how many nothing; one that says nothing is neither."""
    wrong = sum(verdict in (Verdict.BROKEN, Verdict.REPRODUCED, Verdict.ALLOWED) for verdict in verdicts)
    return wrong, verdicts.count(Verdict.KEPT)


def _more_often(before: _Verdicts, now: _Verdicts) -> bool:
    """Fisher's two sides, since either is looked for."""
    (wrong, fine), (was_wrong, was_fine) = table = _went_wrong(now), _went_wrong(before)
    return wrong * was_fine > was_wrong * fine and bool(fisher_exact(table).pvalue < _CHANCE)


_RULES: Mapping[Change, Callable[[_Verdicts, _Verdicts], bool]] = {
    Change.BROKEN: lambda before, now: Verdict.BROKEN in now and Verdict.BROKEN not in before,
    Change.GONE: _gone,
    Change.UNDECIDED: lambda before, now: _decided(before) and not _decided(now),
    Change.MENDED: lambda before, now: Verdict.BROKEN in before and Verdict.BROKEN not in now and _decided(now),
    Change.MORE_OFTEN: _more_often,
    Change.LESS_OFTEN: lambda before, now: _more_often(now, before),
    Change.NEW: lambda before, now: _decided(now) and not _decided(before),
    Change.SAME: lambda before, now: True,
}
"""The first that holds."""
