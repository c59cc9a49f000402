"""A made-up record, and a folder of such, for tests that say what is in them. No figure here was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from harness.events import FORMAT, Verdict
from harness.store import Anomalies, Counts, FaultRecord, Percentiles, Results, TrialRecord


def one(**given: Any) -> TrialRecord:
    """A record with as little as there can be, and what is given; dots in ``config`` names are double underscores."""
    config = {"acks": "all", "replication.factor": 3, "min.insync.replicas": 2, **given.pop("config", {})}
    fault = given.pop("fault", "none")
    base: dict[str, Any] = {
        "id": "a-trial",
        "name": "a trial",
        "kind": "performance" if fault == "none" else "fault",
        "repeat": 1,
        "kafka": "4.4.0",
        "client": "aiokafka",
        "config": config,
        "load": {"rate": "max" if fault == "none" else None, "message_size": 100},
        "fault": fault if isinstance(fault, FaultRecord) else FaultRecord(name=fault, fired=True),
        "status": "completed",
    }
    return TrialRecord(**{**base, **given})


def store(folder: Path, records: Sequence[TrialRecord], **run: Any) -> Path:
    """A results folder of these records; ``run`` replaces or, being None, blanks keys of a whole ``run.json``."""
    results = Results.create(folder, {**run_of(records), **run})
    for record in records:
        results.append(record)
    return folder


def only(records: Sequence[TrialRecord], like: Callable[[TrialRecord], bool]) -> list[TrialRecord]:
    return [record for record in records if like(record)]


def run_of(records: Sequence[TrialRecord]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "run_id": "20260101-120000-default",
        "name": "default",
        "started": "2026-01-01T12:00:00+00:00",
        "ended": "2026-01-01T12:19:30+00:00",
        "harness_version": "0.1.0",
        "kafka": ["4.4.0"],
        "clients": {"aiokafka": "0.14.0", "confluent-kafka": "2.16.1", "kafka-python": "3.0.12"},
        "java": "OpenJDK 25.0.2",
        "python": "3.11.9",
        "kernel": "Linux 6.8.0",
        "cpu": {"model": "A CPU @ 2.60GHz", "cores": 8},
        "memory_gb": 33.5,
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
        "seed": 1,
        "workload": {"name": "default", "sweep": {"acks": ["0", "1", "all"], "replication.factor": [1, 3]}},
        "planned": len(records),
        "refused": [
            {
                "config": {"acks": acks, "enable.idempotence": True, "replication.factor": factor},
                "reason": "enable.idempotence=true needs acks=all",
                "source": "Kafka's ProducerConfig refuses it",
            }
            for acks in ("0", "1")
            for factor in (1, 3)
        ],
        "profiles": {
            "fault": {
                "settings": {"broker.session.timeout.ms": 1500, "auto.leader.rebalance.enable": "false"},
                "broker_jvm": ["-Xmx384m", "-XX:+UseSerialGC"],
            },
            "performance": {"settings": {}, "broker_jvm": ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC"]},
        },
        "notes": ["Nothing else ran on the machine."],
    }


def broken(record: TrialRecord, lost: int = 12) -> TrialRecord:
    """The same trial, had it lost what it must not lose."""
    return record.model_copy(
        update={
            "anomalies": anomalies(lost=lost),
            "verdict": Verdict.BROKEN,
            "verdict_reason": f"{lost} lost, which acks=all forbids",
            "witnesses": {"lost": [witness(i, None) for i in range(min(10, lost))]},
        }
    )


def anomalies(**some: int) -> Anomalies:
    of_messages = ("lost", "duplicate", "reordered", "unknown_landed", "unknown_absent", "failed_landed", "misplaced")
    return Anomalies(**{**dict.fromkeys((*of_messages, "unexpected"), 0), **some})


def counts(guarantee: tuple[str, bool], sent: int, lost: int = 0, duplicate: int = 0) -> Counts:
    unconfirmed = sent if guarantee[0] == "0" else 0
    return Counts(
        sent=sent,
        acked=sent - unconfirmed,
        failed=0,
        unknown=0,
        unconfirmed=unconfirmed,
        in_log=sent - lost + duplicate,
    )


def percentiles(ms: npt.NDArray[np.float64], *, histogram: bool = True) -> Percentiles:
    reached = np.percentile(ms, [50, 90, 95, 99, 99.9]).tolist()
    return Percentiles.model_validate(
        {
            **dict(zip(("p50", "p90", "p95", "p99", "p99.9"), reached, strict=True)),
            "max": float(ms.max()),
            "mean": float(ms.mean()),
            "count": len(ms),
            "hdr": _histogram(ms) if histogram else None,
        }
    )


def _histogram(ms: npt.NDArray[np.float64]) -> str:
    histogram = HdrHistogram(1, 3_600_000_000, 3)
    values, numbers = np.unique(np.maximum(1, (ms * 1000).astype(np.int64)), return_counts=True)
    for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
        histogram.record_value(value, number)
    return str(histogram.encode().decode())


def witness(sequence: int, offsets: list[int] | None) -> dict[str, Any]:
    return {"producer": 0, "sequence": sequence, "partition": 0, "offsets": offsets, "outcome": "acked", "error": None}
