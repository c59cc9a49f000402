"""What a rule is, the faults that rules speak of together, and where they have it from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.events import Permission
from harness.verify.cell import Cell


@dataclass(frozen=True, eq=False)
class Rule:
    """One line of the table, equal to none but itself.

    ``when``: facts of ``Cell``, each with the values for which the rule applies.
    """

    permission: Permission
    reason: str
    source: str
    when: Mapping[str, tuple[object, ...]]

    def applies(self, cell: Cell) -> bool:
        return all(getattr(cell, fact) in values for fact, values in self.when.items())


def rule(permission: Permission, reason: str, source: str, **when: object) -> Rule:
    """A rule; a fact with one value needs no tuple."""
    facts = {fact: value if isinstance(value, tuple) else (value,) for fact, value in when.items()}
    return Rule(permission, reason, source, facts)


FORBIDDEN, ALLOWED, EXPECTED = Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED

WIRE = ("lose-ack", "lose-request", "inject-error", "reorder", "delay", "hold", "refuse", "bandwidth")
SPLIT_BRAIN = ("partition-controller", "partition-leader")
"""Another replica comes to lead, and the old leader is not told and goes on."""
CLIENT = ("kill-producer", "restart-producer", "pause-producer")
NODES = (
    "kill-follower",
    "kill-controller",
    "pause-controller",
    "partition-followers",
    "slow-follower",
    "stalled-leader",
    "kill-leader",
    "kill-all",
    "rolling-kill",
    "stop-leader",
    "rolling-stop",
    "pause-leader",
    "zombie-leader",
    "frozen-leader",
    "crash-before-replication",
    "unclean-election",
    "last-in-sync-dies",
    *SPLIT_BRAIN,
    "read-only-disk",
    "full-disk",
    "power-loss",
    "power-loss-leader",
    "power-loss-follower",
    "disk-lost",
)
FAULTS = (*CLIENT, *WIRE, *NODES)
CASES = ("none", *FAULTS)

SAYS_NO_LEADER = (3, 6, 56)
"""UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER and KAFKA_STORAGE_ERROR: a leader that steps down answers so, also
for what it has appended (4.4.0, ``Partition.checkEnoughReplicasReachOffset``, ``ReplicaManager.getPartitionOrError``).
"""
TOO_LARGE = 10
"""MESSAGE_TOO_LARGE."""

ACKS = "Kafka documentation, Producer Configs, acks"
DELIVERY = "Kafka documentation, Message Delivery Semantics"
IN_FLIGHT = "Kafka documentation, Producer Configs, max.in.flight.requests.per.connection"
LIBRDKAFKA = "librdkafka, rd_kafka_handle_Produce_error in rdkafka_request.c"
PERSISTENCE = "Kafka documentation, Persistence"
REPLICATION = "Kafka documentation, Replication"
