"""Paired ratios: their interval, and what has none."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.ratio import fewest_pairs, middle, p_beyond, paired_ratio

figures = st.lists(st.floats(0.01, 1e6), min_size=6, max_size=20)


@given(figures, st.floats(0.1, 10))
def test_an_exact_multiple_has_a_ratio_without_doubt(those: list[float], factor: float) -> None:
    ratio = paired_ratio([factor * each for each in those], those)
    assert ratio is not None
    assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx((factor, factor, factor))


@given(figures, st.data())
def test_turned_around_it_is_the_inverse(those: list[float], data: st.DataObject) -> None:
    these = data.draw(st.lists(st.floats(0.01, 1e6), min_size=len(those), max_size=len(those)))
    ratio, inverse = paired_ratio(these, those), paired_ratio(those, these)
    assert ratio is not None and inverse is not None
    assert ratio.low <= ratio.estimate * (1 + 1e-9) and ratio.estimate <= ratio.high * (1 + 1e-9)
    assert ratio.estimate * inverse.estimate == pytest.approx(1)
    if ratio.high < 1e300 and ratio.low > 1e-300:
        assert math.log(ratio.high) == pytest.approx(-math.log(inverse.low), abs=1e-6)


@pytest.mark.parametrize(("pairs", "largest"), [(6, 0), (8, 3), (10, 8), (15, 25), (20, 52)])
def test_its_bounds_are_those_of_the_signed_rank_test(pairs: int, largest: int) -> None:
    """``largest``: the critical rank sum at 5 %, two-sided, as every table of the test has it."""
    logs = np.random.default_rng(pairs).normal(0, 1, pairs)
    ratio = paired_ratio(np.exp(logs).tolist(), [1.0] * pairs)
    assert ratio is not None
    averages = sorted((a + b) / 2 for i, a in enumerate(logs) for b in logs[i:])
    assert (math.log(ratio.low), math.log(ratio.high)) == pytest.approx((averages[largest], averages[-1 - largest]))


def test_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    holds = 0
    for _ in range(400):
        ratio = paired_ratio(np.exp(random.normal(0.3, 0.2, 9)).tolist(), [1.0] * 9)
        assert ratio is not None
        holds += ratio.low <= math.exp(0.3) <= ratio.high
    assert 371 <= holds <= 397  # 96.1 % of 400, give or take three standard deviations


def test_one_pair_far_off_hardly_moves_it() -> None:
    logs = np.random.default_rng(2).normal(0, 0.05, 20)
    quiet = paired_ratio(np.exp(logs).tolist(), [1.0] * 20)
    disturbed = paired_ratio([8.0, *np.exp(logs[1:]).tolist()], [1.0] * 20)
    assert quiet is not None and disturbed is not None
    assert disturbed.estimate == pytest.approx(quiet.estimate, rel=0.05)
    assert disturbed.high - disturbed.low < 2 * (quiet.high - quiet.low) < 0.5


def test_what_has_no_interval() -> None:
    assert paired_ratio([], []) is None
    assert paired_ratio([1.0] * 5, [2.0] * 5) is None
    assert paired_ratio([1.0] * 5, [2.0] * 5, confidence=0.9) is not None
    with pytest.raises(ValueError, match="make no pairs"):
        paired_ratio([1.0], [])
    with pytest.raises(ValueError, match="above 0"):
        paired_ratio([0.0, 1.0], [1.0, 1.0])


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_the_fewest_pairs_are_the_first_that_have_an_interval(confidence: float) -> None:
    fewest = fewest_pairs(confidence)
    assert paired_ratio([1.0] * fewest, [2.0] * fewest, confidence) is not None
    assert paired_ratio([1.0] * (fewest - 1), [2.0] * (fewest - 1), confidence) is None


@pytest.mark.parametrize("pairs", [1, 5, 12, 25])
def test_how_likely_it_is_is_what_the_signed_rank_test_says(pairs: int) -> None:
    logs = np.random.default_rng(pairs).normal(0.1, 0.2, pairs)
    said = scipy.stats.wilcoxon(logs - math.log(1.05), alternative="greater", method="exact").pvalue
    assert p_beyond(np.exp(logs).tolist(), [1.0] * pairs, 1.05) == pytest.approx(said)


@given(figures, st.floats(0.5, 2), st.floats(0.001, 0.2))
def test_what_is_that_unlikely_lies_outside_of_the_bound(these: list[float], ratio: float, level: float) -> None:
    those = [1.0] * len(these)
    bounds = paired_ratio(these, those, 1 - 2 * level)
    if bounds is not None and bounds.low != pytest.approx(ratio):
        assert (p_beyond(these, those, ratio) <= level * (1 + 1e-9)) == (bounds.low > ratio)
    whole = paired_ratio(these, those)
    assert whole is not None and middle(these, those) == whole.estimate


def test_pairs_that_are_all_alike_are_beyond_nothing_that_they_are_not() -> None:
    assert p_beyond([1.05] * 12, [1.0] * 12, 1.05 + 1e-12) == pytest.approx(1)
    assert p_beyond([1.06] * 12, [1.0] * 12, 1.05) == pytest.approx(2**-12)
