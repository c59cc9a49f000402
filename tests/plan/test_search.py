"""A search: each trial's rate follows from the ones before, and the answer is as narrow as the trials are many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.kinds.search import next_rate, settle
from harness.plan import Sought, Trial
from harness.store import Sustained, TrialRecord
from harness.trial import fields

from .planning import planned

SEARCH: dict[str, Any] = {
    "sweep": {"client": ["aiokafka", "confluent-kafka"], "acks": ["all"]},
    "performance": None,
    "faults": None,
    "search": {"repeats": 2, "p99_ms": 50, "lowest": 100, "highest": 10_000, "trials": 4, "seconds": 2},
}


def trials() -> list[Trial]:
    return list(planned(SEARCH).trials)


def ran(trial: Trial, holds: bool | None) -> TrialRecord:
    found = None if holds is None else Sustained(p99_ms=1, falls_behind=0, holds=holds)
    return TrialRecord(**fields(trial), status="completed" if found else "failed", sustained=found)


def played(most: float) -> list[tuple[Trial, TrialRecord]]:
    """Every trial as it was run, of configurations that sustain so many messages a second."""
    records: list[TrialRecord] = []
    done = []
    for trial in trials():
        settled = settle(trial, lambda: records)
        assert settled.load.rate is not None and settled.load.rate != "max"
        records.append(ran(settled, settled.load.rate <= most))
        done.append((settled, records[-1]))
    return done


def test_every_configuration_has_its_trials_and_they_take_turns() -> None:
    every = trials()
    assert [trial.client for trial in every] == ["aiokafka", "confluent-kafka"] * 8
    assert len({trial.id for trial in every}) == 16
    assert {trial.load.rate for trial in every} == {10_000}, "that is what it may take"
    assert {trial.load.messages for trial in every} == {20_000}


@pytest.mark.parametrize("most", [50, 100, 777, 5_000, 9_999, 20_000])
def test_each_trial_halves_what_is_left_and_searches_know_nothing_of_each_other(most: float) -> None:
    done = played(most)
    for client in ("aiokafka", "confluent-kafka"):
        for repeat in (1, 2):
            own = [record for trial, record in done if (trial.client, trial.repeat) == (client, repeat)]
            rates = [float(record.load["rate"]) for record in own]
            assert rates[0] == 1_000 and len(set(rates)) == 4
            assert rates == [float(each.load["rate"]) for each in own]
            held = [rate for rate in rates if rate <= most]
            not_held = [rate for rate in rates if rate > most]
            low, high = max(held, default=100), min(not_held, default=10_000)
            assert high / low == pytest.approx(100 ** (1 / 16), rel=0.01)


def test_what_is_on_record_is_what_ran() -> None:
    settled, record = played(777)[0]
    assert record.load["rate"] == 1_000 and record.load["messages"] == settled.load.messages == 2_000
    assert record.load["sought"] == {"p99_ms": 50, "lowest": 100, "highest": 10_000}


def test_versions_of_a_client_are_searches_of_their_own() -> None:
    newer = trials()[0]
    older = replace(newer, asked="0.12.0", client_version="0.12.0")
    of_newer, of_older = ran(settle(newer, list), True), ran(settle(older, list), False)
    assert (of_newer.client, of_newer.config) == (of_older.client, of_older.config)
    assert settle(newer, lambda: [of_older]).load.rate == settle(older, lambda: [of_newer]).load.rate == 1_000
    assert settle(older, lambda: [of_newer, of_older]).load.rate == 316


def test_a_trial_that_failed_is_tried_again_by_the_next() -> None:
    first, _, second, *_ = trials()
    settled = settle(first, list)
    assert settle(second, lambda: [ran(settled, None)]).load.rate == settled.load.rate
    assert settle(second, lambda: [ran(settled, True)]).load.rate == 3_160


@given(st.floats(1, 1e6), st.floats(1.001, 1e4), st.floats(0, 2))
def test_it_ends_and_what_is_left_is_narrow(lowest: float, times: float, most: float) -> None:
    sought = Sought(50, lowest, lowest * times)
    held: dict[float, bool] = {}
    while (rate := next_rate(sought, held)) is not None:
        held[rate] = rate <= lowest * times**most
        assert len(held) < 15
    low = max((rate for rate, holds in held.items() if holds), default=lowest)
    high = min((rate for rate, holds in held.items() if not holds), default=lowest * times)
    assert high / low < 1.02


def test_where_nothing_is_left_it_is_skipped_with_the_reason() -> None:
    first, *_ = trials()
    ends = ((1_000, True), (1_010, False))
    narrow = [ran(replace(first, load=replace(first.load, rate=rate)), holds) for rate, holds in ends]
    assert settle(first, lambda: narrow).skip == "the search had ended: what was left is narrower than 2 %"
