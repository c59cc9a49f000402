"""Pipelines of several workers on real brokers, in a group and by hand: what who dies, stalls, comes or goes leaves."""

from __future__ import annotations

from typing import Any

import pytest

from harness import trial
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.store import TrialRecord
from harness.sweep import plan_of
from harness.trial import Venue
from harness.workload import parse

CLIENTS = ("confluent-kafka", "aiokafka", "kafka-python")
IN_GROUP = {"mode": "subscribe", "workers": 2, "input_partitions": 4}


def ran(venue: Venue, client: str, guarantee: str, recipe: str | dict[str, Any], **of: Any) -> TrialRecord:
    """With the verdict of all, and no problem; every worker was given what is there, in order."""
    workload = {
        "name": "groups",
        "kafka": "4.4.0",
        "sweep": {"client": [client]},
        "config": {"acks": "all", "replication.factor": 3, "linger.ms": 5, "enable.idempotence": True},
        "pipelines": {"guarantees": [guarantee], "recipes": [recipe], **of},
    }
    planned = plan_of(parse(workload)).trials[-1]
    assert planned.skip is None, planned.skip
    record = judge(trial.run(planned, KINDS[planned.kind], venue)(), venue.journals)
    assert record.reason is None and record.fault.fired, (record.reason, record.fault.events)
    found = record.anomalies
    assert found is not None and (found.poll_skipped, found.poll_again, found.poll_back) == (0, 0, 0)
    return record


def seen(record: TrialRecord) -> tuple[int | None, int | None]:
    """Skipped and redelivered."""
    assert record.anomalies is not None
    return record.anomalies.skipped, record.anomalies.redelivered


def test_a_killed_workers_partitions_go_to_others(venue: Venue) -> None:
    record = ran(venue, "confluent-kafka", "at-least-once", "kill-worker", **IN_GROUP)
    assert (seen(record), record.verdict) == ((0, 50), Verdict.REPRODUCED), record.verdict_reason


@pytest.mark.long
@pytest.mark.parametrize("client", CLIENTS)
def test_with_exactly_once_who_dies_in_a_group_leaves_nothing(venue: Venue, client: str) -> None:
    record = ran(venue, client, "exactly-once", "kill-worker", **IN_GROUP)
    assert (seen(record), record.verdict) == ((0, 0), Verdict.KEPT), record.verdict_reason


@pytest.mark.long
@pytest.mark.parametrize(
    ("client", "guarantee"),
    [
        *((client, "at-least-once") for client in CLIENTS),
        # aiokafka may begin at offsets that are not stable.
        *((client, "exactly-once") for client in ("confluent-kafka", "kafka-python")),
    ],
)
def test_workers_come_and_go(venue: Venue, client: str, guarantee: str) -> None:
    record = ran(venue, client, guarantee, "rebalance", **IN_GROUP)
    assert (seen(record), record.verdict) == ((0, 0), Verdict.KEPT), record.verdict_reason
    shares = [event["partitions"] for event in record.fault.events if event["what"] == "shared"]
    assert [len(share) for share in shares] == [2, 3, 2]


@pytest.mark.long
@pytest.mark.parametrize("client", CLIENTS)
def test_who_stalled_is_no_member_any_more(venue: Venue, client: str) -> None:
    record = ran(venue, client, "at-least-once", "stall-worker", **IN_GROUP)
    assert (seen(record), record.verdict) == ((0, 50), Verdict.REPRODUCED), record.verdict_reason
    (woken,) = (event for event in record.fault.events if event["what"] == "wake-worker")
    assert woken["failed"] is not None


@pytest.mark.long
@pytest.mark.parametrize("client", CLIENTS)
def test_who_can_do_nothing_any_more_is_replaced_and_what_it_had_not_committed_is_done_again(
    venue: Venue, client: str
) -> None:
    refused = {"name": "inject-error", "api": "OffsetCommit", "error": 27, "messages": 1_000, "times": 2}
    record = ran(venue, client, "at-least-once", refused, **IN_GROUP)
    replaced = [event for event in record.fault.events if event["what"] == "replace-failed-worker"]
    assert len(replaced) == 2 and all(event["why"] for event in replaced)
    assert (seen(record), record.verdict) == ((0, 100), Verdict.ALLOWED), record.verdict_reason


@pytest.mark.long
def test_the_new_protocol_shares_out_as_well(venue: Venue) -> None:
    record = ran(venue, "confluent-kafka", "exactly-once", "kill-worker", protocol="consumer", **IN_GROUP)
    assert (seen(record), record.verdict) == ((0, 0), Verdict.KEPT), record.verdict_reason


@pytest.mark.long
@pytest.mark.parametrize("client", CLIENTS)
def test_by_hand_each_worker_is_fenced_by_its_own_successor(venue: Venue, client: str) -> None:
    recipe = {"name": "replace-worker", "worker": 1}
    record = ran(venue, client, "exactly-once", recipe, workers=2)
    assert (seen(record), record.verdict) == ((0, 0), Verdict.KEPT), record.verdict_reason
    (woken,) = (event for event in record.fault.events if event["what"] == "wake-worker")
    assert "fenced" in str(woken["failed"]).lower()
