"""What is promised under each fault as it is by default: a change of rules or effects shows what it changes."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from harness.clients.traits import traits
from harness.faults import FAULTS, known_effects
from harness.verify import expectations

LINES = [line for line in Path(__file__).with_name("permissions.txt").read_text().splitlines() if line[0] != "#"]
CLIENTS = (traits("aiokafka", "0.14.0"), traits("confluent-kafka", "2.16.1"), traits("kafka-python", "3.0.12"))
LETTERS = {"forbidden": "-", "allowed": "a", "expected": "E"}


@pytest.mark.parametrize("line", LINES, ids=[line.partition(":")[0] for line in LINES])
def test_promises_are_what_they_were(line: str) -> None:
    fault, acks = line.partition(":")[0].split()
    parameters = FAULTS[fault].parameters() if fault != "none" else None
    brought = FAULTS[fault].settings(parameters) if parameters else {}
    columns = []
    for client, idempotent, replicas in product(CLIENTS, (False, True), (1, 3)):
        config = {
            "acks": acks,
            "enable.idempotence": idempotent,
            "linger.ms": 5,
            "replication.factor": replicas,
            "min.insync.replicas": min(replicas, 2),
            **brought,
        }
        found = expectations(client, config, known_effects(fault, parameters.model_dump() if parameters else {}))
        columns.append("".join(LETTERS[each.permission] for each in found))
    assert f"{fault} {acks}: {' '.join(columns)}" == line
