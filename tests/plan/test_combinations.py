"""Combinations: each is its trials or is refused, whatever the grids, and a stored workload asks for the same."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.clusters.local import LOCAL
from harness.faults import FAULTS
from harness.kinds import KINDS
from harness.plan import plan
from harness.workload import WorkloadError, installed, parse

from .planning import Able, planned


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
                "(performance, search, pipeline_performance, faults, pipelines)"
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
    versions = ("3.6.2", "3.7.0", "4.4.0")
    known = replace(installed(), kafka=versions, clusters={"local": replace(LOCAL, versions=lambda: versions)})
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
    kafka = draw(st.lists(st.sampled_from(LOCAL.versions()), min_size=1, unique=True))
    sweep["client"] = draw(some(list(known.clients)))
    trials_each = performance["repeats"] * len(loads) + faults["repeats"] * len(recipes)
    assume(math.prod(map(len, sweep.values())) * len(kafka) * trials_each <= 2_000)
    return {
        "name": "any",
        "kafka": kafka,
        "sweep": sweep,
        "performance": performance if loads or not recipes else None,
        "faults": faults if recipes else None,
        "seed": draw(st.integers(0, 3)),
    }


_SKIPPED = "says nothing here|disconnect-leader cannot be done to a cluster of kind local"


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
    assert all(trial.skip is None or re.search(_SKIPPED, trial.skip) for trial in made.trials)

    ids = [trial.id for trial in made.trials]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,200}", trial_id) for trial_id in ids)
    # A trial's files are found by its id and a dot.
    assert not any(
        later.startswith(f"{earlier}.") for earlier, later in zip(sorted(ids), sorted(ids)[1:], strict=False)
    )
    assert plan(parse(workload.model_dump(mode="json")), KINDS, Able(), FAULTS) == made
