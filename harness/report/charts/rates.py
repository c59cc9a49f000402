"""The vertical scale of messages a second over time: on it both what is usual and a burst of hundreds of times as much
can be read, and nothing is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes

from harness.report.charts.style import THOUSANDS

_LOG_FROM = 20  # times what is usual: where a panel shows that much, what is usual lies on its axis
_MOST_TICKS = 4  # above zero
_DECADES_TO_THE_LEAST = 0.7  # from zero, so that the least there is stands clear of nothing


def scale(axes: Axes, *series: Sequence[Sequence[float]], below: float = 0.0) -> bool:
    """Sets it for these series of ``[start, rate]``, with so much of the height below zero. Returns whether it is
    logarithmic, from the least there is on, since a burst would hide what is usual in one of them.
    """
    rates = [[rate for _, rate in each if rate > 0] for each in series]
    seen = [each for each in rates if each]
    highest = max(map(max, seen), default=0.0)
    usual = min(map(median, seen), default=0.0)
    axes.yaxis.set_major_formatter(THOUSANDS)
    if highest <= _LOG_FROM * usual:
        axes.set_ylim(-below * highest, 1.08 * highest or 1)
        axes.locator_params(axis="y", nbins=4)
        return False
    lowest, top = (math.floor(math.log10(rate)) for rate in (min(map(min, seen)), highest))
    decades = top - lowest + 1 + _DECADES_TO_THE_LEAST
    axes.set_yscale("symlog", linthresh=10.0**lowest, linscale=_DECADES_TO_THE_LEAST)
    every = -(-(top - lowest + 1) // _MOST_TICKS)
    axes.set_yticks([0.0, *(10.0**power for power in range(top, lowest - 1, -every))])
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter(THOUSANDS)  # another scale has brought its own
    axes.set_ylim(-below * decades / _DECADES_TO_THE_LEAST * 10.0**lowest, 1.6 * highest)
    return True
