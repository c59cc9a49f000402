"""What a transactional producer is promised. No fault is an excuse: that is what transactions are for."""

from __future__ import annotations

from collections.abc import Mapping

from harness.events import Anomaly
from harness.verify.rules.table import FORBIDDEN, Rule, rule

OF_TRANSACTIONS: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.ABORTED_VISIBLE: (
        rule(FORBIDDEN, "a read_committed consumer gets nothing of a transaction that was aborted", "KIP-98"),
    ),
    Anomaly.TORN_TRANSACTION: (
        rule(FORBIDDEN, "a transaction is atomic: all its partitions show all of it, or none does", "KIP-98"),
    ),
    Anomaly.HUNG_TRANSACTION: (
        rule(
            FORBIDDEN,
            "past transaction.timeout.ms the coordinator aborts what is open, and the last stable offset goes on",
            "Kafka documentation, Producer Configs, transaction.timeout.ms; KIP-890",
        ),
    ),
}
"""The further rules of a trial with transactions."""
