"""What is put on record of a trial before anybody judges it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from harness.faults import FAULTS
from harness.plan import Trial
from harness.store import FaultRecord, TrialRecord
from harness.trial.venue import Running
from harness.workload import in_effect


def record_of(running: Running, started: datetime, elapsed_s: float, *, complete: bool) -> TrialRecord:
    """The record of a trial that ran: without counts, anomalies and verdict."""
    trial, fleet = running.trial, running.fleet
    events = [{"at_ns": event.at_ns, "what": event.what, **event.detail} for event in running.events]
    load = trial_fields(trial)["load"] | {"most_waiting_bytes": fleet.most_waiting_bytes if fleet else None}
    return TrialRecord(
        **trial_fields(trial) | {"load": load},
        cluster_profile=trial.profile,
        client_version=fleet.version if fleet else None,
        effective={**fleet.effective, **in_effect(trial.config)} if fleet and fleet.effective else None,
        fault=FaultRecord(
            name=trial.fault,
            parameters=parameters_of(trial),
            replaced=trial.replaced,
            loads=_loads(trial),
            seed=None if trial.fault == "none" else trial.seed,
            events=events,
        ),
        status="completed" if complete else "failed",
        reason="; ".join(running.problems) or None,
        started=started.isoformat(timespec="milliseconds"),
        elapsed_s=round(elapsed_s, 3),
        client_cpu_s=fleet.cpu_s if fleet else None,
    )


def trial_fields(trial: Trial) -> dict[str, Any]:
    """What a record says of a trial whether it ran or not."""
    return {
        "id": trial.id,
        "name": trial.name,
        "kind": trial.kind,
        "repeat": trial.repeat,
        "kafka": trial.kafka,
        "client": trial.client,
        "config": trial.config,
        "load": asdict(trial.load),
    }


def parameters_of(trial: Trial) -> dict[str, Any]:
    """The fault's parameters, defaults and all."""
    return trial.parameters.model_dump() if trial.parameters else {}


def _loads(trial: Trial) -> dict[str, dict[str, Any]]:
    """What each part of its fault really ran under."""
    if trial.fault == "none":
        return {}
    loads = FAULTS[trial.fault].loads(trial.parameters)
    return {
        part: {"messages": load.count, "rate": load.rate, "flush_every": load.flush_every}
        for part, load in loads.items()
    }
