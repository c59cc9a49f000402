"""The schedule: open loop, so what is due depends on the clock alone."""

from hypothesis import given
from hypothesis import strategies as st

from harness.load.pacer import Pacer

rates = st.floats(0.5, 1e6)


@given(rates, st.integers(0, 10**6))
def test_a_message_is_due_exactly_from_its_due_time_on(rate: float, number: int) -> None:
    pacer = Pacer(10**12, rate)
    due = int(pacer.due_ns(number, 1)[0])
    assert pacer.until_ns(number) == due
    assert pacer.due_by(due + 2) >= number + 1
    assert pacer.due_by(due - 2 - int(1e9 / rate)) <= number


@given(rates)
def test_nothing_is_due_before_the_start(rate: float) -> None:
    assert Pacer(1000, rate).due_by(999) == 0
    assert Pacer(1000, rate).due_by(1000) == 1


def test_due_times_are_evenly_spaced_whatever_the_batch() -> None:
    pacer = Pacer(0, 3.0)
    whole = pacer.due_ns(0, 9)
    assert (pacer.due_ns(4, 5) == whole[4:]).all()
    assert whole[:4].tolist() == [0, 333333333, 666666666, 1000000000]
