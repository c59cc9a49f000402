"""Exports are read by the tools they are for, or have the fields that those ask for."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.exports import EXPORTS
from harness.exports.series import Watched
from harness.store import Results
from tests.cli.test_refusals import harness
from tests.compare.test_figures import ROUNDS, noise, paced, saturated
from tests.report.synthetic_records import one, percentiles, store

_OMB_LATENCIES = ("publishLatency", "publishDelayLatency", "endToEndLatency")
_OMB_WHAT = ("Avg", "50pct", "75pct", "95pct", "99pct", "999pct", "9999pct", "Max")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a load of each manner, and a trial with a fault, which no benchmark has."""
    rates = saturated([1e5 * each for each in noise(1, 0.1)])
    return store(tmp_path / "run ü", [*rates, *paced([5.0] * ROUNDS), one(id="fault", fault="kill-leader")])


def exported(run: Path, name: str) -> dict[str, str]:
    return dict(EXPORTS[name](Watched.of(Results.open(run))))


def test_pytest_benchmark_compares_them(run: Path, tmp_path: Path) -> None:
    done = harness("export", run, "--format", "pytest-benchmark", "--into", tmp_path / "out")
    assert done.returncode == 0, done
    file = tmp_path / "out" / "pytest-benchmark.json"
    command = [
        str(Path(sys.executable).with_name("pytest-benchmark")),
        "compare",
        str(file),
        "--group-by",
        "group",
        "--columns",
    ]
    told = subprocess.run([*command, "median,ops,rounds"], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told
    assert "benchmark 'throughput'" in told.stdout and "benchmark 'median latency'" in told.stdout
    stored = json.loads(file.read_text())["benchmarks"]
    assert {each["stats"]["rounds"] for each in stored} == {ROUNDS}
    (rate,) = [each["stats"] for each in stored if each["group"] == "throughput"]
    assert 1 / rate["median"] == pytest.approx(1e5, rel=0.1)


def test_bencher(run: Path) -> None:
    (text,) = exported(run, "bencher").values()
    benchmarks = json.loads(text)
    assert len(benchmarks) == 2
    measures = {measure: value for of in benchmarks.values() for measure, value in of.items()}
    assert measures["latency"] == {"value": 5e6, "lower_value": 5e6, "upper_value": 5e6}, "nanoseconds"
    assert (
        measures["throughput"]["lower_value"] < measures["throughput"]["value"] < measures["throughput"]["upper_value"]
    )


def test_github_action_benchmark(run: Path) -> None:
    bigger, smaller = (json.loads(text) for text in exported(run, "github-action-benchmark").values())
    for array in (bigger, smaller):
        assert all({"name", "unit", "value"} <= entry.keys() for entry in array)
    assert {entry["unit"] for entry in bigger} == {"messages/s"}
    assert {entry["unit"] for entry in smaller} == {"ms", "us"}


def test_otava_has_a_row_a_run(run: Path) -> None:
    (text,) = exported(run, "otava").values()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["commit"] and row["time"]
    assert float(row["aiokafka acks=all RF 3 load 1000/s median latency"]) == 5.0


_OMB_LISTS = {
    *("publishRate", "publishErrorRate", "consumeRate", "backlog"),
    *(f"{of}{what}" for of in _OMB_LATENCIES for what in _OMB_WHAT),
}
_OMB_FIELDS = {
    *("workload", "driver", "messageSize", "topics", "partitions", "producersPerTopic", "consumersPerTopic"),
    *_OMB_LISTS,
    *(f"aggregated{of[0].upper()}{of[1:]}{what}" for of in _OMB_LATENCIES for what in (*_OMB_WHAT, "Quantiles")),
}
"""Of its ``TestResult``, whose reader takes no other, and whose charts are of lists that all have a value."""


def test_omb_has_a_file_a_trial(run: Path) -> None:
    files = exported(run, "omb")
    assert len(files) == ROUNDS, "of those that have a rate"
    for text in files.values():
        result = json.loads(text)
        assert result.keys() == _OMB_FIELDS
        assert {len(result[name]) for name in _OMB_LISTS} == {1}
        assert all(isinstance(value, int) for name, (value,) in _delays(result) if name != "publishDelayLatencyAvg")


def test_omb_has_its_units() -> None:
    timed = {"service_ms": percentiles(np.full(100, 4.0)), "late_ms": percentiles(np.full(100, 0.25))}
    (text,) = EXPORTS["omb"](Watched({}, [saturated([1e5])[0].model_copy(update=timed)], [])).values()
    result = json.loads(text)
    assert result["publishLatency99pct"] == [pytest.approx(4.0, rel=0.01)], "milliseconds"
    assert result["publishDelayLatency99pct"] == [pytest.approx(250, rel=0.01)], "microseconds"
    assert isinstance(result["aggregatedPublishDelayLatency99pct"], int)
    assert result["consumersPerTopic"] == 0 and result["consumeRate"] == [0]


def _delays(result: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in result.items() if name.startswith("publishDelayLatency")]
