"""Files of claims: what they become, and what is said of mistakes in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.claims import ClaimOutcome, arms_of, json_schema, load, parse_claims, plan_claims
from harness.sweep import plan_of
from harness.workload import WorkloadError, installed
from harness.workload.settings import SETTINGS

from .test_checks import record

SHIPPED = [
    Path(__file__).parents[2] / "workloads" / name for name in ("claims.yaml", "client-defects.yaml", "inputs.yaml")
]

BASE: dict[str, Any] = {
    "name": "some",
    "kafka": "4.4.0",
    "claims": {
        "one": {
            "says": "so",
            "source": "somebody",
            "arms": {
                "a": {"client": ["aiokafka", "confluent-kafka"], "fault": "lose-ack", "repeats": 2},
                "b": {"config": {"acks": 1}, "fault": "lose-ack", "repeats": 2, "eligible_leader_replicas": False},
                "c": {"load": {"rate": 100, "seconds": 1}},
            },
            "checks": [{"check": "never", "what": "lost", "arms": ["a", "b"]}],
        }
    },
}


def changed(head: str, *rest: str, to: Any) -> dict[str, Any]:
    """The base with one value replaced."""

    def copy(data: dict[str, Any], head: str, *rest: str) -> dict[str, Any]:
        return {**data, head: copy(data.get(head, {}), *rest) if rest else to}

    return copy(BASE, head, *rest)


def test_arms_become_trials_side_by_side_on_one_kind_of_cluster_each() -> None:
    claims = parse_claims(BASE)
    plan = plan_claims(claims, plan_of)
    assert [(trial.id.split(".")[:3], trial.repeat) for trial in plan.trials] == [
        (["one", "a", "aiokafka"], 1),
        (["one", "a", "confluent-kafka"], 1),
        (["one", "a", "aiokafka"], 2),
        (["one", "a", "confluent-kafka"], 2),
        (["one", "b", "confluent-kafka"], 1),
        (["one", "b", "confluent-kafka"], 2),
        (["one", "c", "confluent-kafka"], 1),
    ]
    assert [trial.cluster.eligible_leader_replicas for trial in plan.trials] == [True] * 4 + [False] * 2 + [True]
    assert len({trial.id for trial in plan.trials}) == 7
    assert plan.trials[4].config["acks"] == "1"


def test_of_two_arms_each_goes_first_in_every_other_repeat() -> None:
    arms = {arm: {"load": {"rate": 100, "seconds": 1}, "repeats": 3} for arm in ("a", "b")}
    checks = [{"check": "never", "what": "lost", "arms": ["a", "b"]}]
    claims = parse_claims(changed("claims", "one", to={**BASE["claims"]["one"], "arms": arms, "checks": checks}))
    plan = plan_claims(claims, plan_of)
    assert [trial.id.split(".")[1] for trial in plan.trials] == ["a", "b", "b", "a", "a", "b"]


@pytest.mark.parametrize("fault", [None, {"name": "kill-worker", "point": "mid-send"}])
def test_an_arm_is_a_pipeline_under_its_fault_alone(fault: dict[str, str] | None) -> None:
    pipeline = {"guarantees": ["at-most-once", "exactly-once"], "inputs": 500}
    arm = {"pipeline": pipeline, "fault": fault, "repeats": 2, "partitions": 2}
    plan = plan_claims(parse_claims(changed("claims", "one", "arms", "a", to=arm)), plan_of)
    trials = [trial for trial in plan.trials if trial.id.startswith("one.a.")]
    assert [trial.kind for trial in trials] == ["pipeline"] * 4
    assert {trial.fault for trial in trials} == {fault and fault["name"]}
    assert {trial.config["processing.guarantee"] for trial in trials} == {"at-most-once", "exactly-once"}
    assert {trial.config["pipeline.output.partitions"] for trial in trials} == {2}
    assert min(trial.load.messages for trial in trials) >= 500


def test_an_id_leads_with_claim_and_arm_and_stays_short_enough_for_a_topic_and_a_file() -> None:
    arm = {
        "client": ["confluent-kafka", "kafka-python"],
        "fault": {
            "name": "lose-ack with kill-leader with refuse",
            "kill_leader": {"rate": 500.0},
            "lose_ack": {"message_size": 1_000, "messages": 100_000},
        },
        "repeats": 2,
    }
    names = [40 * "a", 39 * "a" + "b"]
    checks = [{"check": "never", "what": "lost", "arms": names}]
    claim = {"says": "so", "source": "me", "arms": dict.fromkeys(names, arm), "checks": checks}
    claims = parse_claims({**BASE, "name": 60 * "n", "claims": dict.fromkeys(names, claim)})
    trials = plan_claims(claims, plan_of).trials
    assert len({trial.id for trial in trials}) == len(trials) == 2 * 2 * 2 * 2
    longest = [f"{trial.id.removesuffix(str(trial.repeat))}1000" for trial in trials]
    assert max(len(f"20260101-000000-{claims.name}.{trial_id}") for trial_id in longest) == 249
    assert max(len(f"{trial_id}.consumer-0.parquet") for trial_id in longest) <= 255
    records = [record(id=trial.id) for trial in trials]
    for name in names:
        found = arms_of(claims, name, records)
        assert {arm: len(of) for arm, of in found.items()} == dict.fromkeys(names, 2 * 2)


def test_a_run_stores_claims_that_can_be_read_again() -> None:
    for claims in (parse_claims(BASE), *map(load, SHIPPED)):
        assert parse_claims(claims.model_dump(mode="json", exclude_unset=True)) == claims


def test_records_are_found_by_claim_and_arm() -> None:
    claims = parse_claims(BASE)
    assert arms_of(claims, "one", []) == {"a": [], "b": [], "c": []}


def test_other_words() -> None:
    claims = parse_claims({**BASE, "words": {"reproduced": "present"}})
    assert (claims.word(ClaimOutcome.REPRODUCED), claims.word(ClaimOutcome.NOT_DECIDED)) == ("present", "not decided")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "is no file of claims"),
        ({"name": "x", "kafka": "4.4.0"}, "claims: is missing: the claims by name"),
        ({**BASE, "clams": {}}, "clams: unknown key; did you mean claims?"),
        (
            changed("claims", "one", "arms", "a", "fault", to="lose-ak"),
            "arms.a: faults.recipes[0]: 'lose-ak'",
        ),
        (changed("claims", "one", "arms", "a", "client", to="java"), "claims.one.arms.a: sweep.client: 'java'"),
        (changed("claims", "one", "arms", "a", "fault", to=None), "claims.one.arms.a: needs either a fault or a load"),
        (changed("claims", "one", "arms", "c", "pipeline", to={}), "claims.one.arms.c: needs either a fault or a load"),
        (
            changed("claims", "one", "arms", "a", "pipeline", to={"inputs": 0}),
            "arms.a: pipelines.inputs: 0 is too small",
        ),
        (
            changed("claims", "one", "arms", "a", "pipeline", to={"repeats": 2}),
            "arms.a.pipeline: repeats is no key of a pipeline here: the arm says that itself",
        ),
        (
            changed("claims", "one", "checks", to=[{"check": "never", "what": "los", "arms": ["a"]}]),
            "'los' is not one of lost, ",
        ),
        (changed("claims", "one", "arms", "A", to={"fault": "lose-ack"}), "'A' is not a name"),
        (changed("claims", "one", "checks", to=[{"check": "never", "what": "lost", "arms": ["z"]}]), "no arm z"),
        (changed("claims", "one", "checks", to=[{"check": "ever"}]), "claims.one.checks[0]"),
        (changed("claims", "one", "checks", to=[]), "needs at least 1"),
    ],
)
def test_a_mistake_is_a_line_with_its_place(data: Any, says: str) -> None:
    with pytest.raises(WorkloadError) as refused:
        parse_claims(data)
    assert any(says in line for line in refused.value.problems), refused.value.problems
    assert all("\n" not in line for line in refused.value.problems)


def test_a_mistake_in_a_file_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    one = "    says: so\n    source: me\n    arms: {}\n    checks: []\n"
    file.write_text(f"name: x\nkafka: '4.4.0'\nclaims:\n  one:\n{one}")
    with pytest.raises(WorkloadError) as refused:
        load(file)
    assert all(line.startswith(f"{file}:") for line in refused.value.problems)
    assert [line.split(":")[1] for line in refused.value.problems] == ["7", "8"]


def test_the_schema_knows_every_name_and_means_something_by_every_key() -> None:
    schema, known = json_schema(), installed()
    parts = schema["$defs"]
    for section in (schema, *parts.values()):
        assert all(key.get("description") for key in section.get("properties", {}).values())
    arm = parts["Arm"]["properties"]
    assert schema["properties"]["kafka"]["enum"] == list(known.kafka)
    assert arm["client"]["anyOf"][0]["enum"] == list(known.clients)
    assert arm["config"]["properties"].keys() == SETTINGS.keys()
    assert arm["fault"]["anyOf"][0]["enum"] == list(known.faults)
    assert schema["required"] == ["name", "kafka", "claims"]
    text = json.dumps(schema, allow_nan=False)  # which JSON does not have
    assert {f"#/$defs/{part}" for part in parts} >= set(re.findall(r'"(#/\$defs/[^"]+)"', text))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_has_every_key_of_a_shipped_file(path: Path) -> None:
    schema, data = json_schema(), yaml.safe_load(path.read_text())
    parts = schema["$defs"]
    checks = parts["Claim"]["properties"]["checks"]["items"]["discriminator"]["mapping"]

    def fits(section: dict[str, Any], given: dict[str, Any]) -> None:
        assert set(section["required"]) <= given.keys() <= section["properties"].keys()

    fits(schema, data)
    for claim in data["claims"].values():
        fits(parts["Claim"], claim)
        for arm in claim["arms"].values():
            assert arm.keys() <= parts["Arm"]["properties"].keys()
            assert arm.get("config", {}).keys() <= parts["Arm"]["properties"]["config"]["properties"].keys()
        for check in claim["checks"]:
            fits(parts[checks[check["check"]].removeprefix("#/$defs/")], check)
