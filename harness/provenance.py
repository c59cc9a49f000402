"""Where a result comes from: everything a reader needs to judge whether it says something about their own cluster."""

from __future__ import annotations

import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel

from harness.clusters import Cluster
from harness.clusters.kinds import CLUSTERS
from harness.events import FORMAT
from harness.faults import FAULTS, Fault
from harness.plan import Plan
from harness.store import Results
from harness.words import listed
from harness.workload import Workload, in_effect


def describe(run_id: str, workload: Workload, plan: Plan) -> dict[str, Any]:
    """The contents of a new run's ``run.json``."""
    faults = {trial.fault for trial in plan.trials if trial.fault is not None}
    start = _start(plan)
    return {
        "format": FORMAT,
        "run_id": run_id,
        "name": workload.name,
        **start,
        "ended": None,
        "starts": [start],
        "kafka": sorted({trial.kafka for trial in plan.trials}),
        "cpu": {"model": _cpu_model(), "cores": psutil.cpu_count()},
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "seed": workload.seed,
        "workload": workload.model_dump(mode="json"),
        "planned": len(plan.trials),
        "refused": [
            {"config": refused.combination, "reason": refused.reason, "source": refused.source}
            for refused in plan.refused
        ],
        "faults": {name: _described(FAULTS[name]) for name in sorted(faults)},
        "cluster": {"kind": workload.cluster.kind, "run": CLUSTERS[workload.cluster.kind].summary},
        "java": None,
        "profiles": {},
        "notes": list(dict.fromkeys(_capped(plan))),
    }


def _start(plan: Plan) -> dict[str, Any]:
    """When a run was started or gone on with, and with what: it may be another version on another kernel."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "harness_version": version("kafka-delivery-harness"),
        "git": _git(),
        "clients": _clients(plan),
        "python": platform.python_version(),
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _clients(plan: Plan) -> dict[str, str]:
    """By their names; of one that is run in several versions all of them: ``0.12.0 and 0.14.0``."""
    versions: dict[str, set[str]] = defaultdict(set)
    for trial in plan.trials:
        versions[trial.client].add(trial.client_version)
    return {client: listed(sorted(found)) for client, found in sorted(versions.items())}


def note_start(results: Results, plan: Plan) -> None:
    """Adds to ``run.json`` that the run is gone on with."""
    run, start = results.run(), _start(plan)
    first = {key: run.get(key) for key in start}  # of a run that noted no starts, it is all there is
    run["starts"] = [*run.get("starts", [first]), start]
    results.save_run(run)


def _capped(plan: Plan) -> Iterator[str]:
    """What of a topic's settings is not in effect as it was asked for."""
    for trial in plan.trials:
        for name, value in in_effect(trial.config).items():
            if trial.config[name] != value:
                asked, replicas = trial.config[name], f"replication.factor={trial.config['replication.factor']}"
                yield f"{name}={asked} is {value} in effect at {replicas}: Kafka takes the smaller of the two"


def _described(fault: Fault) -> dict[str, Any]:
    """What a fault does and what its parameters mean, so that a report needs no catalogue to say so."""
    return {"summary": fault.summary, "parameters": dict(_parameters(fault.parameters))}


def _parameters(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """Parameters that are groups of parameters are joined by dots."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _parameters(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field.description


def note_cluster(results: Results, profile: str, cluster: Cluster) -> None:
    """Adds to ``run.json`` what the brokers of this cluster run with, as far as that is known."""
    run = results.run()
    run["java"] = cluster.java
    if cluster.runs_on:
        run["cluster"] = {**run.get("cluster", {}), "on": cluster.runs_on}
    if cluster.settings:
        run.setdefault("profiles", {})[profile] = cluster.settings
    results.save_run(run)


def note_time(results: Results, took_s: Mapping[str, float]) -> None:
    """Adds to ``run.json`` for how long the run did what; of one that is gone on with it is the sum of its starts."""
    run = results.run()
    before = run.get("took_s") or {}
    run["took_s"] = before | {what: round(before.get(what, 0.0) + seconds, 3) for what, seconds in took_s.items()}
    results.save_run(run)


def note(results: Results, what: str) -> None:
    """Adds a remark about the run to ``run.json``."""
    run = results.run()
    run.setdefault("notes", []).append(what)
    results.save_run(run)


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git() -> dict[str, Any] | None:
    """The commit the harness itself is at, if it runs from a checkout."""

    def ask(*command: str) -> str:
        folder = Path(__file__).parent
        done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=True, timeout=10)
        return done.stdout.decode("utf-8", "replace").strip()

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None
