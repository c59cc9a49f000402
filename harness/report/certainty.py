"""How much a number of trials says, in words. None of something is no proof, and all of something no law."""

from __future__ import annotations

from harness.events import Verdict
from harness.measure.proportion import at_most, interval
from harness.report.matrix import HARMLESS, Cell, counted
from harness.report.wording import word
from harness.words import percent, percents, plural


def bound(trials: int) -> str:
    """``0 of 12 trials: at most 22 % of such trials, at 95 % confidence``."""
    return f"0 of {plural(trials, 'trial')}: at most {percent(at_most(trials))} of such trials, at 95 % confidence"


def share(shown: int, trials: int) -> str:
    """``2 of 3 trials: 9 to 99 % of such trials, at 95 % confidence``, or the bound if none showed it."""
    if shown == 0:
        return bound(trials)
    low, high = interval(shown, trials)
    return f"{shown} of {plural(trials, 'trial')}: {percents(low, high)} of such trials, at 95 % confidence"


def short(cell: Cell) -> str:
    """For a cell: ``3 of 3 (29–100 %)``, or ``3 of 3 (≤ 63 %)`` for *kept*. Empty for a single trial.

    The percentages are of trials: that would have the same verdict, and for *kept* in which something would go wrong.
    Trials of different loads are no repeats of each other, and have none.
    """
    trials = len(cell.verdicts)
    if trials < 2 or cell.verdict in (None, Verdict.UNKNOWN) or not cell.repeats:
        return cell.agreement
    if cell.verdict is Verdict.KEPT:
        return f"{cell.agreement} (≤ {percent(at_most(trials))})"
    low, high = interval(cell.verdicts.count(cell.verdict), trials)
    return f"{cell.agreement} ({100 * low:.0f}–{percent(high)})"


def in_full(cell: Cell) -> str:
    """A sentence over the repeats: how often a promise was broken or each anomaly was there, with bounds."""
    counted_trials = [trial for trial in cell.trials if trial.anomalies is not None]
    if len(counted_trials) < 2 or cell.verdict is None or not cell.repeats:
        return ""
    parts = []
    if cell.verdict in HARMLESS and cell.ruled:
        exercised = sum(verdict in HARMLESS for verdict in cell.verdicts)
        parts.append(f"a promise was broken in {bound(exercised)}")
    for anomaly in cell.found:
        shown = sum(bool(counted(trial, anomaly)) for trial in counted_trials)
        parts.append(f"{word(anomaly)} in {share(shown, len(counted_trials))}")
    return "; ".join(parts)
