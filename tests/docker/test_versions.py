"""The oldest Kafka in containers, which knows nothing of what the harness takes from the newer ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.clusters.compose import COMPOSE
from harness.events import Verdict

from ..test_sweep_loop import swept


@pytest.mark.brokers
def test_the_oldest_is_judged_as_the_newest(docker: Any, tmp_path: Path) -> None:
    done = swept(
        tmp_path / "run",
        kafka=COMPOSE.versions()[0],
        cluster={"kind": "compose", "eligible_leader_replicas": False},
        sweep={"client": ["confluent-kafka"], "enable.idempotence": [False, True]},
        config={"acks": "all", "replication.factor": 3, "linger.ms": 5},
        faults={"recipes": ["lose-ack"]},
    )
    found = {record.verdict: record.anomalies and record.anomalies.duplicate for record in done.records}
    assert found == {Verdict.REPRODUCED: 250, Verdict.KEPT: 0}, [record.verdict_reason for record in done.records]
