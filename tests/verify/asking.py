"""Asks for one cell of the table: what a client, a configuration and a fault let happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.clients.traits import traits
from harness.events import Permission
from harness.faults import known_effects
from harness.store import Expectation
from harness.verify import Seen
from harness.verify import expectations as decided

__all__ = ["ALLOWED", "EXPECTED", "FORBIDDEN", "expectation", "expectations", "permission"]

FORBIDDEN, ALLOWED, EXPECTED = Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED


def permission(
    anomaly: str, fault: str = "none", client: str = "confluent-kafka", silent: bool = False, **config: Any
) -> Permission:
    return expectation(anomaly, fault, client, {"silent": True} if silent else {}, **config).permission


def expectation(anomaly: str, fault: str, client: str, parameters: dict[str, Any], **config: Any) -> Expectation:
    """Settings as keywords, with ``_`` for ``.``; three replicas, two in sync, unless said otherwise."""
    dotted = {key.replace("_", "."): value for key, value in config.items()}
    settings = {"replication.factor": 3, "min.insync.replicas": 2, **dotted}
    (found,) = (e for e in expectations(client, settings, fault, parameters) if e.anomaly == anomaly)
    return found


def expectations(
    client: str,
    config: Mapping[str, Any],
    fault: str,
    parameters: Mapping[str, Any],
    seen: Seen | None = None,
    version: str = "",
) -> list[Expectation]:
    """Under a fault of the catalogue, by its name."""
    return decided(traits(client, version), config, known_effects(fault, parameters), seen)
