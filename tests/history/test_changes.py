"""Where a course is said to change, and where not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.history.changes import changes


def course(*levels: float, each: int = 20, sigma: float = 0.03, seed: int = 1) -> list[float]:
    """So many points at each level."""
    dice = np.random.default_rng(seed)
    return [level * float(np.exp(dice.normal(0, sigma))) for level in levels for _ in range(each)]


def test_a_step_is_found_where_it_is() -> None:
    (change,) = changes(course(100, 80))
    assert change.at == 20
    assert change.ratio == pytest.approx(0.8, rel=0.03)


def test_several_steps() -> None:
    assert [change.at for change in changes(course(100, 80, 120, 118, each=15))] == [15, 30]


def test_a_long_course_is_looked_at_in_windows() -> None:
    assert [change.at for change in changes(course(100, 130, each=120))] == [120]


def test_one_point_far_off_is_no_change() -> None:
    values = course(100, 100)
    values[25] = 300
    assert not changes(values)


def test_what_hardly_matters_is_no_change() -> None:
    assert not changes(course(100, 103, sigma=0.001))


def test_steps_without_any_noise() -> None:
    assert [change.at for change in changes([100.0] * 5 + [50.0] * 5)] == [5]
    assert not changes([100.0] * 10)


@pytest.mark.parametrize("points", range(6))
def test_of_few_points_nothing_is_told(points: int) -> None:
    assert not changes([100.0, 50.0, 100.0, 10.0, 100.0][:points])


def test_noise_is_seldom_a_change() -> None:
    """In one course of a thousand, wherever in it that may be."""
    alarms = sum(bool(changes(course(100, each=40, sigma=0.1, seed=seed))) for seed in range(300))
    assert alarms <= 1


@given(st.lists(st.floats(1, 1e6), max_size=60), st.floats(0.01, 100))
def test_the_unit_says_nothing(values: list[float], factor: float) -> None:
    scaled = changes([value * factor for value in values])
    assert [change.at for change in scaled] == [change.at for change in changes(values)]
