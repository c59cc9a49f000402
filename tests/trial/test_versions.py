"""Older versions of the clients on real brokers: each is what is run and on record, and no other trial's."""

from __future__ import annotations

from typing import Any

import pytest

from harness import trial
from harness.clients import packages
from harness.clients.named import another
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.trial import Venue

from .single import planned

VERSIONS = ["aiokafka==0.12.0", "aiokafka==0.13.0"]
TRANSACTIONAL = {"transactional": True, "enable.idempotence": True}
CASES: list[dict[str, Any]] = [
    {"faults": {"recipes": [{"name": "lose-ack", "messages": 100, "skip": 0, "times": 1}]}},
    {"faults": {"recipes": ["kill-leader"]}, "config": TRANSACTIONAL},
    {"pipelines": {"guarantees": ["exactly-once"], "inputs": 100}, "config": {"enable.idempotence": True}},
]


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=["fault", "transactions", "pipeline"])
@pytest.mark.parametrize("client", VERSIONS)
def test_a_version_runs_and_is_on_record(venue: Venue, client: str, case: dict[str, Any]) -> None:
    single = planned(client, **case)
    assert packages.provide([single.driven]) == []
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.reason is None and record.client_version is not None
    assert another(single.driven, record.client_version) is None
    assert record.verdict in (Verdict.KEPT, Verdict.REPRODUCED), record.verdict_reason
