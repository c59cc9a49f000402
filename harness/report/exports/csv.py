"""``trials.csv``: every trial in one flat table, columns in the order of the record, nested names joined by dots."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from harness.report.data import Data
from harness.store import (
    Anomalies,
    Availability,
    Counts,
    Percentiles,
    Throughput,
    TrialRecord,
    Used,
)

_PARTS: Mapping[str, type[BaseModel]] = {
    "counts": Counts,
    "anomalies": Anomalies,
    "uncommitted": Anomalies,
    "throughput": Throughput,
    "latency_ms": Percentiles,
    "service_ms": Percentiles,
    "late_ms": Percentiles,
    "committed_throughput": Throughput,
    "committed_ms": Percentiles,
    "end_to_end_ms": Percentiles,
    "availability": Availability,
    "used": Used,
}
_OPEN = ("config", "effective", "load", "transactions", "fault.parameters")
"""Mappings whose keys differ from run to run."""
_NOT_FLAT = ("witnesses", "errors", "ack_rate", "error_rate", "expectations")
"""Only in trials.jsonl, as are the fault's events and the histograms."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula, which a quote in front makes text (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def export(data: Data) -> str:
    """The table as CSV with a header, also when there are no trials. Absent is empty; flags are true and false; text
    that a spreadsheet would take for a formula has a quote in front.
    """
    rows = [_flat(record.model_dump(mode="json", by_alias=True)) for record in data.records]
    columns = list(_columns(rows))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _columns(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name in TrialRecord.model_fields:
        if name in _NOT_FLAT:
            continue
        if name in _PARTS:
            fields = _PARTS[name].model_fields.items()
            yield from (f"{name}.{field.alias or part}" for part, field in fields if part != "hdr")
        elif name == "fault":
            yield from ("fault.name", "fault.fired", "fault.start_s", "fault.end_s", *_open("fault.parameters", rows))
        elif name in _OPEN:
            yield from _open(name, rows)
        else:
            yield name
        if name == "id":
            yield "key"


def _open(name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({key for row in rows for key in row if key.startswith(f"{name}.")})


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat |= _flat(inner, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = inner
    return flat


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value
    return json.dumps(value) if isinstance(value, list) else value
