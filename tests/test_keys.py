"""A trial's key: the same for all its repeats wherever they ran, and another as soon as anything else differs."""

from __future__ import annotations

from typing import Any

import pytest

from harness import trial
from harness.store import FaultRecord, TrialRecord
from harness.sweep import plan_of
from harness.workload import parse

from .plan.planning import BASE


def planned(**changes: Any) -> list[TrialRecord]:
    """Records of what a workload plans, as they are before anything runs."""
    trials = plan_of(parse({**BASE, **changes})).trials
    return [TrialRecord(**trial.fields(each), status="skipped") for each in trials]


def test_repeats_have_one_and_nothing_else_has() -> None:
    repeated = {key: {**BASE[key], "repeats": 3} for key in ("performance", "faults")}
    records = planned(kafka=["4.4.0", "4.3.1"], **repeated)
    trials = {record.id.rpartition(".")[0] for record in records}
    assert len({record.key for record in records}) == len(trials) == len(records) / 3
    assert {record.key for record in planned(seed=7, name="another")} < {record.key for record in records}


def test_it_is_the_same_when_it_is_read_again_whatever_else_was_found_out() -> None:
    record = planned()[0]
    found_out = {"most_waiting_bytes": 7, **record.load}
    ran = record.model_copy(update={"repeat": 2, "id": "x", "status": "completed", "load": found_out, "topic": "t"})
    config = dict(reversed(record.config.items()))
    for other in (ran, record.model_copy(update={"config": config})):
        assert TrialRecord.model_validate_json(other.model_dump_json(by_alias=True)).key == record.key


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pipeline"},
        {"kafka": "4.3.1"},
        {"brokers": 5},
        {"cluster_profile": "as shipped"},
        {"client": "rdkafka"},
        {"client_version": "0.0.1"},
        {"config": {"acks": "all"}},
        {"load": {"rate": 7}},
        {"fault": FaultRecord(name="lose-ack")},
        {"fault": FaultRecord(name="none", parameters={"rate": 7})},
    ],
)
def test_another_trial_has_another(change: dict[str, Any]) -> None:
    record = planned()[0]
    assert record.model_copy(update=change).key != record.key


def test_what_a_fault_brings_with_it_is_not_what_was_configured() -> None:
    """Or a configuration under two faults could not be told to be the same."""
    stated, brought = planned(
        sweep={"client": ["confluent-kafka"]},
        performance=None,
        faults={"recipes": ["lose-ack", {"name": "stalled-leader"}]},
    )
    assert stated.config != brought.config and stated.configured == brought.configured
    differing = {name for name in stated.parts if stated.parts[name] != brought.parts.get(name)}
    assert all(name.startswith("fault") or name.startswith("load.") for name in differing)
