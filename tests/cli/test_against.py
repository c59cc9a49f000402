"""``sweep --against`` on real brokers: killed in the middle, gone on with, and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from harness.events import Verdict
from harness.store import Results

from .test_refusals import harness, refused

SMALL = {
    "name": "small",
    "kafka": "4.4.0",
    "sweep": {"client": ["confluent-kafka"], "acks": ["all"], "enable.idempotence": [True]},
    "performance": {"partitions": 1, "loads": [{"rate": 1000, "seconds": 0.3}]},
    "faults": {"recipes": ["lose-ack"]},
}


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    path = tmp_path / "small ü.yaml"
    path.write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    return path


def test_nonsense_is_one_line(workload: Path, tmp_path: Path) -> None:
    refused(harness("sweep", workload, "--against", "weather"), 2, "--against weather: that is neither a workload file")
    refused(harness("sweep", "--against", "kafka==4.3.1", "--resume", tmp_path), 2, "--against is for a workload")
    plan = harness("sweep", workload, "--against", "kafka==4.3.1", "--dry-run")
    assert plan.returncode == 0, plan
    assert "small: 22 trials" in plan.stdout


@pytest.mark.brokers
@pytest.mark.long
@pytest.mark.timeout(420)
def test_killed_in_the_middle_it_goes_on_and_comes_to_an_end(workload: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    command = [sys.executable, "-P", "-m", "harness", "sweep", str(workload), "--against", "kafka==4.4.0"]
    with subprocess.Popen([*command, "--results", str(results)], stdout=subprocess.DEVNULL) as running:
        until = time.monotonic() + 120
        while time.monotonic() < until and sum(map(_lines, results.glob("*/*/trials.jsonl"))) < 7:
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
    (folder,) = results.iterdir()
    before = {record.id: record.started for side in ("base", "new") for record in Results.open(folder / side).records()}
    assert len(before) >= 7
    refused(harness("sweep", "--resume", folder / "new"), 2, "is half of a run against a base")
    go_on = [sys.executable, "-P", "-m", "harness", "sweep", "--resume", str(folder)]
    done = subprocess.run(go_on, capture_output=True, text=True, timeout=280, check=False)
    said = json.loads((folder / "comparison.json").read_text())
    told = any(each["gates"] and each["answer"] == "regressed" for each in said["figures"])
    assert done.returncode == (4 if told else 0), "whatever the machine was busy with, it says what it found"
    assert "comparison:" in done.stdout and ("Nothing regressed" in done.stdout) is not told
    for side in ("base", "new"):
        records = Results.open(folder / side).records()
        assert len(records) in (11, 21, 31, 41), "the fault, and ten rounds a stage"
        assert {record.verdict for record in records if record.with_fault} == {Verdict.KEPT}
        assert all(before.get(record.id, record.started) == record.started for record in records)
        assert (folder / side / "report.md").exists() and not (folder / side / "scratch").exists()
    assert said["in_turn"] and {each["change"] for each in said["guarantees"]} == {"same"}
    assert {each["figure"] for each in said["figures"]} == {"median latency", "p99 latency", "end-to-end p99"}
    assert ElementTree.parse(folder / "comparison.xml").getroot().tag == "testsuites"
    again = harness("compare", folder / "base", folder / "new")
    assert again.returncode == done.returncode and "Both were measured in turn" in again.stdout


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")
