"""Kafka's error codes that a faulty answer can have, by what clients and brokers make of them."""

from __future__ import annotations

from collections.abc import Iterable

NOT_ENOUGH_REPLICAS = 19
RETRIABLE = {
    3: "UNKNOWN_TOPIC_OR_PARTITION",
    5: "LEADER_NOT_AVAILABLE",
    6: "NOT_LEADER_OR_FOLLOWER",
    7: "REQUEST_TIMED_OUT",
    19: "NOT_ENOUGH_REPLICAS",
    20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    56: "KAFKA_STORAGE_ERROR",
}
"""Errors of a ProduceRequest after which every client here sends the batch again (Kafka's RetriableException)."""
DUPLICATE_SEQUENCE = 46
"""Clients take it for success: the broker had the batch before (Java's Sender.completeBatch, and all that are here)."""
OF_REPLICAS = (NOT_ENOUGH_REPLICAS, 20, DUPLICATE_SEQUENCE)
"""Those that only who writes a batch is given."""
OF_WRITTEN = (3, 6, 7, 20, DUPLICATE_SEQUENCE, 56)
"""Those that brokers also give to a batch that they have appended: while its ack waits for replicas, the time for that
can pass (7), the ISR shrink (20), the leader step down (6), or its partition (3) or log directory (56) be gone (Kafka
4.4.0, DelayedProduce, Partition.checkEnoughReplicasReachOffset and ReplicaManager.getPartitionOrError).
"""


def named(errors: Iterable[int]) -> str:
    """``6 NOT_LEADER_OR_FOLLOWER, 7 REQUEST_TIMED_OUT``."""
    names = {**RETRIABLE, DUPLICATE_SEQUENCE: "DUPLICATE_SEQUENCE_NUMBER"}
    return ", ".join(f"{error} {names[error]}" for error in errors)
