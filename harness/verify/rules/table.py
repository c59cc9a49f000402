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
"""Whatever becomes of a message on its way, the leader leads on, with all it has."""
LEADER_STAYS = (
    "kill-follower",
    "kill-controller",
    "pause-controller",
    "partition-followers",
    "slow-follower",
    "stalled-leader",
    "power-loss-follower",
)
"""The leader leads on, with all it has."""
SPLIT_BRAIN = ("partition-controller", "partition-leader")
"""Another replica comes to lead, and the old leader is not told and goes on."""
LEADER_GOES = (
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
)
"""Another replica may come to lead; what the old leader's log held is still on its disk."""
DISK_GOES = ("power-loss", "power-loss-leader", "disk-lost")
"""What was in the leader's log is not there any more."""
CLIENT = ("kill-producer", "restart-producer", "pause-producer")
FAULTS = (*CLIENT, *WIRE, *LEADER_STAYS, *LEADER_GOES, *DISK_GOES)
CASES = ("none", *FAULTS)

ACKS = "Kafka documentation, Producer Configs, acks"
DELIVERY = "Kafka documentation, Message Delivery Semantics"
IN_FLIGHT = "Kafka documentation, Producer Configs, max.in.flight.requests.per.connection"
LIBRDKAFKA = "librdkafka, rd_kafka_handle_Produce_error in rdkafka_request.c"
PERSISTENCE = "Kafka documentation, Persistence"
REPLICATION = "Kafka documentation, Replication"
