"""How much a number of trials says, in words. None of something is no proof, and all of something no law."""

from __future__ import annotations

from harness.events import Verdict
from harness.measure.proportion import at_most, interval
from harness.report.matrix import Cell, counted, word
from harness.report.wording import plural


def bound(trials: int) -> str:
    """``0 of 12 trials: at most 22 % a trial at 95 %``."""
    return f"0 of {plural(trials, 'trial')}: at most {100 * at_most(trials):.0f} % a trial at 95 %"


def share(shown: int, trials: int) -> str:
    """``2 of 3 trials: 9 to 99 % a trial at 95 %``, or the bound if none showed it."""
    if shown == 0:
        return bound(trials)
    low, high = interval(shown, trials)
    return f"{shown} of {plural(trials, 'trial')}: {100 * low:.0f} to {100 * high:.0f} % a trial at 95 %"


def short(cell: Cell) -> str:
    """For a cell: ``3 of 3 (29–100 %)``, or ``3 of 3 (≤ 63 %)`` for *kept*. Empty for a single trial.

    The percentages are of trials: that would have the same verdict, and for *kept* that would break the promise.
    """
    trials = len(cell.verdicts)
    if trials < 2 or cell.verdict is None or cell.verdict is Verdict.UNKNOWN:
        return cell.agreement
    if cell.verdict is Verdict.KEPT:
        return f"{cell.agreement} (≤ {100 * at_most(trials):.0f} %)"
    low, high = interval(cell.verdicts.count(cell.verdict), trials)
    return f"{cell.agreement} ({100 * low:.0f}–{100 * high:.0f} %)"


def in_full(cell: Cell) -> str:
    """A sentence over the repeats: how often a promise was broken or each anomaly was there, with bounds."""
    counted_trials = [trial for trial in cell.trials if trial.anomalies is not None]
    if len(counted_trials) < 2 or cell.verdict is None:
        return ""
    parts = []
    if cell.verdict is Verdict.KEPT:
        parts.append(f"a promise was broken in {bound(len(cell.verdicts))}")
    for anomaly in cell.found:
        shown = sum(bool(counted(trial, anomaly)) for trial in counted_trials)
        parts.append(f"{word(anomaly)} in {share(shown, len(counted_trials))}")
    return "; ".join(parts)
