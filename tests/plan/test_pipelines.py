"""Pipelines in a plan: what tells their trials apart, and what workers there cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from harness.kinds import KINDS
from harness.plan import Trial

from .planning import planned


def trials(pipelines: Any, client: str = "confluent-kafka") -> tuple[Trial, ...]:
    asked = {"sweep": {"client": [client]}, "performance": None, "faults": None, "pipelines": pipelines}
    return planned(asked).trials


ONE = {"guarantees": ["exactly-once"]}


def test_workers_mode_and_protocol_are_told_apart_and_what_is_default_is_not_stated() -> None:
    sections = [
        ONE,
        {**ONE, "workers": 2},
        {**ONE, "mode": "subscribe", "workers": 2},
        {**ONE, "mode": "subscribe", "workers": 2, "protocol": "consumer"},
    ]
    made = [trial for section in sections for trial in trials(section)]
    assert [trial.id for trial in made] == [
        "confluent-kafka.exactly-once.r1",
        "confluent-kafka.exactly-once.2-workers.r1",
        "confluent-kafka.exactly-once.2-workers.subscribe.r1",
        "confluent-kafka.exactly-once.2-workers.subscribe.consumer-protocol.r1",
    ]
    assert [trial.skip for trial in made] == [None] * 4
    of_workers = [{key for key in trial.config if key in STATED} for trial in made]
    assert of_workers == [set(), {"pipeline.workers"}, {"pipeline.workers", "pipeline.mode"}, STATED]
    assert made[2].under == "exactly-once, 2 workers, subscribe"


STATED = {"pipeline.workers", "pipeline.mode", "group.protocol"}


def skip(recipe: Any, client: str = "confluent-kafka", **of: Any) -> str | None:
    return trials({**ONE, "recipes": [recipe], **of}, client)[-1].skip


@pytest.mark.parametrize(
    ("recipe", "of", "says"),
    [
        ("kill-worker", {"workers": 3}, "one of 3 workers would have no partition of the inputs, which have 2"),
        ({"name": "kill-worker", "worker": 2}, {"workers": 2}, "there is no worker 2: they are counted from 0"),
        ("stall-worker", {"workers": 2}, "nobody takes partitions away that are assigned by hand"),
        ("stall-worker", {"mode": "subscribe"}, "there is no other worker who could be given its partitions"),
        ("rebalance", {"workers": 2}, "partitions that are assigned by hand are shared out once"),
        ("rebalance", {"mode": "subscribe"}, "it needs two"),
        (
            {"name": "rebalance", "messages": 500},
            {"mode": "subscribe", "workers": 2},
            "of 500 inputs it begins at 200 and ends at 600",
        ),
        ("rebalance", {"mode": "subscribe", "workers": 2}, "one worker more than 2 would have no partition of 2"),
        ({"name": "lose-ack", "api": "JoinGroup"}, {}, "JoinGroup is asked by members of a group"),
        (
            {"name": "lose-ack", "api": "Heartbeat"},
            {"mode": "subscribe", "protocol": "consumer"},
            "a pipeline with mode subscribe and protocol classic",
        ),
    ],
)
def test_what_says_nothing_of_such_workers_is_skipped(recipe: Any, of: dict[str, Any], says: str) -> None:
    assert says in str(skip(recipe, **of))


def test_what_a_group_makes_possible_is_run() -> None:
    in_group: dict[str, Any] = {"mode": "subscribe", "workers": 2, "input_partitions": 3}
    for recipe in ("rebalance", "stall-worker", "kill-worker", {"name": "lose-ack", "api": "SyncGroup"}):
        assert skip(recipe, **in_group) is None
    new = {"name": "lose-ack", "api": "ConsumerGroupHeartbeat"}
    assert skip(new, **in_group, protocol="consumer") is None


@pytest.mark.parametrize("client", ["aiokafka", "kafka-python"])
def test_a_protocol_that_the_client_has_not_is_skipped_with_its_reason(client: str) -> None:
    said = skip("kill-worker", client, mode="subscribe", protocol="consumer")
    assert str(said).startswith(client) and "it knows no other" in str(said)


def test_a_protocol_that_its_brokers_have_not_is_skipped_with_its_reason() -> None:
    pipelines = {**ONE, "mode": "subscribe", "protocol": "consumer"}
    asked = {"kafka": ["3.9.2", "4.4.0"], "sweep": {"client": ["confluent-kafka"]}, "pipelines": pipelines}
    old, new = planned({**asked, "performance": None, "faults": None}).trials
    assert old.skip == "Kafka 3.9.2 has no group.protocol consumer: brokers have it since 4.0 (KIP-848)"
    assert new.skip is None


def test_members_have_a_session_that_brokers_take_and_takeover_costs_one() -> None:
    by_hand, in_group = (
        trials({**ONE, "mode": mode, "recipes": ["kill-worker"]})[-1] for mode in ("assign", "subscribe")
    )
    assert in_group.estimated_s > by_hand.estimated_s + 5


@pytest.mark.parametrize(
    ("config", "runs", "reason"),
    [
        ({"acks": 0}, {"at-most-once"}, "at-least-once needs outputs that are acked, and with acks=0 none is"),
        (
            {"acks": 1},
            {"at-most-once", "at-least-once"},
            "exactly-once is transactional, and enable.idempotence=true needs acks=all "
            "(Kafka's ProducerConfig refuses it)",
        ),
        (
            {"enable.idempotence": False},
            {"at-most-once", "at-least-once"},
            "exactly-once is transactional, and transactional=true needs enable.idempotence=true "
            "(Kafka's ProducerConfig refuses it)",
        ),
        ({"transactional": True}, set(), "whether a pipeline has transactions its guarantee says"),
        ({}, {"at-most-once", "at-least-once", "exactly-once"}, None),
    ],
)
def test_a_pipeline_whose_producer_cannot_be_one_is_skipped(
    config: dict[str, Any], runs: set[str], reason: str | None
) -> None:
    sweep = {"client": ["aiokafka"]}
    made = planned({"sweep": sweep, "config": config, "performance": None, "faults": None, "pipelines": {}})
    assert {trial.config["processing.guarantee"] for trial in made.trials if trial.skip is None} == runs
    assert reason is None or reason in {trial.skip for trial in made.trials}


def test_a_pipeline_is_planned_under_a_composition_too() -> None:
    recipes = ["kill-worker", {"name": "lose-ack with kill-worker", "kill_worker": {"messages": 500}}]
    made = planned({"performance": None, "faults": None, "pipelines": {"inputs": 200, "recipes": recipes}})
    loads = {(trial.fault, trial.load.messages) for trial in made.trials}
    assert (None, 200) in loads and ("kill-worker", 250) in loads
    assert any(fault == "lose-ack with kill-worker" for fault, _ in loads)


def test_a_pipeline_is_measured_in_each_batch_under_each_load() -> None:
    loads = [{"rate": 100, "seconds": 2}, {"rate": "max", "seconds": 2, "messages": 500}]
    section = {"batches": [10, 300], "loads": loads, "guarantees": ["exactly-once"]}
    only = {"sweep": {"client": ["aiokafka"]}, "performance": None, "faults": None}
    trials = {trial.id: trial for trial in planned({**only, "pipeline_performance": section}).trials}
    assert trials.keys() == {
        f"aiokafka.exactly-once.batch-{batch}.rate-{rate}.size-100.r1" for batch in (10, 300) for rate in (100, "max")
    }
    assert {(trial.kind, trial.cluster.profile, trial.cluster.warm) for trial in trials.values()} == {
        ("pipeline-performance", "performance", True)
    }
    assert [name for name, trial in trials.items() if trial.skip] == [
        "aiokafka.exactly-once.batch-300.rate-100.size-100.r1"
    ]
    kind = KINDS["pipeline-performance"]
    # 50 inputs warm it up at 100 a second, in full batches; as fast as it goes it is a quarter of the load.
    assert kind.capacity(trials["aiokafka.exactly-once.batch-10.rate-100.size-100.r1"]) == 200 + 50
    assert kind.capacity(trials["aiokafka.exactly-once.batch-300.rate-max.size-100.r1"]) == 500 + 300
