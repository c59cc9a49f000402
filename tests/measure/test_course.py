"""Rates, gaps and recovery on timelines short enough to reckon by hand. Times are in milliseconds."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import measure
from harness.events import Outcome
from harness.journal.mapped import NONE
from harness.journal.sealed import ProducerColumns, parts
from harness.measure import (
    ack_rate,
    bin_width_s,
    error_rate,
    longest_gap_s,
    recovered_after_heal_s,
    recovery_s,
    throughput,
    waited_after_heal_s,
)

MS = 1_000_000
ACKED, FAILED, UNKNOWN, UNCONFIRMED = Outcome.ACKED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNCONFIRMED
Message = tuple[int, int | None, Outcome] | tuple[int, int | None, Outcome, int]


def producer(*messages: Message, warmup: int = 0, closed: int | None = None) -> ProducerColumns:
    """Messages as (due and sent, done or None, outcome[, partition])."""
    rows = [(*message, 0)[:4] for message in messages]
    due_ns = np.array([due * MS for due, *_ in rows], np.int64)
    return ProducerColumns(
        producer=0,
        due_ns=due_ns,
        sent_ns=due_ns,
        done_ns=np.array([NONE if done is None else done * MS for _, done, *_ in rows], np.int64),
        offset=np.full(len(rows), NONE, np.int64),
        partition=np.array([partition for *_, partition in rows], np.int32),
        outcome=np.array([outcome for _, _, outcome, _ in rows], np.uint8),
        warmup=warmup,
        closed_ns=None if closed is None else closed * MS,
    )


@pytest.fixture(autouse=True, scope="module", params=[2, parts.ROWS])
def rows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Nothing depends on how many messages are looked at in one go."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "ROWS", request.param)
        yield


NO_DATA = [[], [producer()], [producer((0, 1, ACKED), warmup=1)]]


def test_throughput_is_what_was_acked_over_the_measured_span() -> None:
    sent = producer(
        (0, 900, ACKED),  # warm-up
        (1_000, 1_400, ACKED),
        (1_200, 1_300, FAILED),
        (1_300, 9_000, UNKNOWN),
        (1_700, 2_000, ACKED),
        (1_900, 3_000, ACKED),
        (2_500, 2_900, ACKED),
        warmup=1,
    )
    found = throughput([sent], message_size_bytes=250_000)
    assert found is not None
    assert (found.messages_per_s, found.mb_per_s, found.span_s, found.steady) == (2.0, 0.5, 2.0, None)


def test_throughput_says_whether_it_was_steady_and_why_not() -> None:
    """Every ack counts in the figure, whatever became of them in the course of the span."""
    every = [(0, 1 + ms, ACKED) for ms in range(1_000)]
    broken = [message for message in every if not 300 < message[1] <= 600]
    for messages, steady, unsteady in (
        (every, True, None),
        (broken, False, "stands still for 0.30 of 1.00 s"),
        (every[::100], None, "fewer than 20 bursts"),
    ):
        found = throughput([producer(*messages)], 100)
        assert found is not None
        assert (found.steady, found.unsteady) == (steady, unsteady)
        assert found.messages_per_s == pytest.approx(len(messages) / found.span_s)


def test_throughput_of_several_producers_is_theirs_together() -> None:
    one = producer((0, 500, ACKED), (0, 1_000, ACKED))
    other = producer((100, 2_000, UNCONFIRMED))
    found = throughput([one, other], 100)
    assert found is not None
    assert (found.messages_per_s, found.span_s) == (1.5, 2.0)


def test_what_still_waited_when_the_warm_up_was_over_counts_from_then_on() -> None:
    """Ten messages are handed over at once and acked one a second: whichever of them warmed it up, that is the rate."""
    queued = [(0, 1_000 * (number + 1), ACKED) for number in range(10)]
    for warmup in (0, 1, 5):
        found = throughput([producer(*queued, (9_500, 11_000, ACKED), warmup=warmup)], 100)
        assert found is not None and found.messages_per_s == pytest.approx(1)
    late = throughput([producer(*queued, (4_500, 11_000, ACKED), warmup=10)], 100)
    assert late is not None and late.span_s == 6.5
    assert late.messages_per_s == pytest.approx(7 / 6.5)


def test_throughput_in_no_time_at_all_is_none() -> None:
    assert throughput([producer((5, 5, UNCONFIRMED))], 100) is None


def test_throughput_without_an_ack_is_none() -> None:
    for producers in [*NO_DATA, [producer((0, 5, FAILED))]]:
        assert throughput(producers, 100) is None


def test_ack_rate_counts_from_the_first_measured_message_and_shows_gaps() -> None:
    sent = producer(
        (0, 50, ACKED),  # warm-up
        (1_000, 1_010, ACKED),
        (1_050, 1_099, ACKED),
        (1_060, 1_310, ACKED),
        (1_070, 1_560, FAILED),
        warmup=1,
    )
    rates = ack_rate([sent], 0.1)
    assert rates == [[0.0, 20.0], [0.1, 0.0], [0.2, 0.0], [0.3, 10.0], [0.4, 0.0], [0.5, 0.0]]


def test_ack_rate_without_data_is_none_and_without_acks_is_zero() -> None:
    for producers in NO_DATA:
        assert ack_rate(producers, 0.1) is None
    assert ack_rate([producer((0, 150, FAILED))], 0.1) == [[0.0, 0.0], [0.1, 0.0]]


@given(st.integers(1, 10**9))
def test_a_course_has_at_most_a_thousand_bins_however_long_it_is(span_ms: int) -> None:
    sent = producer((0, 0, ACKED), (0, span_ms, ACKED))
    width_s = bin_width_s([sent])
    rates = ack_rate([sent], width_s)
    assert rates is not None and len(rates) <= 1_000
    assert width_s == 0.1 or len(rates) >= 1_000 * 2 / 5 - 1, "nor are they longer than that takes"
    assert sum(rate * width_s for _, rate in rates) == pytest.approx(2)


@pytest.mark.parametrize(("seconds", "width_s"), [(0, 0.1), (99, 0.1), (101, 0.2), (250, 0.5), (3_600, 5)])
def test_bins_are_of_a_round_length(seconds: int, width_s: float) -> None:
    assert bin_width_s([producer((0, seconds * 1_000, ACKED))]) == width_s


def test_without_data_a_bin_has_its_least_length() -> None:
    assert {bin_width_s(producers) for producers in NO_DATA} == {0.1}


def test_errors_are_in_the_bin_they_were_reported_in_and_what_never_was_in_the_last() -> None:
    sent = producer(
        (0, 50, FAILED),  # warm-up
        (1_000, 1_010, ACKED),
        (1_050, 1_120, FAILED),
        (1_060, 1_130, UNKNOWN),
        (1_070, None, UNKNOWN),
        (1_080, 1_310, UNCONFIRMED),
        warmup=1,
    )
    assert error_rate([sent], 0.1) == [[0.0, 0.0], [0.1, 20.0], [0.2, 0.0], [0.3, 10.0]]
    rates = ack_rate([sent], 0.1)
    assert rates == [[0.0, 10.0], [0.1, 0.0], [0.2, 0.0], [0.3, 10.0]]


def test_errors_without_data_are_none_and_without_errors_zero() -> None:
    for producers in NO_DATA:
        assert error_rate(producers, 0.1) is None
    assert error_rate([producer((0, 150, ACKED))], 0.1) == [[0.0, 0.0], [0.1, 0.0]]


@pytest.mark.parametrize(
    ("messages", "gap_s"),
    [
        ([(0, 100, ACKED), (50, 400, ACKED), (60, 600, ACKED)], 0.3),  # between two acks
        ([(0, 500, ACKED), (50, 600, ACKED)], 0.5),  # before the first
        ([(0, 100, ACKED), (50, 900, FAILED)], 0.8),  # after the last
        ([(0, 100, ACKED), (700, None, UNKNOWN)], 0.6),  # the last was never heard of
        ([(0, 400, ACKED), (50, 100, ACKED)], 0.3),  # acks in another order than the messages
        ([(0, 300, FAILED), (100, 2_000, UNKNOWN)], 2.0),  # never an ack
    ],
)
def test_longest_gap(messages: list[Message], gap_s: float) -> None:
    assert longest_gap_s([producer(*messages)]) == gap_s


def test_the_longest_gap_leaves_the_warm_up_out_and_takes_all_producers_together() -> None:
    one = producer((0, 5_000, ACKED), (6_000, 6_100, ACKED), (6_000, 7_000, ACKED), warmup=1)
    other = producer((6_000, 6_500, ACKED))
    assert longest_gap_s([one, other]) == 0.5


def test_availability_is_unknown_where_nobody_confirms() -> None:
    unconfirmed = [producer((0, 1, UNCONFIRMED), (900, 901, UNCONFIRMED))]
    assert longest_gap_s(unconfirmed) is None
    assert recovery_s(unconfirmed, 0) is None
    for producers in NO_DATA:
        assert longest_gap_s(producers) is None
        assert recovery_s(producers, 0) is None


def test_recovery_is_the_first_ack_of_a_message_due_since_the_fault() -> None:
    # The message due at 900 was on its way before; its ack at 1100 is no sign of recovery.
    sent = producer((900, 1_100, ACKED), (1_000, 3_000, ACKED), (1_500, 2_500, ACKED))
    assert recovery_s([sent], 1_000 * MS) == 1.5


def test_recovery_is_the_slowest_partitions() -> None:
    sent = producer((1_000, 1_010, ACKED, 0), (1_000, 4_000, ACKED, 7), (1_000, 1_020, ACKED, 2))
    assert recovery_s([sent], 1_000 * MS) == 3.0


def test_a_partition_that_nothing_was_sent_to_since_does_not_count() -> None:
    sent = producer((500, 600, ACKED, 1), (1_000, 1_250, ACKED, 0))
    assert recovery_s([sent], 1_000 * MS) == 0.25


def test_a_partition_that_never_acked_again_has_not_recovered() -> None:
    sent = producer((1_000, 1_010, ACKED, 0), (1_000, 4_000, FAILED, 1), (500, 5_000, ACKED, 1))
    assert recovery_s([sent], 1_000 * MS) is None


def test_nothing_sent_since_the_fault_says_nothing() -> None:
    assert recovery_s([producer((0, 100, ACKED))], 1_000 * MS) is None


def test_recovery_of_several_producers_is_the_first_to_get_through() -> None:
    one, other = producer((1_000, 2_000, ACKED)), producer((1_000, 1_500, ACKED))
    assert recovery_s([one, other], 1_000 * MS) == 0.5


@pytest.mark.parametrize(
    ("messages", "recovered_s", "waited_s"),
    [
        ([(500, 900, ACKED), (1_100, 1_350, ACKED), (1_200, 1_250, ACKED)], 0.25, 2.0),  # the first ack since
        ([(500, 1_010, ACKED)], 0.01, 2.0),  # of a message that had waited all the while
        ([(500, 1_010, ACKED, 0), (1_100, 1_700, ACKED, 1)], 0.7, 2.0),  # the slowest partition's
        ([(500, 1_010, ACKED, 0), (600, 1_700, UNKNOWN, 1)], None, 2.0),  # one never acked again
        ([(500, None, UNKNOWN)], None, 2.0),  # never a word
        ([(500, 900, ACKED)], None, None),  # all was over by then
        ([(500, 1_100, UNCONFIRMED), (1_200, 1_201, UNCONFIRMED)], None, None),  # acks=0
    ],
)
def test_recovery_after_the_heal(messages: list[Message], recovered_s: float | None, waited_s: float | None) -> None:
    sent = producer(*messages, closed=3_000)
    assert recovered_after_heal_s([sent], 1_000 * MS) == recovered_s
    assert waited_after_heal_s([sent], 1_000 * MS) == waited_s


def test_nobody_waited_whose_client_was_gone_or_never_noted_it() -> None:
    for closed in (900, None):
        sent = producer((500, None, UNKNOWN), closed=closed)
        assert recovered_after_heal_s([sent], 1_000 * MS) is None
        assert waited_after_heal_s([sent], 1_000 * MS) is None
    for producers in NO_DATA:
        assert recovered_after_heal_s(producers, 0) is None
        assert waited_after_heal_s(producers, 0) is None


def test_no_function_hides_a_module_of_its_name() -> None:
    for module in pkgutil.iter_modules(measure.__path__):
        assert isinstance(getattr(measure, module.name, measure), ModuleType), module.name
