"""Transactions where there is one broker: nothing waits for replicas that there are not."""

from __future__ import annotations

import pytest

from harness import trial
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.trial import Venue

from .single import planned
from .test_several import CLIENTS


@pytest.mark.parametrize("client", CLIENTS)
def test_transactions_work_on_one_broker(lone_venue: Venue, client: str) -> None:
    config = {"transactional": True, "enable.idempotence": True, "replication.factor": 1}
    performance = {"loads": [{"rate": 400, "seconds": 1}], "partitions": 2}
    single = planned(client, config, performance=performance, cluster={"brokers": 1})
    assert single.config["min.insync.replicas"] == 1
    record = judge(trial.run(single, KINDS["performance"], lone_venue)(), lone_venue.journals)
    assert record.verdict is Verdict.KEPT, (record.verdict_reason, record.reason)
    assert record.transactions is not None and record.transactions.committed
    view = lone_venue.cluster.view("__transaction_state")
    assert view is not None and {each.replicas for each in view.partitions.values()} == {tuple(view.brokers)}
