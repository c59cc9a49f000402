"""What transactions and pipelines cost, measured on real brokers: of whole transactions and full batches alone."""

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

from .single import planned

CLIENTS = ("confluent-kafka", "aiokafka", "kafka-python")


def _judged(venue: Venue, single: Any) -> TrialRecord:
    assert single.skip is None, single.skip
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT, record.verdict_reason
    return record


def test_what_the_end_of_a_load_cuts_short_is_in_no_figure(venue: Venue) -> None:
    """Of 220 messages, 20 of which lead in, there are three transactions of 70; fewer where the client could not keep
    the pace, and then one that nothing but the end of the load ends, as it does that of the first three messages.
    """
    config = {
        "transactional": True,
        "enable.idempotence": True,
        "transaction.messages": 70,
        "transaction.interval.ms": 600_000,
    }
    record = _judged(venue, planned("confluent-kafka", config, performance={"loads": [{"rate": 200, "seconds": 1}]}))
    assert record.counts is not None and record.transactions is not None
    sent = record.counts.sent - 3
    lead_in, whole = min(20, sent // 5), sent // 70
    assert record.transactions.whole == whole
    assert record.latency_ms is not None and record.committed_ms is not None and record.end_to_end_ms is not None
    of_whole = 70 * whole - lead_in
    assert (record.latency_ms.count, record.committed_ms.count) == (sent - lead_in, of_whole)
    assert record.end_to_end_ms.count == of_whole
    assert record.committed_throughput is not None


def _pipeline(client: str, guarantee: str, load: dict[str, Any]) -> Any:
    workload = {
        "name": "costs",
        "kafka": "4.4.0",
        "sweep": {"client": [client]},
        "config": {"acks": "all", "enable.idempotence": True, "linger.ms": 5},
        "pipeline_performance": {"guarantees": [guarantee], "batches": [40], "loads": [load]},
    }
    (single,) = plan_of(parse(workload)).trials
    return single


@pytest.mark.parametrize(
    ("client", "guarantee"),
    [
        pytest.param("confluent-kafka", "exactly-once"),
        *(pytest.param(client, "exactly-once", marks=pytest.mark.long) for client in CLIENTS[1:]),
        pytest.param("confluent-kafka", "at-least-once", marks=pytest.mark.long),
        pytest.param("aiokafka", "at-most-once", marks=pytest.mark.long),
    ],
)
def test_a_pipeline_is_measured_by_its_full_batches(venue: Venue, client: str, guarantee: str) -> None:
    """Of 150 inputs three batches of 40 are full; the warm-up is behind them, in full batches of its own."""
    record = _judged(venue, _pipeline(client, guarantee, {"rate": 150, "seconds": 1}))
    assert (record.kind, record.promise) == ("pipeline-performance", guarantee)
    assert record.counts is not None and record.anomalies is not None
    assert (record.anomalies.skipped, record.anomalies.redelivered) == (0, 0)
    assert record.throughput is not None
    assert record.committed_ms is not None and record.committed_ms.count == 120
    assert record.end_to_end_ms is not None and record.end_to_end_ms.count == 120


@pytest.mark.long
def test_a_pipeline_at_saturation_has_a_throughput_and_nobody_beside_it(venue: Venue) -> None:
    record = _judged(
        venue, _pipeline("confluent-kafka", "at-least-once", {"rate": "max", "seconds": 5, "messages": 900})
    )
    assert record.throughput is not None and record.committed_ms is not None
    assert record.committed_ms.count == 880  # 22 of 40
    assert record.end_to_end_ms is None
