"""Pipelines on real brokers: what becomes of a thousand inputs when a worker dies at a point, or wakes up too late."""

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

pytestmark = pytest.mark.long
CLIENTS = ("confluent-kafka", "aiokafka", "kafka-python")


def _ran(venue: Venue, client: str, guarantee: str, recipe: dict[str, Any]) -> TrialRecord:
    workload = {
        "name": "pipeline",
        "kafka": "4.4.0",
        "sweep": {"client": [client]},
        "config": {"acks": "all", "replication.factor": 3, "linger.ms": 5, "enable.idempotence": True},
        "pipelines": {"guarantees": [guarantee], "recipes": [recipe]},
    }
    planned = plan_of(parse(workload)).trials[-1]
    assert planned.skip is None, planned.skip
    return judge(trial.run(planned, KINDS[planned.kind], venue)(), venue.journals)


def _seen(record: TrialRecord) -> tuple[int | None, ...]:
    """Skipped and redelivered for who reads committed messages, and redelivered for who reads all."""
    assert record.anomalies is not None and record.uncommitted is not None, record.reason
    found = record.anomalies
    assert (found.poll_skipped, found.poll_again, found.poll_back) == (0, 0, 0), record.witnesses
    return record.anomalies.skipped, record.anomalies.redelivered, record.uncommitted.redelivered


@pytest.mark.parametrize(
    ("client", "guarantee", "point", "seen", "verdict"),
    [
        *((client, "exactly-once", "mid-send", (0, 0, 26), Verdict.KEPT) for client in CLIENTS),
        ("kafka-python", "exactly-once", "after-send-offsets", (0, 0, 50), Verdict.KEPT),
        ("aiokafka", "at-least-once", "after-send", (0, 50, 50), Verdict.REPRODUCED),
        ("confluent-kafka", "at-most-once", "mid-send", (24, 0, 0), Verdict.REPRODUCED),
    ],
)
def test_what_a_worker_that_is_killed_at_a_point_leaves(
    venue: Venue, client: str, guarantee: str, point: str, seen: tuple[int, ...], verdict: Verdict
) -> None:
    """The clients leave the same; ``workloads/pipelines.yaml`` has every one of them at every point."""
    record = _ran(venue, client, guarantee, {"name": "kill-worker", "point": point})
    assert record.reason is None and record.fault.fired
    assert (_seen(record), record.verdict) == (seen, verdict), record.verdict_reason
    assert record.promise == guarantee
    assert record.fault.end_s is not None and record.elapsed_s is not None
    assert 0 < record.fault.end_s < record.elapsed_s  # from the first input that was due


@pytest.mark.parametrize("client", CLIENTS)
def test_who_wakes_up_is_fenced(venue: Venue, client: str) -> None:
    fenced = _ran(venue, client, "exactly-once", {"name": "replace-worker"})
    assert (_seen(fenced), fenced.verdict) == ((0, 0, 50), Verdict.KEPT), fenced.verdict_reason
    (woken,) = (event for event in fenced.fault.events if event["what"] == "wake-worker")
    assert "fenced" in str(woken["failed"]).lower()


def test_who_wakes_up_and_is_not_fenced_does_it_all_again(venue: Venue) -> None:
    """Also what it has at the end is less than a batch."""
    again = _ran(venue, "confluent-kafka", "at-least-once", {"name": "replace-worker", "messages": 1020})
    assert again.reason is None
    assert (_seen(again), again.verdict) == ((0, 820, 820), Verdict.REPRODUCED), again.verdict_reason


def test_nothing_is_waited_for_where_the_last_of_it_was_done_by_one_who_died(venue: Venue) -> None:
    died = _ran(venue, "confluent-kafka", "at-most-once", {"name": "kill-worker", "point": "after-send", "times": 4})
    assert died.reason is None
    assert (_seen(died), died.verdict) == ((0, 0, 0), Verdict.KEPT), died.verdict_reason
