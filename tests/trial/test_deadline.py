"""An application whose deadline is shorter than its client's, on real brokers: what it gives up lands all the same."""

from __future__ import annotations

import pytest

from harness import trial
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.trial import Venue

from .single import planned

ONE_CLIENT, *OTHERS = ("librdkafka", "aiokafka", "kafka-python", "confluent-kafka")
CLIENTS = [ONE_CLIENT, *(pytest.param(client, marks=pytest.mark.long) for client in OTHERS)]


@pytest.mark.parametrize("client", CLIENTS)
def test_it_sends_again_what_has_landed_and_idempotence_does_not_know(venue: Venue, client: str) -> None:
    slow = {"name": "delay", "delay_ms": 1_500, "messages": 200, "skip": 0, "times": 2}
    config = {"enable.idempotence": True, "deadline.ms": 400}
    single = planned(client, config, faults={"recipes": [slow]})
    assert single.skip is None, single.skip
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.reason is None and record.counts is not None and record.anomalies is not None
    assert record.promise == "at-least-once"
    assert record.counts.acked == record.counts.sent
    assert 0 < record.counts.given_up_landed <= record.counts.given_up
    assert (record.anomalies.duplicate or 0) >= record.counts.given_up_landed
    assert record.verdict is Verdict.ALLOWED, record.verdict_reason
