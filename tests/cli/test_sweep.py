"""A sweep on real brokers, as a person runs it: ended in the middle in every way, gone on with, judged again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.clusters.local.java import find_java

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(300)]

# How a run ends is not about replication: one broker is up in half the time of three.
_WORKLOAD = """
name: small
kafka: "4.4.0"
cluster: {brokers: 1}
sweep:
  client: [confluent-kafka]
  acks: [0, 1, all]
  enable.idempotence: [false, true]
config: {linger.ms: 5}
faults:
  recipes: [{name: lose-ack, messages: 500}]
"""


def _start(
    *arguments: str | Path, cwd: Path | None = None, nohup: bool = False, **environment: str
) -> subprocess.Popen[str]:
    """As a shell's foreground: tests that run in its background have SIGINT ignored, and pass that on."""

    def as_a_shell_would() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)

    return subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=as_a_shell_would,  # noqa: PLW1509 - no thread runs here
    )


def _lines(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in results.glob("*/trials.jsonl") for line in path.read_text().splitlines()]


def _wait_for(condition: Any, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def _of(results: Path) -> list[psutil.Process]:
    """Every process that has this results folder in its command line or as its working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(results) in " ".join(process.cmdline()) or process.cwd().startswith(str(results)):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(_WORKLOAD)
    return path


def test_killed_in_the_middle_it_leaves_nothing_behind_and_goes_on_where_it_was(workload: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    sweep = _start("sweep", workload, "--results", results)
    try:
        # One trial is skipped (acks=0 has no ack to lose); wait for one that ran.
        _wait_for(lambda: any(line["status"] == "completed" for line in _lines(results)), 120)
        before = [line["id"] for line in _lines(results)]
        time.sleep(0.3)
        os.kill(sweep.pid, signal.SIGKILL)
    finally:
        sweep.kill()
        sweep.communicate()
    (run,) = results.iterdir()
    _wait_for(lambda: not _of(results) and not (run / "scratch").exists(), 20)

    # Nobody reads what it says, and the terminal goes: neither ends it.
    resumed = _start("sweep", "--resume", run, nohup=True)
    assert resumed.stdout is not None
    resumed.stdout.close()
    _wait_for((run / "scratch").exists, 60)
    resumed.send_signal(signal.SIGHUP)
    assert resumed.wait(200) == 0
    after = _lines(results)
    assert [line["id"] for line in after[: len(before)]] == before
    assert {line["id"].removesuffix(".lose-ack-messages-500.r1"): line["verdict"] for line in after} == {
        "confluent-kafka.acks-0.no-idem": None,
        "confluent-kafka.acks-1.no-idem": "reproduced",
        "confluent-kafka.acks-all.no-idem": "reproduced",
        "confluent-kafka.acks-all.idem": "kept",
    }
    assert len(after) == 4
    assert json.loads((run / "run.json").read_text())["ended"]
    assert not _of(results) and not (run / "scratch").exists()

    check = _start("check", run)
    said, _ = check.communicate(timeout=60)
    assert (check.returncode, "4 trials judged again, 0 differently" in said) == (0, True), said
    before_report = (run / "report.md").read_text()
    report = _start("report", run)
    said, _ = report.communicate(timeout=60)
    assert report.returncode == 0, said
    assert (run / "report.md").read_text() == before_report


def test_a_broker_that_never_comes_back_is_no_pass_and_the_next_trial_has_a_new_cluster(tmp_path: Path) -> None:
    results, workload = tmp_path / "results", tmp_path / "small.yaml"
    recipes = "[{name: kill-leader, messages: 3000, after_acks: 500}, {name: lose-ack, messages: 500}]"
    workload.write_text(
        "name: small\nkafka: '4.4.0'\ncluster: {brokers: 2}\nsweep: {client: [confluent-kafka]}\n"
        f"config: {{enable.idempotence: true, min.insync.replicas: 1}}\nfaults: {{recipes: {recipes}}}\n"
    )
    sweep = _start("sweep", workload, "--results", results)
    try:
        # Brokers read their settings once: those that run go on, one that is started again does not come up.
        _wait_for(lambda: any(results.glob("*/scratch/*.journal")), 90)
        for settings in results.glob("*/scratch/cluster/broker-*/server.properties"):
            settings.write_text("process.roles=nothing\n")
        said, _ = sweep.communicate(timeout=150)
    finally:
        sweep.kill()
    assert sweep.returncode == 5, said
    failed, kept = _lines(results)
    assert (failed["status"], failed["verdict"]) == ("failed", "unknown")
    assert failed["reason"].startswith("the cluster did not recover: node ")
    assert kept["verdict"] == "kept"
    (logs,) = results.glob("*/logs")
    assert [folder.name for folder in logs.iterdir()] == [failed["id"]], "of the trial that was kept none are"
    said_by = {path.name: path.read_text() for path in (logs / failed["id"]).iterdir()}
    assert said_by.keys() == {"controller.log", "broker-1.log", "broker-2.log"}
    assert any("process.roles" in text for text in said_by.values())
    assert not _of(results)


def test_in_a_folder_of_any_name_disks_can_be_lost_and_a_file_in_the_way_costs_one_trial(tmp_path: Path) -> None:
    here = tmp_path / "res ü, a=b#c:d\\e"
    here.mkdir()
    (here / "jdk").symlink_to(find_java().path.parent.parent)
    for stray in ("uvloop", "numpy", "psutil", "kafka"):
        (here / f"{stray}.py").write_text(f"open({str(here / 'was-imported')!r}, 'w')")
    (here / "small.yaml").write_text(
        "name: small\nkafka: '4.4.0'\ncluster: {brokers: 1}\nsweep: {client: [confluent-kafka]}\n"
        "faults: {recipes: [disk-lost, {name: disk-lost, messages: 400}]}\n"
    )
    before = {*here.iterdir()}
    # Into the relative folder "results", in the locale that knows no letter of it.
    sweep = _start("sweep", "small.yaml", cwd=here, JAVA_HOME="./jdk", LC_ALL="C")
    data = "*/scratch/cluster/broker-1/data"
    try:
        _wait_for(lambda: any((here / "results").glob(f"{data}/*disk-lost*-0")), 90)
        (partition,) = (here / "results").glob(f"{data}/*disk-lost*-0")
        partition.with_name(partition.name.removesuffix("-0") + "-9").touch()  # no directory, so it cannot be lost
        said, _ = sweep.communicate(timeout=150)
    finally:
        sweep.kill()
    assert sweep.returncode == 5, said
    failed, reproduced = _lines(here / "results")
    assert (failed["status"], failed["verdict"]) == ("failed", "unknown")
    assert failed["reason"].startswith("the trial ended in the middle: NotADirectoryError: ")
    assert (reproduced["verdict"], reproduced["anomalies"]["lost"] > 0) == ("reproduced", True)
    assert {*here.iterdir()} == before | {here / "results"} and [*tmp_path.iterdir()] == [here]
    assert not _of(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_interrupted_it_cleans_up_and_reports_what_it_has(
    workload: Path, tmp_path: Path, number: signal.Signals
) -> None:
    results = tmp_path / "results"
    sweep = _start("sweep", workload, "--results", results)
    try:
        _wait_for(lambda: any(line["status"] == "completed" for line in _lines(results)), 120)
        for again in (number, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            sweep.send_signal(again)
            time.sleep(0.2)
        said, _ = sweep.communicate(timeout=40)
    finally:
        sweep.kill()
    assert sweep.returncode == 130, said
    (run,) = results.iterdir()
    assert "Traceback" not in said and f"harness sweep --resume {run}" in said
    assert (run / "report.md").exists()
    assert not _of(results) and not (run / "scratch").exists()
