"""What a transactional producer is promised, as a read_committed consumer sees it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.events import Anomaly
from harness.verify.rules.table import ALLOWED, FORBIDDEN, REPLICATION, Rule, rule

TWICE: tuple[Rule, ...] = (
    rule(
        ALLOWED,
        "what a producer left open the next one of its transactional.id aborts, so that what is sent again is seen "
        "once; but of a commit that was asked for and not answered nobody knows whether it happened",
        "KIP-98",
        resends=True,
    ),
)
"""When a read_committed consumer may get a message twice, beside what holds of every producer."""

_MAY_BE_GONE = rule(
    ALLOWED,
    "whoever leads may lack what was acked, the markers with which transactions end among it",
    f"{REPLICATION}; KIP-98: markers are records of the partitions' own logs",
)


def _forbidden(reason: str, source: str) -> tuple[Rule, ...]:
    """As long as what was acked stays: a marker that is gone has ended no transaction."""
    return _MAY_BE_GONE, rule(FORBIDDEN, reason, source, survives=True)


ALL_OR_NOTHING: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.ABORTED_VISIBLE: _forbidden(
        "a read_committed consumer gets nothing of a transaction that was aborted", "KIP-98"
    ),
    Anomaly.TORN_TRANSACTION: _forbidden(
        "a transaction is atomic: all its partitions show all of it, or none does", "KIP-98"
    ),
    Anomaly.HUNG_TRANSACTION: _forbidden(
        "past transaction.timeout.ms the coordinator aborts what is open, and the last stable offset goes on",
        "Kafka documentation, Producer Configs, transaction.timeout.ms; KIP-890",
    ),
    Anomaly.FENCED_VISIBLE: _forbidden(
        "a new producer of a transactional.id ends what the one before had left open: nothing that it commits then "
        "is committed",
        "KIP-98, InitProducerId bumps the epoch; KIP-360",
    ),
}
"""Of anomalies that only transactions have."""
