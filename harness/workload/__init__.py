"""A workload: the YAML file that says what to run. ``load`` reads one, and says every mistake in it at once.

``docs/workloads.md`` explains every key. A ``Workload`` is checked as far as it can be without running anything; what
a client cannot do, and where a fault says nothing, is for the plan (``harness.plan``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.workload import omb
from harness.workload.check import cross_check
from harness.workload.combinations import (
    Config,
    Contradiction,
    complete,
    contradictions,
    in_effect,
    in_name_only,
)
from harness.workload.explain import explain
from harness.workload.grid import Grid
from harness.workload.known import Fault, Known, installed
from harness.workload.loads import Load
from harness.workload.model import SECTIONS, Cluster, Workload
from harness.workload.problems import Problem, WorkloadError, quote
from harness.workload.reading import Reading
from harness.workload.schema import json_schema
from harness.workload.source import Source
from harness.workload.trials import Recipe

__all__ = [
    "Config",
    "Contradiction",
    "Fault",
    "Grid",
    "Known",
    "Load",
    "Recipe",
    "Workload",
    "WorkloadError",
    "complete",
    "contradictions",
    "in_effect",
    "in_name_only",
    "installed",
    "json_schema",
    "load",
    "parse",
]


def load(path: Path, known: Known | None = None) -> Workload:
    """The workload in a file. ``known`` is what it can name; by default what is installed.

    Raises ``WorkloadError`` with a line for each mistake: ``workloads/x.yaml:7: sweep.acks: 7 is not one of ...``.
    """
    source, known = Source(path), known or installed()
    data, problems = source.data, list[Problem]()
    if omb.is_one(data):
        data, problems = omb.mapped(data, [*known.clusters["local"].versions()][-1])
    if problems:
        raise source.refusal([*source.problems, *problems])
    workload, problems = _read(data, known)
    unreadable = {problem.place for problem in source.problems}
    problems = [*source.problems, *(problem for problem in problems if problem.place not in unreadable)]
    if workload is None or problems:
        raise source.refusal(problems)
    return workload


def parse(data: object, known: Known | None = None) -> Workload:
    """A workload from plain data, such as ``Workload.model_dump(mode="json")`` stored with a run.

    Raises ``WorkloadError`` with a line for each mistake: ``sweep.acks: 7 is not one of ...``.
    """
    workload, problems = _read(data, known or installed())
    if workload is None or problems:
        raise WorkloadError(map(str, problems))
    return workload


def _read(data: object, known: Known) -> tuple[Workload | None, list[Problem]]:
    if not isinstance(data, dict):
        return None, [Problem((), f"{quote(data)} is not a workload: a mapping with name, kafka, sweep, ...")]
    stated = _without_empty(data)
    reading = Reading(known.where(_kind(stated.get("cluster", {}))))
    workload, problems = None, []
    try:
        workload = Workload.model_validate(stated, context=reading)
    except ValidationError as error:
        problems = explain(error, SECTIONS)
    return workload, problems + cross_check(reading.parts, known, complete_file=not problems)


def _kind(cluster: object) -> object:
    """Of the section as it is stated."""
    return cluster.get("kind", Cluster.model_fields["kind"].default) if isinstance(cluster, dict) else None


def _without_empty(data: Any) -> Any:
    """A key with all its lines commented out is as good as none."""
    if isinstance(data, dict):
        return {key: _without_empty(value) for key, value in data.items() if value is not None}
    return [_without_empty(item) for item in data] if isinstance(data, list) else data
