"""Trials of several producers and topics, as they are planned."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import trial
from harness.faults import FAULTS
from harness.kinds import KINDS
from harness.plan import Trial
from harness.store import TrialRecord
from harness.trial.waits import bounds_of
from harness.workload import WorkloadError

from .planning import planned

SWEEP = {"client": ["aiokafka"]}
LOADS = {"loads": [{"rate": 10, "seconds": 1}]}
RECIPES = ["kill-leader", "lose-ack then kill-leader"]


def single(config: dict[str, Any], **parts: Any) -> Trial:
    (only,) = planned({"sweep": SWEEP, "performance": None, "faults": None, "config": config, **parts}).trials
    return only


def key(of: Trial) -> str:
    return TrialRecord(**trial.fields(of), status="skipped").key


def test_one_of_each_is_no_other_trial_than_where_nobody_states_it() -> None:
    faults = {"recipes": ["kill-leader"]}
    plain, stated = single({}, faults=faults), single({"producers": 1, "topics": 1}, faults=faults)
    assert (stated.id, stated.config, key(stated)) == (plain.id, plain.config, key(plain))
    others = [single({name: 2}, faults=faults) for name in ("producers", "topics")]
    assert len({key(each) for each in (plain, *others)}) == 3


def test_a_sweep_tells_them_apart() -> None:
    made = planned({"sweep": {**SWEEP, "producers": [1, 4], "topics": [1, 2]}, "performance": None})
    ids = {each.id.removeprefix("aiokafka.").partition(".zombie")[0] for each in made.trials if "zombie" in each.id}
    assert ids == {f"producers-{producers}.topics-{topics}" for producers in (1, 4) for topics in (1, 2)}
    assert {(each.producers, each.topics) for each in made.trials} == {(1, 1), (1, 2), (4, 1), (4, 2)}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"producers": 10}, None),
        ({"producers": 11}, "10 messages for 11 producers"),
        ({"consumers": 1}, None),
        ({"consumers": 2}, "one of 2 consumers would have none of 1 partitions"),
    ],
)
def test_who_would_have_nothing_to_do_is_not_started(config: dict[str, Any], says: str | None) -> None:
    assert single(config, performance={**LOADS, "partitions": 1}).skip == says


@given(st.integers(1, 16), st.integers(1, 3_000), st.integers(1, 200), st.sampled_from(RECIPES))
def test_a_journal_has_room_for_each_producer_s_share(producers: int, messages: int, warmup: int, recipe: str) -> None:
    sends = {"messages": messages, "warmup": warmup}
    parts = [part.replace("-", "_") for part in recipe.split(" then ")]
    stated = sends if len(parts) == 1 else dict.fromkeys(parts, sends)
    made = single({"producers": producers}, faults={"recipes": [{"name": recipe, **stated}]})
    longest = warmup + len(parts) * -(-messages // producers)
    assert longest <= KINDS["fault"].capacity(made) < longest + len(parts)
    assert made.load.messages == producers * warmup + len(parts) * messages


def test_each_producer_warms_up_in_every_partition() -> None:
    """One that knows no producer takes whatever sequence comes first."""
    few, many = (single({"producers": 2}, faults={"partitions": n, "recipes": ["kill-leader"]}) for n in (3, 60))
    assert (few.warmup, many.warmup) == (50, 60) and many.load.messages == few.load.messages + 2 * 10
    assert single({"topics": 16}, faults={"partitions": 4, "recipes": ["kill-leader"]}).warmup == 64


def test_a_measured_load_and_its_warm_up_are_shared_out() -> None:
    loads = {"loads": [{"rate": "max", "seconds": 2, "messages": 1_001}]}
    made = single({"producers": 2}, performance=loads)
    assert KINDS["performance"].capacity(made) == 501 + 3, "and one message to each partition"
    assert made.load.messages == 1_001 and made.estimated_s > single({}, performance=loads).estimated_s


def test_a_wait_for_a_slow_load_is_for_a_producer_s_share_of_it() -> None:
    loads = {"loads": [{"rate": 0.5, "seconds": 60}]}
    one, four = (single({"producers": n}, performance=loads) for n in (1, 4))
    assert bounds_of(four, {}, 3).explained_s - bounds_of(one, {}, 3).explained_s == pytest.approx(8 - 2)
    recipe = {"recipes": [{"name": "kill-producer", "rate": 0.5}]}
    script = FAULTS["kill-producer"].script(FAULTS["kill-producer"].parameters(rate=0.5))
    one, four = (single({"producers": n}, faults=recipe) for n in (1, 4))
    assert bounds_of(four, {}, 3, script).explained_s - bounds_of(one, {}, 3, script).explained_s == pytest.approx(6)


def test_a_pipeline_has_one_topic_on_each_side() -> None:
    made = planned({"sweep": SWEEP, "performance": None, "faults": None, "pipelines": {}, "config": {"topics": 2}})
    assert {each.skip for each in made.trials} == {"a pipeline has one topic of inputs and one of outputs"}
    several = planned(
        {"sweep": SWEEP, "performance": None, "faults": None, "pipelines": {}, "config": {"producers": 2}}
    )
    assert {each.skip for each in several.trials} == {None}


@pytest.mark.parametrize(
    ("asked", "partition", "there"),
    [
        ({"config": {"topics": 2}}, 3, None),
        ({"config": {"topics": 2}}, 4, "0 to 3"),
        ({"sweep": {**SWEEP, "topics": [1, 2]}}, 3, "0 to 1"),
        ({"sweep": [{**SWEEP, "topics": [2]}, {**SWEEP, "acks": [1]}]}, 3, "0 to 1"),
        ({"sweep": [{**SWEEP, "topics": [2]}, {**SWEEP, "trials": ["performance"]}], "performance": LOADS}, 3, None),
    ],
)
def test_a_fault_is_of_a_partition_that_every_trial_has(
    asked: dict[str, Any], partition: int, there: str | None
) -> None:
    faults = {"partitions": 2, "recipes": [{"name": "lose-ack", "partition": partition}]}
    changes = {"sweep": SWEEP, "performance": None, "faults": faults, **asked}
    if there is None:
        planned(changes)
        return
    with pytest.raises(WorkloadError, match=f"{partition} is no partition of the trials' topics, which have {there}"):
        planned(changes)
