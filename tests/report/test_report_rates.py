"""The scale of rates over time: what is usual and what bursts are both to be seen, and nothing is nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.charts.rates import scale


def _panel(*series: list[float], below: float = 0.0) -> Axes:
    axes = Figure(figsize=(6, 1.4)).subplots()
    scale(axes, *([[float(i), rate] for i, rate in enumerate(each)] for each in series), below=below)
    return axes


def _height(axes: Axes, rate: float) -> float:
    """Of the panel's height, from 0 at its foot to 1."""
    return float(axes.transAxes.inverted().transform(axes.transData.transform((0, rate)))[1])


@pytest.mark.parametrize("usual", [10, 500, 3_000])
def test_a_burst_after_a_fault_hides_nothing(usual: float) -> None:
    axes = _panel([usual] * 5 + [0.0] * 20 + [125_000] + [usual] * 5)
    assert _height(axes, 0) == 0
    assert 0.1 < _height(axes, usual) < 0.7 < _height(axes, 125_000) <= 1
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "0" in labels and "100k" in labels and len(labels) <= 5


def test_without_one_the_scale_is_as_everywhere() -> None:
    axes = _panel([3_000, 0, 0, 11_000, 3_000], [0, 1_200, 0])
    assert axes.get_yscale() == "linear" and _height(axes, 5_500) == pytest.approx(_height(axes, 11_000) / 2)
    assert _panel([0.0, 0.0]).get_ylim() == (0, 1) and _panel([], []).get_ylim() == (0, 1)


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(0.001, 1e7)), min_size=1, max_size=30),
    st.lists(st.one_of(st.just(0.0), st.floats(0.001, 1e7)), max_size=30),
    st.sampled_from([0.0, 0.04]),
)
@settings(max_examples=50, deadline=None)
def test_whatever_happens_more_is_higher_and_nothing_is_at_the_foot(
    acks: list[float], errors: list[float], below: float
) -> None:
    axes = _panel(acks, errors, below=below)
    rates = sorted({0.0, *acks, *errors})
    heights = [_height(axes, rate) for rate in rates]
    assert heights == sorted(heights) and heights[-1] <= 1
    if rates[-1]:
        assert heights[0] == pytest.approx(below / (1 + below), abs=0.03)
        for usual in (sorted(each)[len(each) // 2] for each in (acks, errors) if each and all(each)):
            assert _height(axes, usual) - heights[0] > 0.04
