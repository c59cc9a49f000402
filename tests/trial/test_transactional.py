"""Trials with transactions, on real brokers: what is committed is seen once, and what is aborted is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness import trial
from harness.clients import CLIENTS
from harness.events import STABLE, Ending, Verdict
from harness.journal.sealed import read_producers
from harness.judge import judge
from harness.kinds import KINDS
from harness.measure import Ends, in_whole
from harness.store import TrialRecord
from harness.trial import Venue

from .single import planned

pytestmark = pytest.mark.long
TRANSACTIONAL = {
    "transactional": True,
    "enable.idempotence": True,
    "transaction.messages": 20,
    "transaction.aborts.percent": 25,
}


def _ran(venue: Venue, client: str, config: dict[str, Any], **parts: Any) -> TrialRecord:
    single = planned(client, config, **parts)
    assert single.skip is None, single.skip
    return judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_committed_is_seen_and_what_is_aborted_is_not(venue: Venue, client: str) -> None:
    record = _ran(venue, client, TRANSACTIONAL, performance={"loads": [{"rate": 400, "seconds": 1.5}], "partitions": 2})
    assert record.verdict is Verdict.KEPT, record.verdict_reason
    assert (record.promise, record.observed) == ("all-or-nothing", "once")
    (producer,) = read_producers(venue.journals, record.id)
    made = producer.transactions
    assert made is not None and len(made) >= 10 and (made.number >= 0).all()
    assert made.ending.tolist() == made.asked.tolist() and set(made.ending) == {Ending.COMMITTED, Ending.ABORTED}
    assert np.bincount(made.number).max() <= 20
    measured = in_whole(producer, Ends(messages=20, interval_ms=100)) & (made.ending[made.number] == Ending.COMMITTED)
    seen = int(measured[producer.warmup :].sum())
    assert record.committed_ms is not None and record.end_to_end_ms is not None and record.latency_ms is not None
    assert record.committed_ms.count == record.end_to_end_ms.count == seen < record.latency_ms.count
    assert record.anomalies is not None and record.uncommitted is not None
    assert record.counts is not None and record.anomalies.unknown_absent == 0
    assert record.counts.aborted == (made.ending[made.number] == Ending.ABORTED).sum() > 0
    assert (record.uncommitted.lost, record.uncommitted.duplicate, record.uncommitted.unknown_absent) == (0, 0, 0)
    assert STABLE in {event["what"] for event in record.fault.events}
