"""Trials with several topics and producers, on real brokers: a transaction is seen in all of its topics, or in none."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from harness import trial
from harness.events import Ending, Verdict
from harness.journal.sealed import read_log, read_producers
from harness.judge import judge
from harness.kinds import KINDS
from harness.store import TrialRecord
from harness.trial import Venue

from .single import planned

ONE_CLIENT, *OTHERS = ("confluent-kafka", "librdkafka", "aiokafka", "kafka-python")
CLIENTS = [ONE_CLIENT, *(pytest.param(client, marks=pytest.mark.long) for client in OTHERS)]
IN_TRANSACTIONS: dict[str, Any] = {"transactional": True, "enable.idempotence": True, "topics": 2, "producers": 2}


def _ran(venue: Venue, client: str, config: dict[str, Any], **parts: Any) -> TrialRecord:
    single = planned(client, config, **parts)
    assert single.skip is None, single.skip
    return judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)


@pytest.mark.parametrize("client", CLIENTS)
def test_two_producers_killed_in_transactions_over_two_topics_lose_nothing(venue: Venue, client: str) -> None:
    recipe = {"name": "kill-in-transaction", "messages": 3_000, "after_acks": 500}
    record = _ran(venue, client, IN_TRANSACTIONS, faults={"partitions": 2, "recipes": [recipe]})
    assert record.reason is None and record.fault.fired, record
    assert record.verdict is Verdict.KEPT, record.verdict_reason
    assert record.counts is not None and record.counts.sent == record.counts.acked == 3_000 + 2 * 50
    producers = read_producers(venue.journals, record.id)
    assert [each.producer for each in producers] == [0, 1]
    for each in producers:
        made = each.transactions
        assert made is not None
        spans = [np.unique(each.partition[made.number == number]).tolist() for number in range(len(made))]
        assert [0, 1, 2, 3] in spans, "no transaction was in all partitions of both topics"
        assert Ending.COMMITTED in made.ending
    log = read_log(venue.journals / f"{record.id}.log.parquet").whole()
    assert log is not None and np.unique(log.partition).tolist() == [0, 1, 2, 3] and log.valid.all()
    until = time.monotonic() + 20  # brokers hear of it later
    while left := [name for name in (f"{record.topic}", f"{record.topic}.1") if _is_there(venue, name)]:
        assert time.monotonic() < until, f"{left} are left of it"
        time.sleep(0.1)


def _is_there(venue: Venue, topic: str) -> bool:
    view = venue.cluster.view(topic)
    return view is None or bool(view.partitions)
