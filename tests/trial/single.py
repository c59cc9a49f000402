"""Single trials, planned as a workload would."""

from __future__ import annotations

from typing import Any

from harness.plan import Trial
from harness.sweep import plan_of
from harness.workload import parse


def planned(client: str = "confluent-kafka", config: dict[str, Any] | None = None, **parts: Any) -> Trial:
    """The only trial of a workload with these parts: acks=all, three replicas, no idempotence, unless ``config`` says
    otherwise.
    """
    workload = {
        "name": "single",
        "kafka": "4.4.0",
        "sweep": {"client": [client]},
        "config": {
            "acks": "all",
            "replication.factor": 3,
            "enable.idempotence": False,
            "linger.ms": 25,
            **(config or {}),
        },
        **parts,
    }
    (trial,) = plan_of(parse(workload)).trials
    return trial
