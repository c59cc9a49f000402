"""What is compared with what: the pairs of two arms, and what nobody can pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.against.arms import BASE, NEW, Arms, arms
from harness.against.run import as_one
from harness.plan.limits import check_ids
from harness.workload import WorkloadError

from .workloads import STATED, workload


def _all_in_pairs(both: Arms) -> None:
    assert all(pair.base and pair.new and pair.base.repeat == pair.new.repeat for pair in both.pairs)
    assert check_ids(as_one(both)) is None


def test_another_kafka() -> None:
    both = arms(workload(), "kafka==4.0.2")
    _all_in_pairs(both)
    assert both.aside == {"kafka", "config.eligible.leader.replicas.version"}
    assert {trial.kafka for trial in both.plans[BASE].trials} == {"4.0.2"}
    assert {trial.kafka for trial in both.plans[NEW].trials} == {"4.4.0"}
    for pair in both.pairs:
        assert pair.base and pair.new
        assert (pair.base.client, pair.base.under) == (pair.new.client, pair.new.under)
        assert pair.base.config["acks"] == pair.new.config["acks"]


def test_fewer_figures_that_gate_take_fewer_rounds() -> None:
    grid = {"client": ["aiokafka", "kafka-python", "confluent-kafka"], "acks": [0, 1, "all"]}
    every = arms(workload(sweep=grid), "kafka==4.4.0").rounds
    few = arms(workload(sweep=grid, gate={"figures": ["throughput"]}), "kafka==4.4.0").rounds
    assert few < every


def test_the_same_kafka_is_compared_with_itself() -> None:
    both = arms(workload(), "kafka==4.4.0")
    _all_in_pairs(both)
    assert not both.aside


def test_another_version_of_a_client_leaves_the_others_out() -> None:
    both = arms(workload(), "aiokafka==0.12.0")
    _all_in_pairs(both)
    assert both.aside == {"client_version"}
    assert {trial.client for pair in both.pairs for trial in pair.both} == {"aiokafka"}
    assert {trial.asked for trial in both.plans[BASE].trials} == {"0.12.0"}
    assert {trial.asked for trial in both.plans[NEW].trials} == {None}


def test_another_file(tmp_path: Path) -> None:
    base = tmp_path / "base ü.yaml"
    base.write_text(yaml.safe_dump({**STATED, "config": {"linger.ms": 50}}))
    both = arms(workload(config={"linger.ms": 5}), str(base))
    _all_in_pairs(both)
    assert both.aside == {"config.linger.ms"}
    base.write_text(yaml.safe_dump({**STATED, "sweep": {"client": ["aiokafka"], "acks": [1]}}))
    both = arms(workload(sweep={"client": ["aiokafka"], "acks": ["all"]}), str(base))
    _all_in_pairs(both)
    assert "config.acks" in both.aside


def test_what_either_has_alone_is_a_pair_with_nobody(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump({**STATED, "faults": {"recipes": ["kill-leader"]}}))
    both = arms(workload(), str(base))
    alone = [pair for pair in both.pairs if pair.base is None or pair.new is None]
    assert {trial.under for pair in alone for trial in pair.both} == {"kill-leader", "lose-ack"}
    assert {pair.base is None for pair in alone} == {True, False}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"faults": {"recipes": ["kill-leader"]}}, "no trial is in both arms; the base's first is aiokafka"),
        (
            {"config": {"linger.ms": 99_999_999_999}, "sweep": {"client": ["confluent-kafka"]}},
            "the base arm has no trial that can be run: ",
        ),
    ],
)
def test_a_base_with_nothing_to_compare_is_refused(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump({**STATED, "performance": None, **changes}))
    with pytest.raises(WorkloadError) as refused:
        arms(workload(performance=None), str(base))
    (problem,) = refused.value.problems
    assert says in problem


def test_a_gate_of_figures_that_no_load_has_is_refused() -> None:
    loads = {"loads": [{"rate": 1000, "seconds": 1}]}
    with pytest.raises(WorkloadError, match="no figure gates"):
        arms(workload(performance=loads, gate={"figures": ["throughput"]}), "kafka==4.4.0")


@pytest.mark.parametrize(
    ("against", "changes", "says"),
    [
        ("weather", {}, "--against weather: that is neither a workload file"),
        ("kafka==9.9.9", {}, "--against kafka==9.9.9: kafka"),
        ("kafka==4.0.2", {"kafka": ["4.4.0", "4.3.1"]}, "the workload has 4.4.0 and 4.3.1, not one of its own"),
        ("kafka-python==2.0.0", {}, "--against kafka-python==2.0.0: the workload has no client kafka-python"),
        ("aiokafka==eleven", {}, "no version of a Python package"),
        ("no-such.yaml", {}, "no-such.yaml"),
    ],
)
def test_nonsense_is_a_line(against: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        arms(workload(**changes), against)
    (problem,) = refused.value.problems
    assert says in problem


def test_what_nobody_can_pair_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump({**STATED, "sweep": {"client": ["aiokafka"], "acks": [0, 1]}}))
    with pytest.raises(WorkloadError, match="let each arm have one value where they differ"):
        arms(workload(sweep={"client": ["aiokafka"], "acks": [0, "all"]}), str(base))


def test_there_are_as_many_rounds_as_it_takes_and_faults_have_their_own() -> None:
    both = arms(workload(), "kafka==4.4.0")
    assert both.rounds == 11, "4 configurations with 5 figures each that gate"
    repeats = {kind: {t.repeat for t in both.plans[NEW].trials if t.kind == kind} for kind in ("performance", "fault")}
    assert repeats == {"performance": {*range(1, 45)}, "fault": {1, 2}}
    assert {trial.repeat for trial in both.first(NEW).trials if trial.kind == "performance"} == {*range(1, 12)}
