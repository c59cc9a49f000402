"""Percentiles against sorted values, on distributions of the shapes and sizes that trials have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Outcome
from harness.journal.sealed import ProducerColumns
from harness.measure import curve, distribution, late, latency, merge, moments, service
from harness.store import Percentiles

MS = 1_000_000
Int64 = npt.NDArray[np.int64]


def of(duration_ns: Int64) -> Percentiles:
    percentiles = distribution([duration_ns])
    assert percentiles is not None
    return percentiles


def producer(
    due_ms: list[int], sent_ms: list[int], done_ms: list[int], outcomes: list[Outcome], warmup: int = 0
) -> ProducerColumns:
    return ProducerColumns(
        producer=0,
        due_ns=np.array(due_ms, np.int64) * MS,
        sent_ns=np.array(sent_ms, np.int64) * MS,
        done_ns=np.array(done_ms, np.int64) * MS,
        offset=np.full(len(due_ms), -1, np.int64),
        partition=np.zeros(len(due_ms), np.int32),
        outcome=np.array(outcomes, np.uint8),
        warmup=warmup,
    )


@pytest.mark.parametrize(
    "duration_ns",
    [
        np.random.default_rng(1).lognormal(15, 1, 200_000).astype(np.int64),
        np.random.default_rng(2).exponential(2e9, 50_000).astype(np.int64) + 3 * MS,
        np.random.default_rng(3).uniform(0, 500_000, 10_000).astype(np.int64),
        np.concatenate([np.full(9_900, 2 * MS), np.full(100, 30_000 * MS)]),
        np.arange(1, 1_001) * MS,
    ],
    ids=["log-normal", "exponential", "below a millisecond", "a stall", "linear"],
)
def test_percentiles_are_right_within_a_thousandth_or_a_microsecond(duration_ns: Int64) -> None:
    found = of(duration_ns).model_dump(by_alias=True)
    ascending = np.sort(duration_ns)
    for percentile in (50, 90, 95, 99, 99.9):
        # By rank: numpy.percentile reckons 99.9 % of 200,000 in floats, and comes to the 199,801st.
        expected_ms = ascending[round(percentile * 10 * len(ascending)) // 1000 - 1] / 1e6
        assert found[f"p{percentile}"] == pytest.approx(expected_ms, rel=1e-3, abs=1e-3)
    assert found["max"] == duration_ns.max() / 1e6
    assert found["mean"] == pytest.approx(duration_ns.mean() / 1e6, rel=1e-12)
    assert found["count"] == len(duration_ns)


@given(st.lists(st.integers(0, 24 * 3600 * 10**6), min_size=1, max_size=200))
@settings(max_examples=50, deadline=None)
def test_the_histogram_is_the_one_of_values_recorded_one_by_one(duration_us: list[int]) -> None:
    stored = HdrHistogram.decode(of(np.array(duration_us) * 1000).hdr)
    one_by_one = HdrHistogram(1, 24 * 3600 * 10**6, 3)
    for value in duration_us:
        assert one_by_one.record_value(value)
    indices = range(one_by_one.counts_len)
    assert [stored.get_count_at_index(i) for i in indices] == [one_by_one.get_count_at_index(i) for i in indices]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
@settings(deadline=None)
def test_percentiles_ascend_up_to_the_maximum(duration_ns: list[int]) -> None:
    found = of(np.array(duration_ns))
    ascending = [found.p50, found.p90, found.p95, found.p99, found.p99_9, found.max]
    assert ascending == sorted(ascending)


def test_latency_counts_from_due_and_service_from_sent() -> None:
    stalled = producer([0, 10], [0, 500], [5, 510], [Outcome.ACKED, Outcome.ACKED])
    from_due, from_sent = latency([stalled]), service([stalled])
    assert from_due is not None
    assert from_sent is not None
    assert (from_due.max, from_sent.max) == (500, 10)


def test_only_acked_messages_after_the_warm_up_count() -> None:
    outcomes = [Outcome.ACKED, Outcome.ACKED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNKNOWN]
    one = producer([0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [9_000, 2, 7_000, 8_000, -1], outcomes, warmup=1)
    other = producer([0, 0], [0, 0], [9_000, 4], [Outcome.ACKED, Outcome.ACKED], warmup=1)
    found = latency([one, other])
    assert found is not None
    assert (found.count, found.max, found.mean) == (2, 4, 3)


def test_unconfirmed_messages_count_as_acked_ones() -> None:
    found = latency([producer([0, 0], [0, 0], [1, 3], [Outcome.UNCONFIRMED, Outcome.UNCONFIRMED])])
    assert found is not None
    assert (found.count, found.max) == (2, 3)


def test_no_data_is_none() -> None:
    nothing = producer([], [], [], [])
    only_warm_up = producer([0], [0], [1], [Outcome.ACKED], warmup=1)
    none_acked = producer([0], [0], [1], [Outcome.FAILED])
    for producers in ([], [nothing], [only_warm_up], [none_acked]):
        assert latency(producers) is None
        assert service(producers) is None
    assert distribution([np.zeros(0, np.int64)]) is None and distribution([]) is None


@pytest.mark.parametrize("duration_ns", [-1, 25 * 3600 * 10**9])
def test_times_that_cannot_be_right_are_refused(duration_ns: int) -> None:
    with pytest.raises(ValueError, match="cannot be right"):
        of(np.array([duration_ns]))


def test_merged_histograms_are_the_histogram_of_all() -> None:
    rng = np.random.default_rng(4)
    parts = [rng.lognormal(mean, 1, 10_000).astype(np.int64) for mean in (13, 15, 17)]
    stored = [of(part).hdr for part in parts]
    merged = merge([hdr for hdr in stored if hdr is not None])
    whole = HdrHistogram.decode(of(np.concatenate(parts)).hdr)
    assert merged.get_total_count() == 30_000
    assert merged.equals(whole)
    assert merge([]).get_total_count() == 0


@given(st.lists(st.integers(0, 24 * 3600 * 10**6), min_size=1, max_size=200))
@settings(max_examples=15, deadline=None)  # theirs takes a third of a second
def test_the_curve_is_the_one_of_hdr_histograms_own_iterator(duration_us: list[int]) -> None:
    hdr = of(np.array(duration_us) * 1000).hdr
    assert hdr is not None
    walked = [
        (item.percentile_level_iterated_to, item.value_iterated_to / 1e3)
        for item in HdrHistogram.decode(hdr).get_recorded_iterator()
    ]
    assert list(zip(*(column.tolist() for column in curve(hdr)), strict=True)) == walked


@given(st.lists(st.integers(0, 24 * 3600 * 10**6), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_mean_and_deviation_are_hdr_histograms_own(duration_us: list[int]) -> None:
    hdr = of(np.array(duration_us) * 1000).hdr
    assert hdr is not None
    stored = HdrHistogram.decode(hdr)
    own = stored.get_mean_value() / 1e3, stored.get_stddev() / 1e3
    assert moments(stored) == pytest.approx(own, rel=1e-9, abs=1e-6)


def test_a_merged_curve_is_too() -> None:
    parts = [of(np.array(values) * MS).hdr for values in ([1, 5, 5], [70_000, 2])]
    merged = merge([hdr for hdr in parts if hdr is not None])
    percentiles, ms = curve(merged.encode().decode("ascii"))
    walked = [item.value_iterated_to / 1e3 for item in merged.get_recorded_iterator()]
    assert (percentiles.tolist(), ms.tolist()) == ([20, 40, 80, 100], walked)


def test_the_curve_runs_from_the_fastest_to_the_slowest() -> None:
    duration_ns = np.repeat(np.array([1, 2, 1_000]) * MS, [70, 20, 10])
    hdr = of(duration_ns).hdr
    assert hdr is not None
    percentiles, ms = curve(hdr)
    assert percentiles.tolist() == [70, 90, 100]
    assert ms == pytest.approx([1, 2, 1_000], rel=1e-3)


def test_how_late_a_load_was_handed_over_is_of_all_that_was_sent_behind_the_warm_up() -> None:
    outcomes = [Outcome.ACKED, Outcome.ACKED, Outcome.UNKNOWN]
    found = late([producer([0, 10, 20], [500, 11, 23], [600, 12, 24], outcomes, warmup=1)])
    assert found is not None and (found.count, found.max, found.mean) == (2, 3.0, 2.0)
    assert late([producer([], [], [], [])]) is None
