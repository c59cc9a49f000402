"""The rule of the gate, on figures that are made up: what is called a regression, and what could not be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.cells import Both, matched
from harness.compare.comparison import of_records
from harness.compare.figures import STAGES, Answer, Compared, compare, fewest_rounds
from harness.compare.outcome import Outcome
from harness.compare.page import why
from harness.compare.writing import as_junit
from harness.events import Metric, Verdict
from harness.store import Throughput, TrialRecord, Used
from tests.report.synthetic_records import counts, one, percentiles

ROUNDS = 20
QUIET_MS = 8.0


def noise(seed: int, sigma: float, rounds: int = ROUNDS) -> list[float]:
    """Factors around 1."""
    return [float(each) for each in np.exp(np.random.default_rng(seed).normal(0, sigma, rounds))]


def saturated(rates: Sequence[float], *, last: float = 1.0, cpu: float = 1.0, **more: Any) -> list[TrialRecord]:
    """A trial a rate, of which the last third had ``last`` of its rate."""
    return [
        one(
            id=f"saturated.r{repeat}",
            repeat=repeat,
            throughput=Throughput(messages_per_s=rate, mb_per_s=rate / 1e4, span_s=1, last_third_per_s=last * rate),
            counts=counts(("all", True), 100_000),
            client_cpu_s=0.5 * cpu,
            **{"verdict": Verdict.KEPT, **more},
        )
        for repeat, rate in enumerate(rates, start=1)
    ]


def paced(medians_ms: Sequence[float], *, tail: float = 1.0, **more: Any) -> list[TrialRecord]:
    """A trial a median; ``tail`` times as long is what lasts longest."""
    trials = []
    for repeat, median_ms in enumerate(medians_ms, start=1):
        took_ms = np.full(1_000, median_ms)
        took_ms[-20:] *= 3 * tail
        load = {"rate": 1_000, "message_size": 100}
        trials.append(one(id=f"paced.r{repeat}", repeat=repeat, latency_ms=percentiles(took_ms), load=load, **more))
    return trials


def answers(base: list[TrialRecord], new: list[TrialRecord], *, paired: bool = True) -> dict[str, Answer]:
    return {each.figure: each.answer for each in compared(base, new, paired=paired)}


def compared(base: list[TrialRecord], new: list[TrialRecord], *, paired: bool = True) -> list[Compared]:
    return compare(matched(base, new, frozenset()), paired=paired)


def test_what_is_the_same_is_no_difference() -> None:
    base = saturated([1e5 * each for each in noise(1, 0.03)]) + paced([5 * each for each in noise(2, 0.03)])
    new = saturated([1e5 * each for each in noise(3, 0.03)]) + paced([5 * each for each in noise(4, 0.03)])
    assert {*answers(base, new).values()} == {Answer.NO_DIFFERENCE}


def test_what_a_workload_does_not_state_is_listed_and_gates_nothing() -> None:
    base, new = saturated([1e5] * ROUNDS), saturated([0.7e5] * ROUNDS)
    of = of_records(base, new, frozenset(), paired=True, gating=[Metric.CPU])
    assert {each.figure: each.gates for each in of.figures} == {
        each.figure: each.figure == "CPU a message" for each in of.figures
    }
    assert of.figures[0].answer is Answer.REGRESSED
    assert not of.figures[0].gates
    assert of.outcome is Outcome.PASSED
    assert of_records(base, new, frozenset(), paired=True).outcome is Outcome.REGRESSED


@pytest.mark.parametrize(
    ("loss", "is_open"),
    [(0.0, False), (0.05, False), (0.12, True)],
    ids=["none", "none that matters", "one that may be"],
)
def test_more_rounds_are_for_what_may_become_a_regression(loss: float, is_open: bool) -> None:
    base, new = ([1e5 * factor * each for each in noise(1, 0.3)] for factor in (1, 1 - loss))
    new = [rate * (1.3 if number % 2 else 1 / 1.3) for number, rate in enumerate(new)]
    (rate,) = [each for each in compared(saturated(base), saturated(new)) if each.figure == "throughput"]
    assert rate.answer is Answer.CANNOT_TELL
    assert rate.open(1) is is_open


@pytest.mark.parametrize(
    ("figure", "new"),
    [
        ("throughput", saturated([0.8e5] * ROUNDS)),
        ("throughput of the last third", saturated([0.97e5] * ROUNDS, last=0.8)),
        ("CPU a message", saturated([1e5] * ROUNDS, cpu=1.2)),
        ("median latency", paced([6.0] * ROUNDS)),
        ("p99 latency", paced([5.0] * ROUNDS, tail=1.7)),
    ],
)
def test_each_figure_that_is_worse_is_a_regression(figure: str, new: list[TrialRecord]) -> None:
    base = saturated([1e5] * ROUNDS) if "latency" not in figure else paced([5.0] * ROUNDS)
    found = answers(base, new)
    assert found[figure] is Answer.REGRESSED
    assert answers(new, base)[figure] is Answer.IMPROVED


def test_what_is_worse_by_less_than_matters_is_no_regression() -> None:
    found = answers(saturated([1e5] * ROUNDS), saturated([0.92e5] * ROUNDS))
    assert found["throughput"] is Answer.NO_DIFFERENCE


@settings(max_examples=40)
@given(st.integers(0, 1_000), st.floats(0.02, 0.3), st.floats(0.6, 0.95), st.booleans())
def test_the_bound_that_is_shown_bears_out_what_is_said(seed: int, sigma: float, factor: float, gates: bool) -> None:
    base = [1e5 * each for each in noise(seed, sigma)]
    new = [1e5 * factor * each for each in noise(seed + 1, sigma)]
    trials = matched(saturated(base, cpu=1), saturated(new, cpu=1.3), frozenset())
    for each in compare(trials, paired=True, gating=[*Metric] if gates else []):
        if each.answer is Answer.REGRESSED:
            assert each.estimate is not None and each.estimate.low is not None
            assert each.estimate.low > 1.05 * (1 - 1e-9)


def test_what_the_base_did_not_measure_is_missing_if_it_ran_there() -> None:
    base = saturated([1e5] * ROUNDS, status="failed", verdict=Verdict.UNKNOWN)
    new = saturated([1e5] * ROUNDS)
    assert {*answers(base, new).values()} == {Answer.MISSING}
    assert {*answers(base, new, paired=False).values()} == {Answer.NEW}
    assert {*answers([], new).values()} == {Answer.NEW}


def test_noise_is_never_called_the_same() -> None:
    base = saturated([1e5 * each for each in noise(1, 0.5)])
    (rate, *_) = [each for each in compared(base, saturated([1e5] * ROUNDS)) if each.figure == "throughput"]
    assert rate.answer is Answer.CANNOT_TELL
    assert rate.could_see is not None and rate.could_see > 1.25
    assert rate.repeats_to_tell is not None and rate.repeats_to_tell > ROUNDS


def test_a_machine_that_varies_is_the_reason() -> None:
    def used(work_ms: float) -> Used:
        return Used(
            seconds=1, client_cores=1, client_thread=1, cores=2, machine=1, stolen=0, client_mb=1, work_ms=work_ms
        )

    base = saturated([1e5 * each for each in noise(1, 0.5)], used=used(QUIET_MS))
    assert answers(base, saturated([1e5] * ROUNDS, used=used(QUIET_MS)))["throughput"] is Answer.CANNOT_TELL
    disturbed = saturated([1e5] * ROUNDS, used=used(2 * QUIET_MS))
    assert answers(base, disturbed)["throughput"] is Answer.ENVIRONMENT
    assert answers(saturated([2e5] * ROUNDS, used=used(QUIET_MS)), disturbed)["throughput"] is Answer.REGRESSED
    stored = answers(saturated([2e5] * ROUNDS, used=used(QUIET_MS)), disturbed, paired=False)
    assert {*stored.values()} == {Answer.ENVIRONMENT}, "one after the other, and on another machine as good as"
    same = saturated([2e5] * ROUNDS, used=used(QUIET_MS)), saturated([2e5] * ROUNDS, used=used(2 * QUIET_MS))
    said = {why(each) for each in compared(*same, paired=False)}
    assert said == {"a fixed piece of work took the machine 8.0 ms, and 16.0 ms for the new run"}, "no repeats help"


def test_too_few_rounds_tell_nothing() -> None:
    (rate, *_) = compared(saturated([1e5] * 5), saturated([0.5e5] * 5))
    assert (rate.answer, rate.could_see, rate.repeats_to_tell) == (Answer.CANNOT_TELL, None, None)


def test_runs_one_after_the_other_need_eight_repeats() -> None:
    assert answers(saturated([1e5] * 7), saturated([0.5e5] * 7), paired=False)["throughput"] is Answer.CANNOT_TELL
    base, new = ([rate * each for each in noise(seed, 0.03, 9)] for seed, rate in ((1, 1e5), (2, 0.7e5)))
    assert answers(saturated(base), saturated(new), paired=False)["throughput"] is Answer.REGRESSED


@pytest.mark.parametrize("paired", [True, False])
def test_what_some_repeats_lack_is_missing(paired: bool) -> None:
    """Those that delivered nothing have no rate, and without them it looks as good as before."""
    base = saturated([1e5] * ROUNDS)
    some = [*base[:8], *(each.model_copy(update={"throughput": None}) for each in base[8:])]
    for one_side, other in ((base, some), (some, base)):
        assert answers(one_side, other, paired=paired)["throughput"] is Answer.MISSING
    (rate,) = (each for each in compared(base, some, paired=paired) if each.figure == "throughput")
    assert why(rate) == "measured in 8 of 20 repeats, and in 20 of 20 of the base's"


def test_runs_one_after_the_other_have_no_rounds() -> None:
    these, those = saturated([1e5] * 20), saturated([0.3e5] * 20)
    assert answers(these[:10], those[10:], paired=False)["throughput"] is Answer.REGRESSED


def test_what_is_called_no_difference_leaves_no_room_for_what_matters() -> None:
    """Narrow, and yet with a loss of a fifth within its bounds, or off by more than matters itself."""
    swing = [1.1 if number % 2 else 1 / 1.1 for number in range(20)]
    for factor in (0.87, 1 / 0.87):
        new = [1e5 * factor * each for each in swing]
        (rate, *_) = (each for each in compared(saturated([1e5] * 20), saturated(new)) if each.figure == "throughput")
        assert not rate.ruled_out
        assert rate.answer in (Answer.CANNOT_TELL, Answer.REGRESSED, Answer.IMPROVED)


@given(st.integers(0, 1_000), st.floats(0.01, 0.4), st.floats(0.6, 1.6))
@settings(max_examples=60)
def test_no_difference_is_said_of_nothing_else(seed: int, sigma: float, factor: float) -> None:
    base, new = noise(seed, sigma, 20), noise(seed + 5_000, sigma, 20)
    for paired in (True, False):
        found = compared(saturated([1e5 * x for x in base]), saturated([1e5 * factor * x for x in new]), paired=paired)
        for each in (each for each in found if each.answer is Answer.NO_DIFFERENCE):
            middle, low, high = each.ratio
            assert low is not None and high is not None
            assert 1 / each.gauge.seen < low <= high < each.gauge.seen
            assert 1 / each.gauge.beyond <= middle <= each.gauge.beyond


@pytest.mark.parametrize("sigma", [0.1, 0.3])
def test_of_two_hundred_comparisons_of_equals_none_has_an_alarm(sigma: float) -> None:
    def alarm(seed: int) -> bool:
        base, new = (paced([5 * each for each in noise(2 * seed + side, sigma, 10 * STAGES)]) for side in (0, 1))
        stage, found = 1, compared(base[:10], new[:10])
        while stage < STAGES and any(each.open(stage) for each in found):
            stage += 1
            found = compared(base[: 10 * stage], new[: 10 * stage])
        return any(each.answer is Answer.REGRESSED for each in found if each.gates)

    assert sum(map(alarm, range(200))) == 0


def test_a_trial_that_is_missing_or_failed_is_no_comparison() -> None:
    base = saturated([1e5] * ROUNDS)
    assert answers(base, [])["throughput"] is Answer.MISSING
    assert answers(base, base[:-1])["throughput"] is Answer.MISSING
    failed = [*base[:-1], base[-1].model_copy(update={"status": "failed"})]
    assert answers(base, failed)["throughput"] is Answer.MISSING
    assert answers([], base)["throughput"] is Answer.NEW


def test_only_what_points_to_a_regression_is_worth_more_rounds() -> None:
    def still_open(factor: float, sigma: float) -> set[str]:
        base = saturated([1e5] * ROUNDS)
        new = saturated([1e5 / factor * each for each in noise(1, sigma)])
        return {each.figure for each in compared(base, new) if each.open(1)}

    assert "throughput" in still_open(1.25, 0.3)
    assert not still_open(1.0, 0.01)
    assert not still_open(1.5, 0.01), "it is decided"
    assert not still_open(0.5, 0.3)


@pytest.mark.parametrize("cells", [1, 3, 10, 40])
def test_with_as_many_rounds_as_are_planned_anything_can_be_shown(cells: int) -> None:
    """Bounds with the first ones, and an alarm with as many again."""

    def found(rounds: int) -> list[Compared]:
        base, new = (
            [each for cell in range(cells) for each in saturated([1e5] * rounds, config={"linger.ms": cell})]
            for _ in range(2)
        )
        worse = saturated([0.8e5] * rounds, config={"linger.ms": 0})
        return [each for each in compared(base, [*worse, *new[rounds:]]) if each.trial.new[0] in worse]

    rounds = fewest_rounds(3 * cells)
    first, again = (next(each for each in found(so_many) if each.gates) for so_many in (rounds, 2 * rounds))
    assert first.could_see is not None and (first.open(1) or first.answer is Answer.REGRESSED)
    assert again.answer is Answer.REGRESSED
    assert rounds == 10 or 2.0 ** -(rounds - 1) > 0.01 / (3 * cells), "and with one fewer not"


@settings(max_examples=20)
@given(st.lists(st.floats(0.5, 2), min_size=12, max_size=24), st.randoms(use_true_random=False))
def test_of_pairs_that_are_as_often_worse_as_better_nothing_regressed(factors: list[float], random: Any) -> None:
    """Each pair of them the other way round as well."""
    both = factors + [1 / each for each in factors]
    random.shuffle(both)
    found = answers(saturated([1e5] * len(both)), saturated([1e5 * each for each in both]))
    assert found["throughput"] not in (Answer.REGRESSED, Answer.IMPROVED)


@settings(max_examples=20)
@given(st.integers(0, 1_000), st.floats(0.01, 0.5), st.floats(0.5, 2))
def test_the_other_way_round_it_is_the_other_answer(seed: int, sigma: float, factor: float) -> None:
    one_way = [1e5 * each for each in noise(seed, sigma)]
    other = [1e5 * factor * each for each in noise(seed + 1, sigma)]
    for paired in (True, False):
        there = answers(saturated(one_way), saturated(other), paired=paired)["throughput"]
        back = answers(saturated(other), saturated(one_way), paired=paired)["throughput"]
        if there is Answer.REGRESSED:
            assert back is Answer.IMPROVED
        assert not there is back is Answer.IMPROVED


def test_trials_with_a_fault_have_no_figures() -> None:
    lost = [one(fault="kill-leader", throughput=Throughput(messages_per_s=1, mb_per_s=1, span_s=1))]
    assert not compare([Both("row", tuple(lost), tuple(lost))], paired=True)


@pytest.mark.parametrize("failing", [("base",), ("new",), ("base", "new")])
def test_trials_that_failed_in_either_arm_are_never_nothing_regressed(failing: tuple[str, ...]) -> None:
    """Not even where both did, so that there is no difference."""
    failed = saturated([1e5] * ROUNDS, status="failed", verdict=Verdict.UNKNOWN)
    fine = saturated([1e5] * ROUNDS, verdict=Verdict.KEPT)
    base, new = (failed if side in failing else fine for side in ("base", "new"))
    for paired in (True, False):
        found = of_records(base, new, frozenset(), paired=paired)
        assert found.outcome is Outcome.INCOMPLETE
        assert 'errors="1"' in as_junit(found, "base", "new")


def test_what_nobody_knows_in_either_arm_is_never_nothing_regressed() -> None:
    unknown = saturated([1e5] * ROUNDS, verdict=Verdict.UNKNOWN)
    for paired in (True, False):
        assert of_records(unknown, unknown, frozenset(), paired=paired).outcome is Outcome.INCOMPLETE


def test_where_no_trial_ran_in_both_nothing_was_compared() -> None:
    fine = saturated([1e5] * ROUNDS)
    for paired in (True, False):
        assert of_records([], fine, frozenset(), paired=paired).outcome is Outcome.INCOMPLETE


def test_a_whole_comparison_of_equals_passes() -> None:
    fine = saturated([1e5] * ROUNDS, verdict=Verdict.KEPT)
    assert of_records(fine, fine, frozenset(), paired=True).outcome is Outcome.PASSED
