"""Whether a load ran at one rate: decided from how much was done when, and said in words where it did not.

Acks come in bursts, some dozens to thousands of them in a second, so that an even load looks uneven. What is said to
change is more than so many bursts differ by themselves, and more than a tenth; an even load is taken for another in
fewer than 5 of 100 cases, by all tests together. Of too few bursts nobody can tell, and none is called steady.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from harness.journal.mapped import Int64
from harness.words import percent

BINS = 1_000
"""Into so many times of one length a span is divided."""
_BATCHES = 20  # of as many bins each: long enough to have some bursts, and enough of them to see a course
_MATTERS = 0.1
_HIDES = 0.25  # of the mean: a rise by 30 % from beginning to end is one by 26 % of it
_BY_CHANCE = 0.02  # as a trend has it, either way
_NO_GAP_BY_CHANCE = 0.01
_DIFFERS = 4.5  # standard errors; where to cut is chosen by the same counts, so Student's are too few

Floats = npt.NDArray[np.float64]


def steadiness(counts: Int64, span_s: float) -> tuple[bool | None, str | None]:
    """Whether a load was steady, and if not why not, in words; None and why, if nobody can tell.

    ``counts`` are of what was done, in ``BINS`` equal parts of a span of ``span_s``; there is something. A steady load
    never stops, its beginning and its end do not differ from the rest, and the interval of its trend has no change by a
    quarter of its mean.
    """
    if np.count_nonzero(counts) < _BATCHES:
        return None, f"fewer than {_BATCHES} bursts"
    batches = counts.reshape(_BATCHES, -1).sum(axis=1) * (_BATCHES / counts.sum())
    change, room = _trend(batches)
    trend = abs(change) > max(room, _MATTERS)
    why = (
        _stop(counts, span_s)
        or _odd_part("first", batches, span_s)
        or _odd_part("last", batches[::-1], span_s)
        or (_said(change) if trend else None)
    )
    if why is not None:
        return False, why
    if abs(change) + room > _HIDES:
        return None, f"too few bursts to tell a change by {percent(_HIDES)}"
    return True, None


def _stop(counts: Int64, span_s: float) -> str | None:
    """The longest time without anything, if it is longer than one between bursts that come whenever they like."""
    busy = np.flatnonzero(counts)
    longest = (int(np.diff(busy, prepend=-1, append=len(counts)).max()) - 1) / len(counts)
    if longest <= max(_MATTERS, math.log(len(busy) / _NO_GAP_BY_CHANCE) / len(busy)):
        return None
    return f"stands still for {longest * span_s:.2f} of {span_s:.2f} s"


def _odd_part(which: str, batches: Floats, span_s: float) -> str | None:
    """What comes first, if it differs: up to where the standard error of the rest is least (MSER-5). Where that is
    beyond half of the span nothing has settled, and the trend says so if there is a course at all.
    """
    errors = [batches[start:].var() / (_BATCHES - start) for start in range(_BATCHES * 3 // 4)]
    first = int(np.argmin(np.round(errors, 12)))  # the earliest of equals
    if first == 0 or first > _BATCHES / 2:
        return None
    part, rest = batches[:first], batches[first:]
    within = (part.var() * len(part) + rest.var() * len(rest)) / (_BATCHES - 2)
    surely = abs(part.mean() - rest.mean()) > _DIFFERS * math.sqrt(within * (1 / len(part) + 1 / len(rest)))
    if not surely or abs(1 - rest.mean()) < _MATTERS:  # the mean of all is 1
        return None
    lasts = f"{first / _BATCHES * span_s:.2f} of {span_s:.2f} s"
    return f"the {which} {lasts} run at {percent(part.mean())} of its mean"


def _trend(batches: Floats) -> tuple[float, float]:
    """By how much of its mean a straight line through all rises over the span, and the room on either side of that."""
    at = (np.arange(_BATCHES) + 0.5) / _BATCHES - 0.5
    change = float(at @ batches / (at @ at))
    left = batches - batches.mean() - change * at
    error = math.sqrt(float(left @ left) / (_BATCHES - 2) / float(at @ at))
    return change, error * float(stdtrit(_BATCHES - 2, 1 - _BY_CHANCE / 2))


def _said(change: float) -> str:
    begins, ends = (percent(max(0.0, 1 + sign * change / 2)) for sign in (-1, 1))
    return f"{'rises' if change > 0 else 'falls'} from {begins} to {ends} of its mean"
