"""What a transactional producer is promised under which faults."""

from __future__ import annotations

from typing import Any

import pytest

from harness.verify.rules.transactions import ALL_OR_NOTHING

from .asking import ALLOWED, FORBIDDEN, permission

OF_TRANSACTIONS = sorted(anomaly.value for anomaly in ALL_OR_NOTHING)
IN_TRANSACTIONS: dict[str, Any] = {"acks": "all", "enable_idempotence": True, "transactional": True}
SAFE: dict[str, Any] = {**IN_TRANSACTIONS, "replication_factor": 3}
ONE_IS_ENOUGH: dict[str, Any] = {**SAFE, "min_insync_replicas": 1}


@pytest.mark.parametrize("anomaly", OF_TRANSACTIONS)
def test_a_transaction_is_whole_as_long_as_what_was_acked_stays(anomaly: str) -> None:
    for fault in ("none", "kill-leader", "kill-all", "kill-coordinator", "fence-producer", "unclean-election"):
        assert permission(anomaly, fault, **SAFE) == FORBIDDEN
    assert permission(anomaly, "power-loss-leader", **ONE_IS_ENOUGH) == FORBIDDEN


@pytest.mark.parametrize("anomaly", OF_TRANSACTIONS)
def test_where_the_log_may_be_gone_its_transactions_may_be_torn_open_or_mixed_up(anomaly: str) -> None:
    for fault in ("power-loss", "kill-leader with power-loss", "one that nobody knows"):
        assert permission(anomaly, fault, **SAFE) == ALLOWED
    assert permission(anomaly, "unclean-election", **ONE_IS_ENOUGH) == ALLOWED
    assert permission(anomaly, "disk-lost", replication_factor=1, **IN_TRANSACTIONS) == ALLOWED
