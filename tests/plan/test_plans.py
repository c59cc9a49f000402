"""Plans as a whole: their order, that nothing starts that does not fit, and how they are shown."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from rich.console import Console

from harness.faults import FAULTS
from harness.faults.steps import Step
from harness.plan import Plan, check_disk, check_minutes, objections, render_plan
from harness.provenance import describe
from harness.report.blocks import Bullets
from harness.report.ran import what_ran
from harness.sweep import plan_of
from harness.workload import load

from .planning import BASE, Able, planned

ROOT = Path(__file__).parents[2]


def test_the_order_starts_clusters_seldom_and_favours_nobody() -> None:
    changes = {
        "kafka": ["4.4.0", "4.3.1"],
        "performance": {**BASE["performance"], "repeats": 3},
        "faults": {**BASE["faults"], "repeats": 2},
    }
    made = planned(changes)
    clusters = [cluster for cluster, _ in groupby((trial.kafka, trial.cluster.profile) for trial in made.trials)]
    assert clusters == [
        ("4.4.0", "performance"),
        ("4.4.0", "fault"),
        ("4.3.1", "performance"),
        ("4.3.1", "fault"),
    ]
    measured = [trial for trial in made.trials if trial.kafka == "4.4.0" and trial.kind == "performance"]
    rounds = [[trial.id.rpartition(".")[0] for trial in of] for _, of in groupby(measured, lambda trial: trial.repeat)]
    assert len(rounds) == 3
    assert sorted(rounds[0]) == sorted(rounds[1]) == sorted(rounds[2])
    assert rounds[0] != rounds[1] != rounds[2]
    faulted = [trial for trial in made.trials if trial.kafka == "4.4.0" and trial.kind == "fault"]
    groups = [group for group, _ in groupby((trial.repeat, trial.fault) for trial in faulted)]
    assert groups == [(1, "zombie-leader"), (1, "lose-request"), (2, "zombie-leader"), (2, "lose-request")]
    assert [trial.client for trial in faulted[:12]] == ["confluent-kafka"] * 6 + ["aiokafka"] * 6
    assert made.estimated_s == pytest.approx(4 * 10 + 2 * 25 + sum(trial.estimated_s for trial in made.runnable))


def test_trials_that_need_relays_share_one_cluster_behind_the_others() -> None:
    recipes = ["partition-leader", "lose-ack", "partition-followers with lose-ack", "kill-leader"]
    made = planned({"performance": None, "faults": {"repeats": 2, "recipes": recipes}})
    groups = [group for group, _ in groupby((trial.cluster.links, trial.repeat, trial.fault) for trial in made.trials)]
    assert groups == [
        *((False, repeat, fault) for repeat in (1, 2) for fault in recipes[1::2]),
        *((True, repeat, fault) for repeat in (1, 2) for fault in recipes[0::2]),
    ]
    assert len({trial.cluster for trial in made.trials}) == 2
    assert made.estimated_s == pytest.approx(2 * 10 + sum(trial.estimated_s for trial in made.runnable))


def _drawn(plan: Plan) -> dict[str, tuple[Step, ...]]:
    """What each trial with a fault does."""
    return {
        trial.id: FAULTS[trial.fault].drawn(trial.parameters, trial.seed).steps for trial in plan.trials if trial.fault
    }


def test_the_seed_is_of_the_order_and_of_every_draw() -> None:
    recipes = [
        {"name": "kill-leader", "jitter_s": 5},
        {"name": "lose-ack", "probability": 0.5},
        {"name": "lose-ack then kill-leader", "lose_ack": {"probability": 0.5}, "kill_leader": {"jitter_s": 5}},
    ]
    changes = {"faults": {"repeats": 3, "recipes": recipes}}
    one, again, other = planned(changes), planned(changes), planned({**changes, "seed": 2})
    assert [trial.id for trial in one.trials] == [trial.id for trial in again.trials]
    assert [trial.id for trial in one.trials] != [trial.id for trial in other.trials]
    assert _drawn(one) == _drawn(again)
    assert _drawn(one).keys() == _drawn(other).keys()
    assert not set(_drawn(one).values()) & set(_drawn(other).values())
    assert len(set(_drawn(one).values())) == len(_drawn(one)), "repeats are draws of their own, and so are trials"


def test_a_recipes_own_seed_draws_the_same_in_each_repeat() -> None:
    recipes = [{"name": "kill-leader", "jitter_s": 5, "seed": 9}]
    drawn = _drawn(planned({"faults": {"repeats": 3, "recipes": recipes}, "performance": None}))
    assert len(drawn) > 3 and len(set(drawn.values())) == 1


def test_trials_with_one_id_do_not_start() -> None:
    made = planned()
    twice = replace(made, trials=(*made.trials, made.trials[0]))
    assert objections(made, 10**12) == []
    (why,) = objections(twice, 10**12)
    assert why == f"trials have one id: 2 are {made.trials[0].id}; one would overwrite the other"


def test_what_does_not_fit_does_not_start() -> None:
    made = planned({"limits": {"disk_gb": 0.4, "minutes": 1}})
    biggest = made.biggest
    assert biggest is not None and biggest.estimated_bytes == 1_000_000 * 130 * 3
    assert check_disk(made, 10**12) == (
        f"{biggest.id} can write 0.5 GB; limits.disk_gb is 0.4: lower its messages or raise the limit"
    )
    assert check_minutes(made) == (
        f"the run takes about {made.estimated_s / 60:.1f} minutes; limits.minutes is 1: sweep less or raise the limit"
    )
    roomy = planned()
    assert check_disk(roomy, 2_468_000_001) is None
    assert check_disk(roomy, 2_467_000_000) == (
        f"{biggest.id} can write 0.5 GB, and 2 GB have to stay free; "
        "the disk has 2.5 GB: lower its messages or free some"
    )
    assert check_minutes(roomy) is None
    assert objections(roomy, 10**12) == []
    assert len(objections(made, 10**12)) == 2


def test_a_plan_of_skipped_trials_does_not_start() -> None:
    made = planned(clients=Able(lambda client, config: ["it is too old"]))
    assert (made.runnable, made.biggest, made.estimated_s) == ((), None, 0)
    assert objections(made, 0) == ["there is nothing to run: every trial is skipped"]


def test_the_plan_is_shown() -> None:
    made = planned({"exclude": [{"client": "aiokafka", "because": "it rests"}]})
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render_plan(made))
    shown = console.export_text()
    assert f"base: {len(made.runnable)} trials, about " in shown
    assert all(trial.id in shown for trial in made.runnable)
    assert "x excluded: it rests" in shown
    assert "4 x enable.idempotence=true needs acks=all (Kafka's ProducerConfig refuses it)" in shown


@pytest.mark.parametrize(("name", "most_s"), [("default", 600), ("smoke", 60)])
def test_a_shipped_workload_keeps_its_word(name: str, most_s: float) -> None:
    made = plan_of(load(ROOT / "workloads" / f"{name}.yaml"))
    assert made.estimated_s <= most_s
    skipped = [trial.skip for trial in made.trials if trial.skip is not None]
    assert all("says nothing here" in why or why.startswith("excluded: ") for why in skipped)
    assert objections(made, 10**10) == []
    assert {trial.fault for trial in made.runnable} >= {None, "lose-ack"}


def test_a_composition_is_named_with_what_its_parts_are_given() -> None:
    recipe = {"name": "lose-ack with kill-leader", "kill_leader": {"rate": 500.0}}
    names = [trial.name for trial in planned({"faults": {"recipes": [recipe]}, "performance": None}).trials]
    assert all("lose-ack with kill-leader (kill_leader.rate=500.0), run 1" in name for name in names)


def test_what_is_in_effect_other_than_asked_for_is_noted_and_shown() -> None:
    sweep = {"client": ["aiokafka"], "replication.factor": [1, 2, 3]}
    made = planned({"sweep": sweep, "config": {"min.insync.replicas": 2}})
    notes = describe("run", made.workload, made)["notes"]
    note = "min.insync.replicas=2 is 1 in effect at replication.factor=1: Kafka takes the smaller of the two"
    assert notes == [note]
    assert Bullets([note]) in what_ran({"notes": notes})
    assert describe("run", made.workload, planned())["notes"] == []
