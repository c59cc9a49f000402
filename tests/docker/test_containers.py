"""What is done to containers, and what becomes of them when nobody is left who could end them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.clusters import ClusterFailed
from harness.clusters.can import Ability
from harness.clusters.compose import COMPOSE, labels, project
from harness.clusters.compose.cluster import ComposeCluster
from harness.clusters.compose.document import DATA
from harness.clusters.kinds import CLUSTERS

pytestmark = pytest.mark.brokers
WORKLOAD = """
name: killed
kafka: "4.4.0"
sweep: {client: [confluent-kafka]}
faults: {recipes: [{name: pause-leader, down_s: 100}]}
"""


@pytest.fixture
def topic(containers: ComposeCluster, request: pytest.FixtureRequest) -> str:
    containers.create_topic(request.node.name[:60], 1, 3, {})
    return str(request.node.name[:60])


@pytest.fixture
def bystander(docker: Any) -> Iterator[Any]:
    """A project of somebody else's."""
    theirs = {labels.PROJECT: "bystander"}
    network, volume = docker.networks.create("bystander", labels=theirs), docker.volumes.create(labels=theirs)
    mounts = {volume.name: {"bind": "/mnt/theirs"}}
    container = docker.containers.run(
        "apache/kafka:4.4.0",
        ["sleep", "600"],
        labels=theirs,
        network="bystander",
        volumes=mounts,
        detach=True,
        init=True,
    )
    yield container
    container.reload()
    assert container.status == "running"
    container.remove(force=True, v=True)
    network.remove()
    volume.remove()


def test_nothing_is_lacking_where_the_gate_runs(containers: ComposeCluster) -> None:
    lacks = COMPOSE.lacks({})
    assert set(lacks) <= {Ability.LINKS, Ability.FULL_DISKS}
    if os.environ.get("HARNESS_DOCKER") == "required":
        assert not lacks
    assert (containers.links is None) is (Ability.LINKS in lacks)


def test_what_it_runs_on_is_on_record(containers: ComposeCluster) -> None:
    assert {*containers.runs_on} == {"Image", "Docker", "Network path"}
    assert "apache/kafka:4.4.0, sha256:" in containers.runs_on["Image"]
    assert containers.runs_on["Docker"].startswith("Engine ") and ", Compose " in containers.runs_on["Docker"]
    assert containers.java and "version" in containers.java
    assert containers.settings["settings"]["broker.session.timeout.ms"] == 1500


def test_a_node_that_is_frozen_or_killed_is_back_when_it_is_healed(containers: ComposeCluster, topic: str) -> None:
    containers.processes.pause(1)
    containers.processes.kill(2)
    containers.processes.shut_down(3)
    while containers.processes.ended(3) is None:
        time.sleep(0.05)
    assert containers.processes.ended(2) == 137 and containers.processes.ended(3) == 143
    assert containers.processes.ended(1) is None
    containers.fail_if_dead()
    assert containers.ended_unasked() == []
    containers.heal()
    containers.wait_healthy(topic, 60)


def test_one_that_ends_by_itself_is_noticed_once(containers: ComposeCluster, topic: str) -> None:
    (container,) = _containers(containers, "broker-2")
    container.kill()
    time.sleep(0.3)
    with pytest.raises(ClusterFailed, match="node 2 ended with status 137"):
        containers.fail_if_dead()
    (told,) = containers.ended_unasked()
    assert told.startswith("node 2 ended with status 137, unasked: ")
    assert containers.ended_unasked() == []
    containers.heal()
    containers.wait_healthy(topic, 60)


def test_what_is_put_back_on_a_disk_belongs_to_whom_it_did(containers: ComposeCluster, topic: str) -> None:
    (container,) = _containers(containers, "broker-1")
    command = ["bash", "-c", f"cd {DATA} && stat -c '%n %U %a' {topic}-0 {topic}-0/*.log"]
    before = container.exec_run(command).output
    containers.processes.kill(1)
    assert containers.disks.lose_power(1, topic) == 0
    containers.processes.restart(1)
    containers.wait_healthy(topic, 60)
    assert before == container.exec_run(command).output and b"appuser" in before
    containers.processes.kill(1)
    assert containers.disks.lose(1, topic) == [0]
    containers.processes.restart(1)
    containers.wait_healthy(topic, 60)


def test_what_was_done_to_network_and_links_is_undone(containers: ComposeCluster, topic: str) -> None:
    containers.network.disconnect(2)
    if containers.links is not None:
        containers.links.cut(3, containers.controller)
        containers.links.cut(containers.controller, 3)
    time.sleep(2.5)
    view = containers.view(topic, 1)
    assert view is not None and 2 not in view.brokers and (3 not in view.brokers or containers.links is None)
    containers.heal()
    containers.wait_healthy(topic, 60)


def test_a_disk_that_was_read_only_is_written_again(containers: ComposeCluster, topic: str) -> None:
    (container,) = _containers(containers, "broker-1")
    command = ["bash", "-c", f"cd {DATA}/{topic}-0 && touch it && rm it"]
    containers.disks.make_read_only(1, topic)
    assert container.exec_run(command).exit_code
    containers.heal()
    assert container.exec_run(command).exit_code == 0


@pytest.mark.parametrize("killed", ["harness", "harness and janitor"])
def test_of_a_harness_that_was_killed_nothing_is_left(
    killed: str, docker: Any, containers: ComposeCluster, bystander: Any, tmp_path: Path
) -> None:
    ours = _projects(docker)
    (tmp_path / "workload.yaml").write_text(WORKLOAD)
    command = [sys.executable, "-P", "-m", "harness", "sweep", str(tmp_path / "workload.yaml"), "--cluster", "compose"]
    with (tmp_path / "said").open("wb") as said:
        harness = subprocess.Popen([*command, "--results", str(tmp_path / "results")], stdout=said, stderr=said)
    try:
        until = time.monotonic() + 120
        while not docker.containers.list(filters={"status": "paused"}) and time.monotonic() < until:
            assert harness.poll() is None, (tmp_path / "said").read_text()
            time.sleep(0.1)
        (its,) = _projects(docker) - ours
        if killed == "harness and janitor":
            children = psutil.Process(harness.pid).children(recursive=True)
            (janitor,) = [each for each in children if "harness.janitor" in each.cmdline()]
            janitor.kill()
    finally:
        harness.send_signal(signal.SIGKILL)
        harness.wait(10)
    if killed == "harness":
        while its in _projects(docker) and time.monotonic() < until:
            time.sleep(0.2)
    else:
        assert project.remove_left(docker) == [its]
    assert not list(project.things(docker, f"{labels.PROJECT}={its}"))
    assert _projects(docker) == ours
    containers.fail_if_dead()
    containers.wait_healthy(None, 30)


def _containers(cluster: ComposeCluster, service: str) -> list[Any]:
    label = [f"{labels.PROJECT}={cluster.project}", f"{labels.SERVICE}={service}"]
    return list(cluster.client.containers.list(filters={"label": label}))


def _projects(docker: Any) -> set[str]:
    return {project.labels_of(thing)[labels.PROJECT] for thing in project.things(docker, labels.OWNER)}


def test_it_is_a_kind_like_any_other() -> None:
    assert CLUSTERS["compose"] is COMPOSE
