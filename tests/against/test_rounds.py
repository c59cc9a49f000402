"""Who is next: pairs in turn, round by round, and more of them only where something is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from harness.against.arms import BASE, NEW, Arms, arms
from harness.against.rounds import clusters, rounds
from harness.against.run import create, opened
from harness.plan import Trial
from harness.store import Counts, Results, ResultsUnusable, Throughput, TrialRecord
from harness.sweep import Turn
from harness.trial import fields
from harness.venues import Arm

from .workloads import workload

Rate = Callable[[Trial, bool], float]


def _sides(both: Arms, folder: Path) -> dict[str, Arm]:
    stored = create(folder, both)
    return {side: Arm(both.plans[side].workload, results) for side, results in stored.items()}


def _ran(turn: Turn, rate: float) -> None:
    """As if it had run, at this rate."""
    turn.arm.results.append(
        TrialRecord(
            **fields(turn.trial),
            status="completed",
            throughput=Throughput(messages_per_s=rate, mb_per_s=1, span_s=1),
            counts=Counts(sent=1, acked=1, failed=0, unknown=0, unconfirmed=0, in_log=1),
        )
    )


def _run(both: Arms, sides: Mapping[str, Arm], rate: Rate) -> list[list[Turn]]:
    """All rounds of what is measured, at what rate each trial is said to have run."""
    measured, _ = clusters(both)
    said: list[str] = []
    every = []
    for turns in rounds(both, measured, sides, said.append):
        every.append(turns)
        for turn in turns:
            _ran(turn, rate(turn.trial, turn.arm is sides[BASE]))
    assert len(said) == (len(every) - 1) // both.rounds, "each further stage"
    return every


@pytest.fixture
def both() -> Arms:
    return arms(workload(), "kafka==4.4.0")


def test_each_round_has_each_pair_in_an_order_of_its_own(both: Arms, tmp_path: Path) -> None:
    every = _run(both, _sides(both, tmp_path / "run"), lambda trial, base: 100.0)
    assert len(every) == both.rounds == 11
    orders: set[tuple[str, ...]] = set()
    first: dict[str, list[bool]] = {}
    for number, turns in enumerate(every, start=1):
        assert len(turns) == 16
        assert {turn.trial.repeat for turn in turns} == {number}
        for one, other in [*pairwise(turns)][::2]:
            new = one.trial.id.removeprefix("base.")
            assert {one.trial.id, other.trial.id} == {f"base.{new}", new}
            first.setdefault(new.rpartition(".r")[0], []).append(one.trial.id.startswith("base."))
        orders.add(tuple(turn.trial.id.removeprefix("base.").rpartition(".r")[0] for turn in turns))
    assert len(orders) == len(every)
    for of_pair in first.values():
        assert all(one is not other for one, other in zip(of_pair[::2], of_pair[1::2], strict=False)), "each as often"
    assert len({*map(tuple, first.values())}) > 1, "by the toss of a coin"


def test_more_rounds_are_for_what_is_open_alone(both: Arms, tmp_path: Path) -> None:
    """One configuration seems slower, and swings too far to be sure; another is faster for sure."""

    def rate(trial: Trial, base: bool) -> float:
        if base or trial.client != "aiokafka":
            return 100.0
        if trial.config["acks"] == "1":
            return 160.0
        return 110.0 if trial.repeat % 3 == 0 else 80.0

    every = _run(both, _sides(both, tmp_path / "run"), rate)
    assert len(every) == 2 * both.rounds, "its estimate is not so much that it matters"
    for turns in every[both.rounds :]:
        assert {(t.trial.client, t.trial.config["acks"], t.trial.load.rate) for t in turns} == {
            ("aiokafka", "all", "max")
        }
        assert len(turns) == 2


def test_what_has_a_record_has_had_its_turn(both: Arms, tmp_path: Path) -> None:
    sides = _sides(both, tmp_path / "run")
    measured, faults = clusters(both)
    one_round = next(rounds(both, measured, sides, print))
    for turn in one_round[:5]:
        _ran(turn, 100)
    again = {side: Arm(sides[side].workload, Results.open(tmp_path / "run" / side)) for side in (BASE, NEW)}
    left = next(rounds(both, measured, again, print))
    assert [turn.trial.id for turn in left] == [turn.trial.id for turn in one_round[5:]]
    assert len([*rounds(both, faults, sides, print)]) == 2


def test_the_folder_of_two_arms_is_known_again(both: Arms, tmp_path: Path) -> None:
    stored = create(tmp_path / "run", both)
    found = opened(tmp_path / "run")
    assert found is not None and {side: one.folder for side, one in found.items()} == {
        side: one.folder for side, one in stored.items()
    }
    assert opened(tmp_path) is None
    stored[NEW].save_run({key: value for key, value in stored[NEW].run().items() if key != "against"})
    with pytest.raises(ResultsUnusable, match="not made against each other"):
        opened(tmp_path / "run")
