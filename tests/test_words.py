"""How things are said: examples of each, and what holds of whatever is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.words import (
    ABSENT,
    count,
    duration,
    extent,
    listed,
    options,
    percent,
    percents,
    plain,
    plural,
    setting,
    size,
    spaced,
    times,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (plain(True), "true"),
        (plain([1, False]), "1/false"),
        (plain([]), ABSENT),
        (plain(None), ABSENT),
        (plain(0), "0"),
        (setting("acks", "all"), "acks=all"),
        (setting("min ISR", 2), "min ISR 2"),
        (spaced("failed_landed"), "failed landed"),
        (listed([]), ""),
        (listed(["a"]), "a"),
        (listed(["a", "b"]), "a and b"),
        (listed(["a", "b", "c"], "or"), "a, b or c"),
        (options(["all", 1, True]), "all, 1, true"),
        (count(0), "0"),
        (count(None), ABSENT),
        (plural(1, "trial with a fault"), "1 trial with a fault"),
        (plural(1200, "trial with a fault"), "1,200 trials with a fault"),
        (percent(0.221), "22 %"),
        (percents(0.094, 0.99), "9 to 99 %"),
        (times(0.8349), "0.83x"),
        (times(11.6), "12x"),
        (extent(0.771, 0.9), "0.77x to 0.90x"),
        (extent(0.771, 0.774), "0.77x"),
        (duration(12.54), "12.5 s"),
        (duration(200.9), "3 min 20 s"),
        (size(1_500_000), "1.5 MB"),
        (size(2_000_000_000), "2.0 GB"),
    ],
)
def test_each_is_said_so(said: str, expected: str) -> None:
    assert said == expected


@given(st.lists(st.text("abc", min_size=1), min_size=2), st.sampled_from(["and", "or"]))
def test_of_a_list_nothing_is_left_out_and_the_word_stands_once(parts: list[str], last: str) -> None:
    before, final = listed(parts, last).split(f" {last} ")
    assert [*before.split(", "), final] == parts


@given(st.integers(0, 10**9))
def test_only_one_is_singular(number: int) -> None:
    said = plural(number, "trial")
    assert said.endswith("s") != (number == 1) and int(said.split()[0].replace(",", "")) == number


@given(st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_an_extent_has_both_ends_or_they_are_said_alike(low: float, high: float) -> None:
    said = extent(low, high)
    assert said == f"{times(low)} to {times(high)}" or said == times(low) == times(high)


@given(st.floats(0, 1e6))
def test_a_duration_is_as_long_as_it_says(seconds: float) -> None:
    *minutes, rest = duration(seconds).split(" min ")
    assert abs(60 * sum(map(int, minutes)) + float(rest.removesuffix(" s")) - seconds) <= 1
