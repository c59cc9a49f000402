"""Somebody else's nodes are ended, frozen and started by the owner's commands, and whatever was begun is undone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.clusters import ClusterFailed
from harness.clusters.external.commands import Commands
from harness.clusters.external.keys import Node
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.events import Verdict
from harness.janitor import Janitor
from harness.sweep import plan_of
from harness.workload import parse

from ..test_sweep_loop import swept
from .owner import Nodes, owning

STATED = {
    "name": "theirs",
    "kafka": "4.4.0",
    "sweep": {"client": ["confluent-kafka"]},
    "config": {"acks": "all", "enable.idempotence": True},
}


@pytest.fixture(scope="module")
def theirs(janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCluster, Nodes]]:
    """A cluster with an owner, whose nodes it starts again."""
    folder = tmp_path_factory.mktemp("theirs") / "nodes"
    with LocalCluster(class_path("4.4.0"), folder, janitor) as cluster, owning(cluster) as nodes:
        yield cluster, nodes
        for node in cluster.nodes:
            node.kill()


@pytest.mark.long
@pytest.mark.brokers
@pytest.mark.timeout(400)
def test_faults_of_nodes_do_what_they_do_on_a_local_cluster(theirs: tuple[LocalCluster, Nodes], tmp_path: Path) -> None:
    cluster, nodes = theirs
    config: dict[str, Any] = {"acks": "all", "enable.idempotence": True}
    done = swept(
        tmp_path / "run",
        cluster={"kind": "external", "bootstrap": cluster.bootstrap, "nodes": nodes, "controller": 1000},
        sweep={"client": ["confluent-kafka"]},
        config=config,
        faults={
            "recipes": [
                {"name": "kill-leader", "messages": 6_000},
                {"name": "stop-leader", "messages": 6_000},
                {"name": "pause-leader", "messages": 6_000},
                {"name": "last-in-sync-dies", "messages": 900, "down_s": 2.0},
            ]
        },
    )
    assert [(record.fault.name, record.verdict) for record in done.records] == [
        ("kill-leader", Verdict.KEPT),
        ("stop-leader", Verdict.KEPT),
        ("pause-leader", Verdict.KEPT),
        ("last-in-sync-dies", Verdict.KEPT),
    ], [record.verdict_reason for record in done.records]
    killed, stopped, paused, _ = done.records
    for record, actions in ((killed, ["kill", "start"]), (stopped, ["stop", "start"]), (paused, ["pause", "resume"])):
        ran = [event for event in record.fault.events if event["what"] == "command"]
        assert [event["action"] for event in ran] == actions
        assert all(event["status"] == 0 and " is done" in event["said"] for event in ran)
    assert any(event["what"] == "failover" for event in killed.fault.events)
    cluster.wait_healthy(None, 30)


@pytest.mark.brokers
def test_acks_1_loses_under_a_zombie_as_it_does_on_a_local_cluster(
    theirs: tuple[LocalCluster, Nodes], tmp_path: Path
) -> None:
    cluster, nodes = theirs
    done = swept(
        tmp_path / "run",
        cluster={"kind": "external", "bootstrap": cluster.bootstrap, "nodes": nodes, "controller": 1000},
        sweep={"client": ["kafka-python"]},
        config={"acks": "1", "enable.idempotence": False},
        faults={"recipes": ["zombie-leader"]},
    )
    (record,) = done.records
    assert record.verdict in (Verdict.REPRODUCED, Verdict.ALLOWED), record.verdict_reason
    assert record.anomalies is not None and record.anomalies.lost


@pytest.mark.brokers
def test_what_a_killed_harness_had_frozen_goes_on(theirs: tuple[LocalCluster, Nodes]) -> None:
    cluster, nodes = theirs
    script = f"""
import time
from harness.clusters.external.commands import Commands
from harness.clusters.external.keys import Node
from harness.janitor import Janitor
commands = Commands({{1: Node(**{nodes[1]!r})}}, {{1: {cluster.addresses[1]!r}}}, Janitor())
commands.pause(1)
print("paused", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == b"paused\n"
        with pytest.raises(ClusterFailed):
            cluster.wait_healthy(None, 2)
        os.kill(killed.pid, signal.SIGKILL)
    cluster.wait_healthy(None, 30)


def test_a_command_that_does_not_do_it_is_one_line_and_is_undone(janitor: Janitor, tmp_path: Path) -> None:
    undone = tmp_path / "undone"
    node = Node.model_validate({"pause": "echo no such thing; exit 3", "resume": f"touch {undone}"})
    commands = Commands({1: node}, {1: "127.0.0.1:1"}, janitor)
    with pytest.raises(ClusterFailed, match=r"^cluster.nodes.1.pause ended with status 3: no such thing$"):
        commands.pause(1)
    with pytest.raises(ClusterFailed, match=r"^there is no cluster.nodes.1.kill$|^there is no cluster.nodes.1.start$"):
        commands.kill(1)
    commands.undo()
    assert undone.exists()
    assert [(event.detail["action"], event.detail["status"]) for event in commands.events] == [
        ("pause", 3),
        ("resume", 0),
    ]


def test_what_cannot_be_undone_keeps_nothing_else_from_it(janitor: Janitor, tmp_path: Path) -> None:
    undone = tmp_path / "undone"
    first = Node.model_validate({"pause": "true", "resume": f"touch {undone}"})
    commands = Commands({1: first, 2: Node.model_validate({"pause": "true", "resume": "exit 3"})}, {}, janitor)
    commands.pause(1)
    commands.pause(2)
    with pytest.raises(ClusterFailed, match=r"^cluster.nodes.2.resume ended with status 3: it said nothing$"):
        commands.undo()
    assert undone.exists()


def test_what_a_command_leaves_running_is_not_waited_for(janitor: Janitor) -> None:
    began = time.monotonic()
    commands = Commands({1: Node.model_validate({"start": "sleep 5 & echo begun"})}, {1: "127.0.0.1:1"}, janitor)
    commands.restart(1)
    assert time.monotonic() - began < 4
    assert [event.detail["said"] for event in commands.events] == ["begun"]


def _skips(nodes: dict[int, dict[str, str]]) -> dict[str, str | None]:
    cluster = {"kind": "external", "bootstrap": "127.0.0.1:1", "nodes": nodes}
    plan = plan_of(parse({**STATED, "cluster": cluster, "faults": {"recipes": ["kill-leader", "pause-leader"]}}))
    return {str(trial.fault): trial.skip for trial in plan.trials}


def test_what_no_command_is_there_for_is_skipped_with_the_reason() -> None:
    every = dict.fromkeys(("kill", "stop", "start", "pause", "resume"), "true")
    cannot = "cannot be done to a cluster of kind external: it has"
    assert _skips(dict.fromkeys((1, 2, 3), every)) == {"kill-leader": None, "pause-leader": None}
    some = {node: {"kill": "true", "start": "true", **({"pause": "true"} if node == 1 else {})} for node in (1, 2, 3)}
    lacking = "no command to pause node 2 and 3 or resume node 1, 2 and 3 (cluster.nodes)"
    assert _skips(some) == {"kill-leader": None, "pause-leader": f"pause-leader {cannot} {lacking}"}
    alone = "commands for 2 of its 3 brokers alone (cluster.nodes)"
    assert _skips({1: every, 2: every}) == {
        each: f"{each} {cannot} {alone}" for each in ("kill-leader", "pause-leader")
    }
