"""How much k of n trials say about the next one: Clopper and Pearson's exact bounds at 95 % confidence.

They never promise too little: whatever the true probability, at least 95 of 100 such intervals hold it.
"""

from __future__ import annotations

from scipy.special import betaincinv  # the quantile of a beta distribution; scipy.stats takes a second to load

_ERROR = 0.05


def at_most(trials: int) -> float:
    """When none of so many trials showed a thing: its highest probability a trial, between 0 and 1, one-sided.

    Raises ``ValueError`` for no trials, which bound nothing.
    """
    _check(0, trials)
    return float(1 - _ERROR ** (1 / trials))


def interval(shown: int, trials: int) -> tuple[float, float]:
    """When so many of the trials showed a thing: the lowest and highest probability a trial, two-sided.

    Raises ``ValueError`` for no trials, or for more that showed it than there were.
    """
    _check(shown, trials)
    low = betaincinv(shown, trials - shown + 1, _ERROR / 2) if shown else 0.0
    high = betaincinv(shown + 1, trials - shown, 1 - _ERROR / 2) if shown < trials else 1.0
    return float(low), float(high)


def _check(shown: int, trials: int) -> None:
    if trials < 1 or not 0 <= shown <= trials:
        raise ValueError(f"{shown} of {trials} trials is no proportion")
