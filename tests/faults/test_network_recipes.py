"""Partitions between real brokers: what they lose or duplicate, and the configuration that is safe from them.

One client does for what is about brokers; ``workloads/faults.yaml`` runs them for all clients.
"""

from __future__ import annotations

import pytest

from harness.events import Verdict
from harness.store import TrialRecord

from .conftest import Run, found

CLIENT = "confluent-kafka"
FAULTS = ["partition-controller", "partition-followers", "partition-leader"]
pytestmark = pytest.mark.timeout(240)
failing_over = pytest.mark.parametrize(("fault", "acks"), [("partition-controller", "1"), ("partition-leader", "0")])


def _deeds(record: TrialRecord) -> list[str]:
    return [event["what"] for event in record.fault.events if event["what"] not in ("leader", "isr", "sent")]


@failing_over
def test_a_leader_that_does_not_know_it_is_deposed_loses_what_it_acks(run_relayed: Run, fault: str, acks: str) -> None:
    record = run_relayed(CLIENT, fault, acks=acks)
    assert record.anomalies is not None and record.anomalies.lost, record.fault.events
    assert record.verdict is Verdict.REPRODUCED
    assert _deeds(record) == ["cut", "failover", "mend", "healthy"]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_idempotent_producer_with_acks_all_keeps_its_promise(run_relayed: Run, fault: str) -> None:
    record = run_relayed(CLIENT, fault, acks="all", enable_idempotence=True)
    assert record.fault.fired, record.reason
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT, record.verdict_reason


@pytest.mark.parametrize(
    ("fault", "direction"), [("partition-controller", "outgoing"), ("partition-leader", "incoming")]
)
def test_one_way_is_enough(run_relayed: Run, fault: str, direction: str) -> None:
    record = run_relayed(CLIENT, fault, {"direction": direction}, acks="1")
    assert record.fault.fired, record.reason
    assert record.anomalies is not None
    assert record.anomalies.lost
    (cut,) = (event for event in record.fault.events if event["what"] == "cut")
    assert cut["direction"] == direction


def test_a_leader_alone_that_goes_on_leading_loses_nothing_it_acked(run_relayed: Run) -> None:
    record = run_relayed(CLIENT, "partition-followers", acks="1")
    assert record.fault.fired and record.verdict is Verdict.KEPT
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert _deeds(record) == ["cut", "isr-shrunk", "mend", "healthy"]


def test_what_waits_for_followers_that_are_cut_off_is_sent_again(run_relayed: Run) -> None:
    record = run_relayed(CLIENT, "partition-followers", acks="all")
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert record.anomalies.duplicate, record.fault.events
    assert record.verdict is Verdict.REPRODUCED
