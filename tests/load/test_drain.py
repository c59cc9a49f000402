"""A client is waited for as long as it reports, however long that takes, and then as long as is patient."""

from __future__ import annotations

from typing import Any, cast

import pytest

import harness.load.drain as draining
from harness.load.drain import drain

from .by_hand import Clock


class Reporting:
    """Reports one message in each flush, which takes so long, but for those that it never reports."""

    def __init__(self, clock: Clock, unreported: int, never: int, takes_s: float) -> None:
        self._clock, self._unreported, self._never, self._takes_s = clock, unreported, never, takes_s

    def flush(self, timeout_s: float) -> int:
        self._clock.pass_s(self._takes_s)
        self._unreported = max(self._never, self._unreported - 1)
        return self._unreported


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(draining, "time", clock)
    return clock


def test_all_is_waited_for_while_reports_come(clock: Clock) -> None:
    assert drain(cast(Any, Reporting(clock, 2_000, never=0, takes_s=4)), patience_s=lambda: 5) == (0, None)


def test_what_is_never_reported_is_given_up_after_the_patience(clock: Clock) -> None:
    unreported, still_s = drain(cast(Any, Reporting(clock, 5, never=3, takes_s=0.5)), patience_s=lambda: 10)
    assert unreported == 3
    assert still_s == 10.5


def test_a_patience_that_shrinks_holds_at_once(clock: Clock) -> None:
    unreported, still_s = drain(
        cast(Any, Reporting(clock, 5, never=5, takes_s=0.5)),
        patience_s=lambda: 1000 if clock.now_ns < 10**12 + 3 * 10**9 else 1,
    )
    assert (unreported, still_s) == (5, 2.5)
