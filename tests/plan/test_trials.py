"""Trials: each says what it is, and one that is skipped says why."""

from __future__ import annotations

import pytest

from harness import clients
from harness.faults import FAULTS
from harness.plan import Plan, Trial
from harness.workload import Config

from .planning import Able, planned


def the(plan: Plan, trial_id: str) -> Trial:
    return next(trial for trial in plan.trials if trial.id == trial_id)


def test_a_performance_trial() -> None:
    trial = the(planned({"config": {"linger.ms": 5}}), "confluent-kafka.acks-all.idem.rf-3.rate-500.5.size-50.r1")
    assert (trial.kind, trial.cluster.profile, trial.repeat, trial.kafka) == ("performance", "performance", 1, "4.4.0")
    assert trial.name == "confluent-kafka acks=all idempotent RF=3, 500.5 msg/s, 50 B, run 1"
    assert trial.config == {
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 5,
        "replication.factor": 3,
        "min.insync.replicas": 2,
        "partitions": 3,
        "eligible.leader.replicas.version": 1,
    }
    assert trial.producer_config == {"acks": "all", "enable.idempotence": True, "linger.ms": 5}
    assert trial.topic_config == {"min.insync.replicas": "2"}
    assert (trial.load.rate, trial.load.seconds, trial.load.messages, trial.load.message_size) == (500.5, 2, 1001, 50)
    assert (trial.fault, trial.parameters, trial.skip) == (None, None, None)
    assert trial.estimated_bytes == 1001 * (50 + 30) * 3


@pytest.mark.parametrize(
    ("kafka", "wanted", "version", "as_by_default"),
    [("4.4.0", True, 1, True), ("4.4.0", False, 0, False), ("3.9.2", True, None, True), ("3.9.2", False, None, True)],
)
def test_eligible_leader_replicas_are_on_record_and_turned_off_where_kafka_has_them(
    kafka: str, wanted: bool, version: int | None, as_by_default: bool
) -> None:
    trials = planned({"kafka": kafka, "cluster": {"brokers": 3, "eligible_leader_replicas": wanted}}).trials
    assert {trial.config.get("eligible.leader.replicas.version") for trial in trials} == {version}
    assert {trial.cluster.eligible_leader_replicas for trial in trials} == {as_by_default}


def test_a_fault_trial() -> None:
    trial = the(planned(), "aiokafka.acks-0.no-idem.rf-1.lose-request-times-2-silent.r1")
    assert (trial.kind, trial.cluster.profile, trial.fault) == ("fault", "fault", "lose-request")
    assert trial.name == "aiokafka acks=0 not-idempotent RF=1, lose-request (times=2, silent=true), run 1"
    fault = FAULTS["lose-request"]
    assert trial.parameters == fault.parameters.model_validate({"silent": True, "times": 2})
    assert (trial.load.rate, trial.load.seconds, trial.load.partitions) == (None, None, 1)
    assert trial.load.messages == fault.messages(trial.parameters)
    assert trial.estimated_s == fault.seconds(trial.parameters, trial.config)
    assert (trial.config["min.insync.replicas"], trial.config["enable.idempotence"]) == (1, False)


def test_what_nobody_states_is_left_to_the_client_but_for_acks_and_the_topic() -> None:
    for trial in planned({"sweep": {"client": ["aiokafka"]}, "cluster": {"brokers": 2}}).trials:
        assert trial.config.keys() - trial.replaced.keys() == {
            "acks",
            "replication.factor",
            "min.insync.replicas",
            "partitions",
            "eligible.leader.replicas.version",
        }
        brought = {"request.timeout.ms"} if trial.fault == "lose-request" else set()  # a loss in silence is waited for
        assert trial.replaced.keys() == brought
        assert (trial.config["acks"], trial.config["replication.factor"]) == ("all", 2)


def test_what_a_client_refuses_is_asked_with_all_that_a_recipe_brings() -> None:
    recipes = [{"name": "hold", "request_timeout_ms": ms} for ms in (400, 1_000)]
    changes = {
        "sweep": {"client": ["kafka-python", "confluent-kafka"]},
        "config": {"delivery.timeout.ms": 500, "linger.ms": 25},
        "performance": None,
        "faults": {"recipes": ["stalled-leader", *recipes]},
    }
    made = planned(changes, clients)
    skipped = {(trial.client, trial.config.get("request.timeout.ms"), trial.skip) for trial in made.trials}
    brought = {trial.config["request.timeout.ms"] for trial in made.trials if trial.fault == "stalled-leader"}
    assert skipped == {
        *(("confluent-kafka", ms, None) for ms in (400, 1_000, *brought)),
        *(("kafka-python", ms, None) for ms in (400, *brought)),
        (
            "kafka-python",
            1_000,
            "kafka-python 3.0.12 refuses delivery.timeout.ms=500, which is less than linger.ms=25 and "
            "request.timeout.ms=1000 together.",
        ),
    }


def test_skipped_trials_say_why() -> None:
    def unsupported(client: str, config: Config) -> list[str]:
        assert config.keys() <= {"acks", "enable.idempotence", "request.timeout.ms"}
        return ["It has no retries.", "Nor patience."] if client == "aiokafka" and config.get("acks") == "all" else []

    made = planned(
        {"exclude": [{"acks": [0], "fault": ["none", "lose-request"], "because": "we know"}]}, Able(unsupported)
    )
    for trial in made.trials:
        if trial.config["acks"] == "0" and trial.fault in (None, "lose-request"):
            expected = "excluded: we know"
        elif trial.client == "aiokafka" and trial.config["acks"] == "all":
            expected = "It has no retries. Nor patience."
        elif trial.fault == "zombie-leader" and trial.config["replication.factor"] == 1:
            expected = (
                "zombie-leader says nothing here: "
                "with replication factor 1 nobody else can lead, so the frozen leader is never deposed"
            )
        else:
            expected = None
        assert trial.skip == expected
    assert {trial.skip is None for trial in made.trials} == {True, False}


@pytest.mark.parametrize(
    ("interval_ms", "messages", "rate", "says_nothing"),
    [
        (1999, 1000, 400, False),
        (2000, 1000, 400, True),  # the last message is due before the first transaction is over its time
        (2000, 700, 400, False),  # full before
        (10_000, 999, "max", False),
        (10_000, 1000, "max", True),
    ],
)
def test_a_load_that_is_over_before_the_first_transaction_says_nothing(
    interval_ms: int, messages: int, rate: float | str, says_nothing: bool
) -> None:
    config = {"transaction.interval.ms": interval_ms, "transaction.messages": messages}
    sweep = {"client": ["aiokafka"], "transactional": [False, True]}
    load = {"rate": rate, "seconds": 2, "messages": 1000}
    made = planned({"sweep": sweep, "config": config, "performance": {"loads": [load]}, "faults": None})
    without, transactional = sorted(made.trials, key=lambda trial: trial.transactional)
    assert without.skip is None
    assert (transactional.skip is not None) is says_nothing
    if says_nothing:
        assert transactional.skip is not None
        assert f"transaction.interval.ms={interval_ms} and transaction.messages={messages}" in transactional.skip
