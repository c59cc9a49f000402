"""A workload with two of everything, and its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.clients.named import Named
from harness.faults import FAULTS
from harness.kinds import KINDS
from harness.plan import Clients, Plan, plan
from harness.workload import Config, Known, parse

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


@dataclass(frozen=True)
class Able:
    """Clients that refuse nothing; what they cannot do is as told."""

    lacks: Callable[[str, Config], list[str]] = lambda client, config: []

    def unsupported(self, client: str, config: Config) -> list[str]:
        return self.lacks(client, config)

    def refuses(self, client: str, config: Config) -> str | None:
        return None

    def named(self, text: str) -> Named:
        return Named.of(text).among("1.2.3")

    def version(self, client: Named) -> str:
        return client.version or "1.2.3"


def planned(changes: Mapping[str, Any] = {}, clients: Clients = Able(), known: Known | None = None) -> Plan:
    return plan(parse({**BASE, **changes}, known), KINDS, clients, FAULTS)
