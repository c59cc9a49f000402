"""What is put on record of a trial before anybody judges it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from harness.events import NO_FAULT
from harness.faults import FAULTS
from harness.plan import Trial
from harness.store import FaultRecord, TrialRecord
from harness.trial.venue import Running
from harness.workload import in_effect


def record_of(running: Running, started: datetime, elapsed_s: float, *, complete: bool) -> TrialRecord:
    """The record of a trial that ran: without counts, anomalies and verdict."""
    trial, fleet = running.trial, running.fleet
    effective = running.effective or (fleet.effective if fleet else None)
    planned = fields(trial)
    events = [{"at_ns": event.at_ns, "what": event.what, **event.detail} for event in running.events]
    carried_out = {"loads": _loads(trial), "seed": trial.seed if trial.fault else None, "events": events}
    return TrialRecord(
        **planned
        | {
            "load": planned["load"] | {"most_waiting_bytes": fleet.most_waiting_bytes if fleet else None},
            "fault": planned["fault"].model_copy(update=carried_out),
            "client_version": (fleet.version if fleet else None) or trial.client_version,
        },
        topic=running.topic,
        effective={**effective, **in_effect(trial.config)} if effective else None,
        status="completed" if complete else "failed",
        reason="; ".join(running.problems) or None,
        started=started.isoformat(timespec="milliseconds"),
        elapsed_s=round(elapsed_s, 3),
        client_cpu_s=fleet.cpu_s if fleet else None,
        used=running.used,
    )


def fields(trial: Trial) -> dict[str, Any]:
    """What a record says of a trial whether it ran or not."""
    return {
        "id": trial.id,
        "name": trial.name,
        "kind": trial.kind,
        "repeat": trial.repeat,
        "kafka": trial.kafka,
        "brokers": trial.cluster.brokers,
        "cluster_profile": trial.cluster.profile,
        "client": trial.client,
        "client_version": trial.client_version,
        "config": trial.config,
        "load": trial.load.stated,
        "fault": FaultRecord(
            name=trial.fault or NO_FAULT,
            parameters=trial.parameters.model_dump() if trial.parameters else {},  # defaults and all
            replaced=trial.replaced,
        ),
    }


def _loads(trial: Trial) -> dict[str, dict[str, Any]]:
    """What each part of its fault really ran under."""
    if trial.fault is None:
        return {}
    loads = FAULTS[trial.fault].loads(trial.parameters)
    return {
        part: {"messages": load.count, "rate": load.rate, "flush_every": load.flush_every}
        for part, load in loads.items()
    }
