"""Whether loads were steady, on loads of which that is known: acks come in bursts, as those of stored runs do.

In loads of a second there as fast as they went, 15 to 240 bursts were of up to thousands of acks at one instant; what
varied was when they came and how large they were. Where nothing disturbed them the standard deviation of the times
between them was about half their mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.journal.mapped import Int64
from harness.measure.steady import BINS, Floats, steadiness

DRAWS = 100
Course = Callable[[Floats], Floats]


def even(at: Floats) -> Floats:
    return np.ones_like(at)


def rises(at: Floats) -> Floats:
    return 1 + 0.3 * at


def decays(at: Floats) -> Floats:
    return np.where(at > 2 / 3, 0.7, 1.0)


def stops(at: Floats) -> Floats:
    return np.where((at > 0.4) & (at < 0.65), 1e-9, 1.0)


def starts_slowly(at: Floats) -> Floats:
    return np.where(at < 0.4, 0.5, 1.0)


def load(rng: np.random.Generator, course: Course, bursts: int, uneven: float) -> Int64:
    """About so many bursts; ``uneven`` is the standard deviation of the times between them, as a part of their mean."""
    shape = 1 / uneven**2
    work = np.cumsum(rng.gamma(shape, 1 / shape, 2 * bursts + 100)) / bursts
    work = work[work < 1]
    sizes = 1 + rng.poisson(rng.uniform(100, 600, len(work)))
    at = np.linspace(0, 1, 2_001)
    done = np.cumsum(course(at))
    when = np.interp(work, (done - done[0]) / (done[-1] - done[0]), at)
    place = np.minimum(when / when[-1] * BINS, BINS - 1).astype(int)
    return np.bincount(place, weights=sizes, minlength=BINS).astype(np.int64)


def verdicts(course: Course, bursts: int, uneven: float) -> Counter[bool | None]:
    rng = np.random.default_rng(7)
    return Counter(steadiness(load(rng, course, bursts, uneven), 1.0)[0] for _ in range(DRAWS))


@pytest.mark.parametrize("uneven", [0.2, 0.5, 1.0], ids=["regular", "as measured", "Poisson"])
@pytest.mark.parametrize("bursts", [30, 150, 1_000])
def test_an_even_load_is_not_called_unsteady(bursts: int, uneven: float) -> None:
    assert verdicts(even, bursts, uneven)[False] <= 0.05 * DRAWS


@pytest.mark.parametrize("uneven", [0.2, 0.5, 1.0], ids=["regular", "as measured", "Poisson"])
@pytest.mark.parametrize("bursts", [30, 150, 1_000])
@pytest.mark.parametrize("course", [rises, decays, stops, starts_slowly])
def test_a_load_that_changes_is_never_called_steady(course: Course, bursts: int, uneven: float) -> None:
    assert verdicts(course, bursts, uneven)[True] <= 0.05 * DRAWS


@pytest.mark.parametrize(("bursts", "uneven"), [(1_200, 0.2), (2_500, 0.5)])
def test_of_enough_bursts_an_even_load_is_called_steady(bursts: int, uneven: float) -> None:
    assert verdicts(even, bursts, uneven)[True] >= 0.95 * DRAWS


@pytest.mark.parametrize(
    ("course", "bursts", "uneven", "said"),
    [
        (rises, 800, 0.2, "rises from"),
        (rises, 2_000, 0.5, "rises from"),
        (decays, 400, 0.2, "falls from"),
        (decays, 1_200, 0.5, "falls from"),
        (stops, 60, 0.5, "stands still for 0.2"),
        (stops, 60, 1.0, "stands still for 0.2"),
        (starts_slowly, 150, 0.2, "the first 0.4"),
        (starts_slowly, 300, 0.5, "the first 0.4"),
    ],
)
def test_of_enough_bursts_it_is_said_what_changed(course: Course, bursts: int, uneven: float, said: str) -> None:
    rng = np.random.default_rng(11)
    found = [steadiness(load(rng, course, bursts, uneven), 1.0) for _ in range(DRAWS)]
    assert sum(steady is False for steady, _ in found) >= 0.95 * DRAWS
    assert Counter(why for _, why in found if why is not None and why.startswith(said)).total() > DRAWS / 4


def test_words() -> None:
    ramp = np.linspace(85, 115, BINS).round().astype(np.int64)
    assert steadiness(ramp, 2.0) == (False, "rises from 85 % to 115 % of its mean")
    late = np.repeat([50, 100], [BINS // 4, 3 * BINS // 4])
    assert steadiness(late, 2.0) == (False, "the first 0.50 of 2.00 s run at 57 % of its mean")
    assert steadiness(late[::-1], 2.0) == (False, "the last 0.50 of 2.00 s run at 57 % of its mean")
    broken = np.full(BINS, 100)
    broken[400:550] = 0
    assert steadiness(broken, 2.0) == (False, "stands still for 0.30 of 2.00 s")
    assert steadiness(np.full(BINS, 3), 2.0) == (True, None)
    few = np.zeros(BINS, np.int64)
    few[::100] = 5
    assert steadiness(few, 2.0) == (None, "fewer than 20 bursts")


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=60).filter(any), st.integers(1, 1_000))
@settings(max_examples=50, deadline=None)
def test_only_proportions_matter(bursts: list[int], times: int) -> None:
    counts = np.zeros(BINS, np.int64)
    counts[np.linspace(0, BINS - 1, len(bursts)).astype(int)] = bursts
    one, other = steadiness(counts, 1.0), steadiness(counts * times, 1.0)
    assert one == other
    assert one[0] is True or one[1], "whatever is not steady has a reason"
