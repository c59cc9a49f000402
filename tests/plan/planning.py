"""A workload with two of everything, and its plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.faults import FAULTS
from harness.plan import Plan, plan
from harness.workload import Config, parse

BASE: dict[str, Any] = {
    "name": "base",
    "kafka": "4.4.0",
    "sweep": {
        "client": ["confluent-kafka", "aiokafka"],
        "acks": [0, "all"],
        "enable.idempotence": [False, True],
        "replication.factor": [1, 3],
    },
    "performance": {
        "loads": [
            {"rate": "max", "seconds": 2, "messages": 1_000_000},
            {"rate": 500.5, "seconds": 2, "message_size": 50},
        ]
    },
    "faults": {"recipes": ["zombie-leader", {"name": "lose-request", "silent": True, "times": 2}]},
}


def can_all(client: str, config: Config) -> list[str]:
    return []


def planned(changes: Mapping[str, Any] = {}, unsupported: Any = can_all) -> Plan:
    return plan(parse({**BASE, **changes}), unsupported, FAULTS)
