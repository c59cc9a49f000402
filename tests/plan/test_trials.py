"""Trials: every combination is one or is refused, each says what it is, and ids stay."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness import clients
from harness.faults import FAULTS
from harness.kinds import KINDS
from harness.plan import Plan, Trial, plan
from harness.workload import Config, WorkloadError, installed, parse
from harness.workload.settings import SETTINGS, Flag

from .planning import BASE, Able, planned


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
    assert trial.topic_config == {"replication.factor": 3, "min.insync.replicas": 2}
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


@pytest.mark.parametrize(
    ("axes", "config", "refused"),
    [
        (
            {"acks": [0, 1, "all"], "enable.idempotence": [True]},
            {},
            2 * ["enable.idempotence=true needs acks=all (Kafka's ProducerConfig refuses it)"],
        ),
        (
            {"retries": [0, 1]},
            {"enable.idempotence": True},
            ["enable.idempotence=true needs retries of at least 1 (Kafka's ProducerConfig refuses it)"],
        ),
        (
            {"max.in.flight.requests.per.connection": [5, 6]},
            {"enable.idempotence": True},
            [
                "enable.idempotence=true needs max.in.flight.requests.per.connection of at most 5 "
                "(Kafka's ProducerConfig refuses it)"
            ],
        ),
        ({"acks": [0, 1], "retries": [0]}, {"enable.idempotence": False}, []),
        # What a client makes of its timeouts is the client's business, and what a topic has too much of is capped.
        ({"delivery.timeout.ms": [500]}, {"request.timeout.ms": 1_000}, []),
        ({"replication.factor": [1, 3]}, {"min.insync.replicas": 4}, []),
    ],
)
def test_combinations_that_kafka_does_not_run(axes: dict[str, Any], config: dict[str, Any], refused: list[str]) -> None:
    made = planned({"sweep": {"client": ["aiokafka"], **axes}, "config": config})
    assert [f"{each.reason} ({each.source})" for each in made.refused] == refused
    # Two loads and two recipes.
    assert [each.trials for each in made.refused] == [4] * len(refused)
    assert len(made.trials) == 4 * (math.prod(map(len, axes.values())) - len(refused))


def test_of_several_grids_each_is_of_its_own_and_for_the_trials_that_it_names() -> None:
    client = ["aiokafka"]
    sweep = [
        {"client": client, "acks": [0, 1]},
        {"client": client, "enable.idempotence": [True], "acks": [1, "all"], "trials": ["faults"]},
        {"client": client, "enable.idempotence": [False], "trials": ["performance"]},
    ]
    made = planned({"sweep": sweep})
    ran = {(trial.kind, trial.config["acks"], trial.config.get("enable.idempotence")) for trial in made.trials}
    assert ran == {
        *((kind, acks, None) for kind in ("performance", "fault") for acks in ("0", "1")),
        ("fault", "all", True),
        ("performance", "all", False),
    }
    # Its two recipes, and not the two loads that nobody asks for there.
    assert [each.trials for each in made.refused] == [2]
    assert plan(parse(made.workload.model_dump(mode="json")), KINDS, Able(), FAULTS) == made


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        (
            [{"acks": [1, "all"]}, {"acks": ["all"], "linger.ms": [0]}, {"replication.factor": [1, 3]}],
            ["sweep[2]: asks for a trial that sweep[0] asks for too"],
        ),
        ([{"acks": ["all"], "trials": ["faults"]}, {"trials": ["performance"]}], []),
        (
            [{"trials": ["pipelines"]}],
            [
                "sweep: leaves no trial to run: none of its trials is asked for "
                "(performance, pipeline_performance, faults, pipelines)"
            ],
        ),
        ([], ["sweep: needs at least one mapping of axes to lists of values"]),
        (
            [{"acks": [0], "enable.idempotence": [True]}],
            [
                "sweep[0].acks: leaves no trial to run: enable.idempotence=true needs acks=all (Kafka's ProducerConfig "
                "refuses it)"
            ],
        ),
        (
            [{"transactional": [False, True], "transaction.interval.ms": [10, 100], "acks": ["all"]}],
            [
                "sweep[0].transaction.interval.ms: 10 and 100 make the same trial where transactional=false acks=all: "
                "it means nothing there"
            ],
        ),
    ],
)
def test_grids_that_ask_for_nothing_or_for_the_same(sweep: list[dict[str, Any]], said: list[str]) -> None:
    found: tuple[str, ...] = ()
    try:
        planned({"sweep": [{"client": ["aiokafka"], **grid} for grid in sweep]})
    except WorkloadError as refused:
        found = refused.problems
    assert list(found) == said


def test_more_in_sync_than_there_are_is_refused_where_kafka_never_takes_an_acks_all_then() -> None:
    known = replace(installed(), kafka=("3.6.2", "3.7.0", "4.4.0"))
    sweep = {"client": ["aiokafka"], "replication.factor": [1, 2, 3]}
    changes = {"kafka": list(known.kafka), "sweep": sweep, "config": {"min.insync.replicas": 3}, "performance": None}
    made = planned(changes, known=known)
    assert [
        (each.combination["replication.factor"], each.reason, each.source, each.trials) for each in made.refused
    ] == [
        (
            replicas,
            f"min.insync.replicas=3 is more than replication.factor={replicas}, so that no acks=all is ever taken",
            "Kafka takes the smaller of the two since 3.7, KAFKA-15583",
            2,
        )
        for replicas in (1, 2)
    ]
    assert {(trial.kafka, trial.config["replication.factor"]) for trial in made.trials} == {
        ("3.6.2", 3),
        *((kafka, replicas) for kafka in ("3.7.0", "4.4.0") for replicas in (1, 2, 3)),
    }
    assert {trial.config["min.insync.replicas"] for trial in made.trials} == {3}


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


def test_ids_do_not_depend_on_the_order_or_number_of_values() -> None:
    sweep = dict(reversed(BASE["sweep"].items()))
    more = planned({"sweep": {**sweep, "acks": ["all", 1, 0]}})
    assert {trial.id for trial in planned().trials} < {trial.id for trial in more.trials}


def test_an_id_stays_short_enough_for_a_topic() -> None:
    sweep: dict[str, list[Any]] = {"client": ["confluent-kafka"]}
    sweep |= {
        name: [True] if isinstance(each.allowed, Flag) else [max(1, getattr(each.allowed, "lowest", 1))]
        for name, each in SETTINGS.items()
    }
    sweep |= {"acks": ["all"], "compression.type": ["none", "zstd"], "delivery.timeout.ms": [2**31 - 1]}
    parts = {key: {**BASE[key], "repeats": 1000} for key in ("performance", "faults")}
    made = planned({"sweep": sweep, **parts})
    longest_run = "20260101-000000-" + 60 * "n"
    topics = {f"{longest_run}.{trial.id}" for trial in made.trials}
    assert len(topics) == len(made.trials) == 8 * 1000
    assert max(map(len, topics)) == 249
    assert max(len(f"{trial.id}.consumer-0.parquet") for trial in made.trials) <= 255


def test_values_that_differ_in_the_last_bit_are_other_trials() -> None:
    rates = [0.3, 0.1 + 0.2, 3_000.0, math.nextafter(3_000.0, math.inf)]
    recipes = [{"name": "kill-leader", "rate": rate} for rate in rates]
    made = planned({"sweep": {"client": ["aiokafka"]}, "performance": None, "faults": {"recipes": recipes}})
    assert len({trial.id for trial in made.trials}) == len(rates)


AXES: dict[str, list[Any]] = {
    "acks": [0, 1, "all"],
    "enable.idempotence": [False, True],
    "retries": [0, 1, 5],
    "max.in.flight.requests.per.connection": [1, 5, 6],
    "linger.ms": [0, 5, 50_000],
    "delivery.timeout.ms": [500, 30_000, 120_000],
    "compression.type": ["none", "zstd"],
    "replication.factor": [1, 2, 3],
    "min.insync.replicas": [1, 2],
    "unclean.leader.election.enable": [False, True],
}


def some(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique_by=repr)


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Any]:
    """Workloads with a part that Kafka runs for sure: acks=all, and three replicas."""
    known = installed()
    sweep = {axis: draw(some(values)) for axis, values in AXES.items() if draw(st.booleans())}
    sure = {"acks": "all", "retries": 1, "max.in.flight.requests.per.connection": 1, "linger.ms": 0}
    sure |= {"delivery.timeout.ms": 120_000, "replication.factor": 3}
    for axis, value in sure.items():
        if axis in sweep and value not in sweep[axis]:
            sweep[axis].append(value)
    rates = st.sampled_from(["max", 1, 0.5, 2_000, 99_999_999])
    loads = draw(st.lists(st.tuples(rates, st.sampled_from([36, 100])), max_size=3, unique=True))
    recipes = draw(st.lists(st.sampled_from(sorted(known.faults)), max_size=3, unique=True))
    parameters = {"messages": draw(st.integers(1, 10_000)), "message_size": draw(st.integers(36, 200))}
    performance: dict[str, Any] = {
        "repeats": draw(st.integers(1, 2)),
        "loads": [{"rate": rate, "message_size": size, "seconds": 1, "messages": 9} for rate, size in loads],
    }
    faults: dict[str, Any] = {
        "repeats": draw(st.integers(1, 2)),
        "recipes": [{"name": recipe, **parameters} for recipe in recipes],
    }
    kafka = draw(st.lists(st.sampled_from(known.kafka), min_size=1, unique=True))
    sweep["client"] = draw(some(list(known.clients)))
    trials_each = performance["repeats"] * len(loads) + faults["repeats"] * len(recipes)
    assume(math.prod(map(len, sweep.values())) * len(kafka) * trials_each <= 10_000)  # more are refused
    return {
        "name": "any",
        "kafka": kafka,
        "sweep": sweep,
        "performance": performance if loads or not recipes else None,
        "faults": faults if recipes else None,
        "seed": draw(st.integers(0, 3)),
    }


@given(workloads().filter(lambda data: data["performance"] is None or data["performance"]["loads"]))
@settings(max_examples=60, deadline=None)
def test_trials_and_refused_are_the_whole_product(data: dict[str, Any]) -> None:
    workload = parse(data)
    made = plan(workload, KINDS, Able(), FAULTS)
    each = 0
    if workload.performance is not None:
        each += workload.performance.repeats * len(workload.performance.loads)
    if workload.faults is not None:
        each += workload.faults.repeats * len(workload.faults.recipes)
    whole = len(workload.kafka) * each * sum(math.prod(map(len, grid.axes.values())) for grid in workload.sweep)
    assert len(made.trials) + sum(refused.trials for refused in made.refused) == whole
    assert all(trial.skip is None or "says nothing here" in trial.skip for trial in made.trials)

    ids = [trial.id for trial in made.trials]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,200}", trial_id) for trial_id in ids)
    # A trial's files are found by its id and a dot.
    assert not any(
        later.startswith(f"{earlier}.") for earlier, later in zip(sorted(ids), sorted(ids)[1:], strict=False)
    )
    assert plan(parse(workload.model_dump(mode="json")), KINDS, Able(), FAULTS) == made


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
