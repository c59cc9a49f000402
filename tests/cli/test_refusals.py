"""What the command line refuses: one clear line, the right exit code, never a traceback, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.events import FORMAT

_GOOD = """
name: small
kafka: "4.4.0"
sweep: {client: [confluent-kafka]}
config: {acks: all, replication.factor: 3, enable.idempotence: false}
faults: {recipes: [lose-ack]}
"""


def harness(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert done.returncode == code, done
    assert "Traceback" not in done.stderr + done.stdout
    for words in said:
        assert words in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sweep: [\n", ["is not YAML"]),
        (_GOOD.replace("recipes", "recipies"), [":6: faults.recipies", "did you mean recipes?"]),
        (_GOOD.replace("replication.factor: 3", "replication.factor: 5"), ["config.replication.factor", "3"]),
        (_GOOD.replace("acks: all", "acks: 1").replace("idempotence: false", "idempotence: true"), ["idempotence"]),
        (_GOOD.replace("lose-ack", "loose-ack"), ["did you mean lose-ack?"]),
    ],
    ids=["malformed", "unknown key", "impossible replication factor", "contradiction", "unknown fault"],
)
def test_a_bad_workload_says_every_mistake_with_its_place(tmp_path: Path, text: str, said: list[str]) -> None:
    workload = tmp_path / "bad.yaml"
    workload.write_text(text)
    refused(harness("sweep", workload, "--results", tmp_path / "results"), 2, f"{workload}:", *said)
    assert not (tmp_path / "results").exists()


def test_several_mistakes_are_said_at_once(tmp_path: Path) -> None:
    workload = tmp_path / "bad.yaml"
    workload.write_text(_GOOD.replace("recipes", "recipies").replace("confluent-kafka", "confluent"))
    done = harness("sweep", workload)
    refused(done, 2, "faults.recipies", "sweep.client")
    assert len(done.stderr.strip().splitlines()) >= 2


def test_a_missing_file(tmp_path: Path) -> None:
    refused(harness("sweep", tmp_path / "none.yaml"), 2, "cannot be read: No such file")


def test_a_workload_that_does_not_fit_the_disk(tmp_path: Path) -> None:
    workload = tmp_path / "big.yaml"
    load = "performance: {loads: [{rate: max, seconds: 3600, messages: 10_000_000, message_size: 1000_000}]}\n"
    workload.write_text(_GOOD + load + "limits: {disk_gb: 100_000, minutes: 10_000}\n")
    refused(harness("sweep", workload, "--results", tmp_path / "results"), 2, "the disk has", "lower its messages")
    assert not list((tmp_path / "results").iterdir())


def test_no_network_for_the_first_download(tmp_path: Path) -> None:
    workload = tmp_path / "good.yaml"
    workload.write_text(_GOOD)
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = harness(
        "sweep", workload, "--results", tmp_path / "results", HARNESS_CACHE=str(tmp_path / "cache"),
        HOME=str(tmp_path), M2_REPO=str(tmp_path / "m2"), NO_PROXY="", no_proxy="", **nowhere,
    )  # fmt: skip
    refused(done, 1, "cannot fetch", "The first run needs a network")


def test_results_of_a_newer_format(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"format": 99}))
    for command in (("report", tmp_path), ("check", tmp_path), ("sweep", "--resume", tmp_path)):
        refused(harness(*command), 2, f"results of format 99; this harness reads up to {FORMAT}")


def test_a_folder_without_results(tmp_path: Path) -> None:
    refused(harness("report", tmp_path), 2, "is not a results folder")
    refused(harness("sweep", "--resume", tmp_path / "nowhere"), 2, "is not a results folder")


def test_neither_or_both_of_workload_and_resume(tmp_path: Path) -> None:
    refused(harness("sweep"), 2, "give either a workload file, or --resume")
    refused(harness("sweep", "x.yaml", "--resume", tmp_path), 2, "give either a workload file, or --resume")


@pytest.mark.brokers  # it asks for Kafka's jars first
def test_a_taken_port(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        if port > 65000:
            pytest.skip("the kernel gave a port beyond what the option takes")
        refused(
            harness("cluster", "up", "--port", str(port), HARNESS_STATE=str(tmp_path)),
            1,
            f"port {port} of 127.0.0.1 is taken",
        )
    assert "no cluster is up" in harness("cluster", "status", HARNESS_STATE=str(tmp_path)).stdout


def test_a_version_nobody_knows(tmp_path: Path) -> None:
    done = harness("cluster", "up", "--kafka", "1.0.0", HARNESS_STATE=str(tmp_path))
    refused(done, 1, "no lock file for Kafka 1.0.0; known: 3.9.0, 3.9.2, 4.0.2, 4.1.2, 4.3.1, 4.4.0")
