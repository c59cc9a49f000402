"""A workload to compare, and variations of it."""

from __future__ import annotations

from typing import Any

from harness.workload import Workload, parse

STATED: dict[str, Any] = {
    "name": "small",
    "kafka": "4.4.0",
    "sweep": {"client": ["aiokafka", "confluent-kafka"], "acks": [1, "all"]},
    "performance": {
        "repeats": 3,
        "loads": [{"rate": "max", "seconds": 1, "messages": 1_000}, {"rate": 1000, "seconds": 1}],
    },
    "faults": {"repeats": 2, "recipes": ["lose-ack"]},
}


def workload(**other: Any) -> Workload:
    return parse({**STATED, **other})
