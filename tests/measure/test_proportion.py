"""Bounds on a proportion: that they cover what they say they cover, and agree with figures known by heart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from harness.measure.proportion import at_most, interval

trials = st.integers(1, 200)


@given(st.integers(1, 60), st.floats(1e-6, 1))
@settings(max_examples=30, deadline=None)
def test_at_least_95_of_100_intervals_hold_the_true_probability(number: int, probability: float) -> None:
    holds = [low <= probability <= high for low, high in (interval(k, number) for k in range(number + 1))]
    covered = sum(binom.pmf(k, number, probability) for k, held in enumerate(holds) if held)
    assert covered >= 0.95 - 1e-9


@given(trials, st.floats(0, 1))
@settings(deadline=None)
def test_a_probability_above_the_bound_shows_itself_in_95_of_100_runs(number: int, excess: float) -> None:
    bound = at_most(number)
    probability = bound + excess * (1 - bound)
    assert binom.pmf(0, number, probability) <= 0.05 + 1e-9


@given(trials, st.data())
@settings(deadline=None)
def test_an_interval_is_around_what_was_seen_and_grows_with_it(number: int, data: st.DataObject) -> None:
    shown = data.draw(st.integers(0, number))
    low, high = interval(shown, number)
    assert 0 <= low <= shown / number <= high <= 1
    assert (low == 0) == (shown == 0)
    assert (high == 1) == (shown == number)
    if shown:
        below = interval(shown - 1, number)
        assert below[0] < low
        assert below[1] < high


@given(trials, st.data())
@settings(deadline=None)
def test_what_is_not_shown_mirrors_what_is(number: int, data: st.DataObject) -> None:
    shown = data.draw(st.integers(0, number))
    low, high = interval(shown, number)
    assert interval(number - shown, number) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("number", "percent"), [(1, 95), (3, 63), (12, 22), (59, 5)])
def test_none_of_so_many(number: int, percent: int) -> None:
    assert round(100 * at_most(number)) == percent


@pytest.mark.parametrize(
    ("shown", "number", "percents"), [(0, 3, (0, 71)), (3, 3, (29, 100)), (1, 10, (0, 45)), (2, 3, (9, 99))]
)
def test_so_many_of_so_many(shown: int, number: int, percents: tuple[int, int]) -> None:
    assert tuple(round(100 * end) for end in interval(shown, number)) == percents


@pytest.mark.parametrize(("shown", "number"), [(0, 0), (-1, 3), (4, 3)])
def test_what_is_no_proportion_is_refused(shown: int, number: int) -> None:
    with pytest.raises(ValueError, match=f"{shown} of {number} trials"):
        interval(shown, number)
    with pytest.raises(ValueError, match="0 of 0 trials"):
        at_most(0)
