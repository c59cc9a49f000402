"""``summary.json``: what the report's tables say, for programs. Absent is null, never 0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.events import FORMAT, Verdict
from harness.report.answer import judged
from harness.report.by_rule import promised
from harness.report.costs import Cost
from harness.report.data import Data
from harness.report.evidence import Evidence
from harness.report.labels import Subject
from harness.report.matrix import Cell, Matrix
from harness.report.nearest import nearest, unsafe
from harness.report.performance import Clock, Performance, Quantile
from harness.report.wording import Spread

_QUANTILES: Mapping[Quantile, str] = {"p50": "p50", "p99": "p99", "p99_9": "p99.9"}
_CLOCKS: Sequence[Clock] = ("latency_ms", "service_ms", "committed_ms", "end_to_end_ms")


def export(data: Data) -> str:
    """The summary as JSON text. Figures over repeats are ``{median, low, high, repeats}``."""
    records, run = data.records, data.run
    statuses: dict[str, int] = Counter(record.status for record in records)
    content: dict[str, Any] = {
        "format": FORMAT,
        "run_id": data.run_id,
        "started": run.get("started"),
        "ended": run.get("ended"),
        "trials": {"planned": run.get("planned"), "recorded": len(records), **statuses},
        "verdicts": {verdict.value: number for verdict, number in judged(records).items()},
        "broken": [
            {"id": record.id, "name": record.name, "reason": record.verdict_reason}
            for record in records
            if record.verdict is Verdict.BROKEN
        ],
        "cells": [
            {**_subject(subject), "fault": fault, **_cell(cell), "safe_instead": _safe(subject, fault, data.matrix)}
            for (subject, fault), cell in data.matrix.cells.items()
        ],
        "performance": [_performance(each) for each in data.measured],
        "pipeline_performance": [_performance(each) for each in data.processed],
        "costs": [{"against": found.against, "rows": [_cost(row) for row in found.rows]} for found in data.costs],
        "guarantees": [_guarantee(row) for row in data.evidence],
    }
    return json.dumps(content, indent=2) + "\n"


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "client": subject.client,
        "replication_factor": subject.replication_factor,
        "configuration": str(subject.configuration),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "trials": [trial.id for trial in cell.trials],
        "keys": sorted({trial.key for trial in cell.trials}),
        "verdict": cell.verdict and cell.verdict.value,
        "alike": cell.verdicts.count(cell.verdict) if cell.verdict else None,
        "unruled": [anomaly.value for anomaly in cell.unruled],
        "found": {anomaly.value: {"low": low, "high": high} for anomaly, (low, high) in cell.found.items()}
        if cell.judged
        else None,
    }


def _safe(subject: Subject, fault: str, cells: Matrix) -> dict[str, Any] | None:
    """``measured``: kept in so many ``trials`` of this run; else it is what the rules say, and null if nothing is."""
    if not unsafe(cells.cells[subject, fault]):
        return None
    if safe := nearest(subject, fault, cells):
        kept = {"measured": True, "client": safe.subject.client, "trials": safe.trials}
        return {**kept, "changes": safe.changes, "allowed": safe.allowed, "because": ()}
    rules = promised(subject, fault, cells)
    not_kept = {"measured": False, "client": subject.client, "trials": 0}
    return {**not_kept, "changes": rules.changes, "allowed": rules.allowed, "because": rules.because}


def _performance(each: Performance) -> dict[str, Any]:
    return {
        **_subject(each.subject),
        "key": each.trials[0].key,
        "load": each.load,
        "saturated": not each.paced,
        "steady": each.steady,
        "messages_per_s": _spread(each.throughput),
        **{
            clock: {title: _spread(each.percentile(clock, which)) for which, title in _QUANTILES.items()}
            for clock in _CLOCKS
        },
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        **_subject(cost.subject),
        "message_size": cost.message_size,
        "against": _subject(cost.against),
        "own": {name: _spread(of) for name, of in cost.own.items()},
        "ratios": {
            name: {**asdict(ratio), "told": ratio.told, "less_than": ratio.less_than if ratio.confident else None}
            for name, ratio in cost.ratios.items()
        },
        "paced_load": cost.paced_load,
        "steady": cost.steady,
    }


def _guarantee(row: Evidence) -> dict[str, Any]:
    return {**asdict(row), "costs": [{"called": name, **_cost(of)} for name, of in row.costs]}


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    return asdict(spread) if spread else None
