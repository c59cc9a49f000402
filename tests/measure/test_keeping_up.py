"""Whether a load is kept up with: by what waits, and not only by what its end lets through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events import Outcome
from harness.journal.sealed import ProducerColumns
from harness.measure import falls_behind, latency, sustained

MESSAGES, RATE = 3_000, 1_000.0


def served(capacity: float, jitter_ms: float = 1.0, producers: int = 1) -> list[ProducerColumns]:
    """A load of ``RATE``, served in turn at so many a second; each then takes a while, by chance."""
    due_ns = (np.arange(MESSAGES) * 1e9 / RATE).astype(np.int64)
    served_ns = np.arange(MESSAGES) * 1e9 / capacity
    done_ns = np.maximum.accumulate(due_ns - served_ns) + served_ns
    done_ns = (done_ns + np.random.default_rng(1).exponential(jitter_ms * 1e6, MESSAGES)).astype(np.int64)
    return [
        ProducerColumns(
            producer=number,
            due_ns=due_ns[number::producers],
            sent_ns=due_ns[number::producers],
            done_ns=done_ns[number::producers],
            offset=np.full(len(due_ns[number::producers]), -1),
            partition=np.zeros(len(due_ns[number::producers]), np.int32),
            outcome=np.full(len(due_ns[number::producers]), Outcome.ACKED, np.uint8),
        )
        for number in range(producers)
    ]


@given(st.floats(1.0, 10.0), st.integers(1, 3))
def test_by_how_much_it_falls_behind_is_what_it_cannot_serve(share: float, producers: int) -> None:
    behind = falls_behind(served(RATE / share, producers=producers))
    assert behind == pytest.approx(share - 1, abs=0.01)


@pytest.mark.parametrize(("share", "holds"), [(0.5, True), (1.0, True), (1.005, True), (1.05, False), (2.0, False)])
def test_a_backlog_that_grows_does_not_hold_however_wide_the_bound(share: float, holds: bool) -> None:
    load = served(RATE / share)
    found = sustained(load, latency(load), 60_000)
    assert found is not None and found.holds is holds
    assert (found.why is None) is holds


def test_a_tail_beyond_the_bound_does_not_hold() -> None:
    (load,) = served(10 * RATE)
    load.done_ns[::50] += 80_000_000
    found = sustained([load], latency([load]), 50)
    assert found is not None and not found.holds and found.p99_ms > 80
    assert (found.why or "").startswith("p99 8")
    assert falls_behind([load]) == pytest.approx(0, abs=0.005)
    assert (within := sustained([load], latency([load]), 100)) is not None and within.holds


def test_where_nothing_was_acked_nothing_is_said() -> None:
    assert sustained(served(RATE), None, 50) is None
