"""Paired ratios: their interval, and what has none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.ratio import paired_ratio

figures = st.lists(st.floats(0.01, 1e6), min_size=2, max_size=20)


@given(figures, st.floats(0.1, 10))
def test_an_exact_multiple_has_a_ratio_without_doubt(those: list[float], factor: float) -> None:
    ratio = paired_ratio([factor * each for each in those], those)
    assert ratio is not None
    assert (ratio.mean, ratio.low, ratio.high) == pytest.approx((factor, factor, factor))


@given(figures, st.data())
def test_turned_around_it_is_the_inverse(those: list[float], data: st.DataObject) -> None:
    these = data.draw(st.lists(st.floats(0.01, 1e6), min_size=len(those), max_size=len(those)))
    ratio, inverse = paired_ratio(these, those), paired_ratio(those, these)
    assert ratio is not None and inverse is not None
    assert ratio.low <= ratio.mean * (1 + 1e-9) and ratio.mean <= ratio.high * (1 + 1e-9)
    assert ratio.mean * inverse.mean == pytest.approx(1)
    if ratio.high < 1e300 and ratio.low > 1e-300:
        assert math.log(ratio.high) == pytest.approx(-math.log(inverse.low), abs=1e-6)


def test_its_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    holds = 0
    for _ in range(400):
        ratio = paired_ratio(np.exp(random.normal(0.3, 0.2, 5)).tolist(), [1.0] * 5)
        assert ratio is not None
        holds += ratio.low <= math.exp(0.3) <= ratio.high
    assert 365 <= holds <= 393  # 380 of 400, give or take three standard deviations


def test_what_has_no_interval() -> None:
    assert paired_ratio([1.0], [2.0]) is None
    assert paired_ratio([], []) is None
    with pytest.raises(ValueError, match="make no pairs"):
        paired_ratio([1.0], [])
    with pytest.raises(ValueError, match="above 0"):
        paired_ratio([0.0, 1.0], [1.0, 1.0])
