"""Warming brokers up: until they stand still, and whatever happens nothing of it stays."""

from __future__ import annotations

import time

import pytest

from harness import warmup
from harness.trial import Venue
from harness.warmup import steady, warm_up


def test_steady_are_two_windows_in_turn_that_are_alike() -> None:
    assert steady([9, 100, 95]) and steady([95, 100])
    assert not steady([]) and not steady([100]) and not steady([100, 100, 80]) and not steady([0, 0])


def test_brokers_are_warmed_by_full_load_and_by_a_pace_and_nothing_of_it_stays(venue: Venue) -> None:
    before = set(venue.scratch.iterdir())
    warm = warm_up(venue, saturated=True)
    assert max(warm.rates) > 0
    assert 2 <= len(warm.medians_ms) <= 8 and min(warm.medians_ms) > 0
    assert {path.suffix for path in set(venue.scratch.iterdir()) - before} <= {".log"}
    until = time.monotonic() + 10  # a broker hears of it a moment after the controller has deleted it
    while any(_is_there(venue, name) for name in ("full-load", "full-load-without-idempotence", "pace")):
        assert time.monotonic() < until
        time.sleep(0.05)


def _is_there(venue: Venue, name: str) -> bool:
    view = venue.cluster.view(f"{venue.run_id}.warm-up.{name}")
    assert view is not None
    return bool(view.partitions)


def test_a_warm_up_that_fails_is_said_and_ends_nothing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(venue, "doing", said.append)
    monkeypatch.setattr(warmup, "_MESSAGE_BYTES", 1)  # no worker makes such messages
    assert warm_up(venue, saturated=True) == warmup.WarmUp([], [])
    assert len(said) == 3 and all("the warm-up ended early" in line for line in said), said
