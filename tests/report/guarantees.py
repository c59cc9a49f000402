"""What it is to guarantee less, written down once more and otherwise: one comparison of numbers after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_IDEMPOTENT_BY_DEFAULT = "kafka-python"


def weaker(client: str, config: Mapping[str, Any], other_client: str, other: Mapping[str, Any]) -> list[str]:
    """What ``other`` surely has less of. What is not stated is Kafka's default; of what clients differ in, unknown."""
    one, two = _strength(client, config), _strength(other_client, other)
    return [what for what in one.keys() & two.keys() if two[what] < one[what]]


def _strength(client: str, config: Mapping[str, Any]) -> dict[str, float]:
    replicas = config.get("replication.factor", 1)
    acks = ["0", "1", "all"].index(config["acks"])
    idempotent = (
        config.get("enable.idempotence", client == _IDEMPOTENT_BY_DEFAULT)
        and acks == 2
        and config.get("retries", 1) > 0
        and config.get("max.in.flight.requests.per.connection", 1) <= 5
    )
    strength = {
        "acks": acks,
        "idempotence": bool(idempotent),
        "replicas": replicas,
        "in sync": min(replicas, config.get("min.insync.replicas", 1)),
        "retries": config.get("retries", 2**31 - 1),
        "clean": not config.get("unclean.leader.election.enable", False),
        "flushes": 1 / config.get("flush.messages", 2**63 - 1),
        "eligible": config.get("eligible.leader.replicas.version", 0),
        "transactional": config.get("transactional", False),
    }
    if "max.in.flight.requests.per.connection" in config:
        strength["in order"] = 1 / config["max.in.flight.requests.per.connection"]
    if "delivery.timeout.ms" in config and client != "aiokafka":
        strength["patience"] = config["delivery.timeout.ms"]
    return strength
