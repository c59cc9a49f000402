"""What the rules would promise where a run has nothing to show for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from harness import faults, verify
from harness.clients.traits import traits
from harness.events import Permission, Verdict
from harness.report.by_rule import Promised, promised
from harness.report.guarantees import Setup
from harness.report.labels import Labels
from harness.report.matrix import WRONG, matrix
from harness.report.nearest import unsafe
from harness.report.verdicts import advice
from harness.store import TrialRecord
from harness.workload.combinations import contradictions

from .guarantees import weaker
from .synthetic_records import anomalies, one
from .test_report_nearest import runs

OFF = {"enable.idempotence": False}
IN_FLIGHT = {"max.in.flight.requests.per.connection": 5}
ALONE = {"replication.factor": 1, "min.insync.replicas": 1}


def _promised(record: TrialRecord, *others: TrialRecord) -> Promised:
    labels = Labels.of([record, *others])
    return promised(labels.subject(record), labels.fault(record), matrix([record, *others], labels))


def _says(record: TrialRecord, *others: TrialRecord) -> str:
    labels = Labels.of([record, *others])
    return advice(labels.subject(record), labels.fault(record), matrix([record, *others], labels))


def _wrong(fault: str, config: dict[str, Any], **found: int) -> TrialRecord:
    return one(fault=fault, client="kafka-python", config=config, verdict=Verdict.ALLOWED, anomalies=anomalies(**found))


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (_wrong("kill-leader", {"acks": "1", **OFF}, lost=16), {"acks": "all"}),
        (_wrong("kill-leader", {"acks": "all", **OFF}, duplicate=15), {"enable.idempotence": True}),
        (_wrong("frozen-leader", {"acks": "all", **OFF, **IN_FLIGHT}, reordered=352), {"enable.idempotence": True}),
        (_wrong("lose-ack", {"acks": "1", **OFF}, duplicate=15), {"acks": "all", "enable.idempotence": True}),
        # What acks=0 does promise, nothing twice, is not given away for what it loses.
        (_wrong("kill-leader", {"acks": "0", **OFF}, lost=9), {"acks": "all", "enable.idempotence": True}),
        (_wrong("disk-lost", {"acks": "all", **ALONE}, lost=9), {"replication.factor": 3}),
    ],
)
def test_the_fewest_settings_under_which_the_rules_forbid_it(record: TrialRecord, changes: dict[str, Any]) -> None:
    assert _promised(record).changes == changes


def test_what_is_not_measured_is_said_to_be_so() -> None:
    lost = _wrong("kill-leader", {"acks": "1", **OFF}, lost=16)
    assert _says(lost) == (
        "nothing in this run promises it and kept it. By the rules: set acks=all "
        "(not measured; duplicate and reordered still allowed)"
    )
    lucky = one(fault="kill-leader", client="kafka-python", config={"acks": "1", **ALONE, **OFF}, verdict=Verdict.KEPT)
    assert _says(lost, lucky) == _says(lost)


def test_where_no_setting_promises_it_the_rules_say_why() -> None:
    duplicated = _wrong("restart-producer", {"acks": "all", **OFF}, duplicate=80)
    assert _promised(duplicated).changes is None
    said = _says(duplicated)
    assert "promises it and kept it, and no setting that can be swept promises it: duplicate: " in said
    assert "a new producer has a new id" in said


def test_a_promise_that_was_broken_is_one_all_the_same() -> None:
    broken = _wrong("kill-leader", {"acks": "all", **OFF}, lost=1).model_copy(update={"verdict": Verdict.BROKEN})
    assert _says(broken) == "nothing in this run promises it and kept it; by the rules this configuration promises it"


def test_a_setting_that_the_client_does_not_have_is_not_asked_for() -> None:
    unset = _wrong("lose-ack", {"acks": "all"}, duplicate=15).model_copy(update={"client": "aiokafka"})
    has = one(fault="lose-ack", client="aiokafka", id="has", config={"acks": "1", **OFF}, verdict=Verdict.UNKNOWN)
    assert _promised(unset).changes is None
    assert _promised(unset, has).changes == {"enable.idempotence": True}
    says = unset.model_copy(update={"effective": {**OFF, "acks": "all"}})
    assert _promised(says).changes == {"enable.idempotence": True}


def test_settings_that_are_none_have_no_rules() -> None:
    garbled = _wrong("kill-leader", {"acks": "most", "replication.factor": 3}, lost=1)
    assert _promised(garbled) == Promised(None, because=("lost: no rule is about it",))


@given(runs())
def test_what_the_rules_name_weakens_nothing_forbids_all_that_went_wrong_and_is_run_by_kafka(
    records: list[TrialRecord],
) -> None:
    labels = Labels.of(records)
    found = matrix(records, labels)
    for (subject, fault), cell in found.cells.items():
        rules = promised(subject, fault, found)
        if rules.changes is None or not unsafe(cell):
            continue
        trial = cell.trials[0]
        here, there = Setup.of(trial), Setup.of(trial).changed(rules.changes)
        assert not weaker(here.client, here.config, there.client, there.config)
        stated = verify.expectations(
            traits(there.client), there.stated, faults.known_effects(trial.fault.name, trial.fault.parameters)
        )
        forbidden = {each.anomaly for each in stated if each.permission is Permission.FORBIDDEN}
        assert {a for each in cell.trials for a in WRONG if getattr(each.anomalies, a)} <= forbidden
        assert {*contradictions(there.stated, trial.kafka)} <= {*contradictions(here.stated, trial.kafka)}
