"""What keeps containers from running is one line that says what is wrong and what to do about it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError

from harness.clusters import ClusterFailed
from harness.clusters.compose import COMPOSE, command, engine, labels, project, standing
from harness.clusters.compose.cluster import TAKEN
from harness.clusters.compose.document import Layout
from harness.clusters.compose.node import Node
from harness.clusters.local import LOCAL
from harness.clusters.profiles import new_cluster_id


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("unix:///nowhere/docker.sock", "no Docker engine answers at unix:///nowhere/docker.sock: start it, or let "),
        ("tcp://127.0.0.1:1", "no Docker engine answers at tcp://127.0.0.1:1: start it, or let DOCKER_HOST name one"),
        ("tcp://198.51.100.1:2375", "the Docker engine at tcp://198.51.100.1:2375 is on another machine"),
        ("ssh://somebody@198.51.100.1", "the Docker engine at ssh://somebody@198.51.100.1 is on another machine"),
    ],
)
def test_an_engine_that_cannot_be_used(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(ClusterFailed) as refused:
        engine.connect()
    assert str(refused.value).startswith(said) and "\n" not in str(refused.value)


def test_no_permission_on_the_socket(tmp_path: Path) -> None:
    """Nor has root any on somebody else's, without the capability that lets it pass by modes."""
    path, command = tmp_path / "docker.sock", [sys.executable, "-P", "-m", "harness", "cluster", "status"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0)
        if not os.geteuid():
            os.chown(path, 1000, 1000)
            without = "-dac_override,-dac_read_search"
            command = ["setpriv", f"--bounding-set={without}", f"--inh-caps={without}", *command]
        told = {**os.environ, "DOCKER_HOST": f"unix://{path}"}
        done = subprocess.run(
            [*command, "--cluster", "compose"], env=told, capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"harness: no permission on the Docker engine at unix://{path}: become one of its group, which is docker most "
        "times (sudo usermod -aG docker $USER, then log in again), or let DOCKER_HOST name a rootless one of your own\n"
    )


def test_the_engine_is_that_of_the_docker_commands_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho \'[{"Endpoints": {"docker": {"Host": "unix:///its.sock"}}}]\'\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    assert engine.environment()["DOCKER_HOST"] == "unix:///its.sock"
    monkeypatch.setenv("DOCKER_HOST", "unix:///named.sock")
    assert engine.environment()["DOCKER_HOST"] == "unix:///named.sock"
    monkeypatch.delenv("DOCKER_HOST")
    docker.write_text("#!/bin/sh\nexit 1\n")
    assert "DOCKER_HOST" not in engine.environment(), "it is the default then"


def test_no_compose_and_one_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterFailed) as absent:
        command.find()
    assert str(absent.value) == "Compose 1.27 or newer is needed, and there is no docker compose and no docker-compose"
    old = tmp_path / "docker-compose"
    old.write_text("#!/bin/sh\necho 1.25.0\n")
    old.chmod(0o755)
    with pytest.raises(ClusterFailed) as too_old:
        command.find()
    assert str(too_old.value) == f"Compose 1.27 or newer is needed, and {old} is 1.25.0"
    old.write_text("#!/bin/sh\necho v2.40.3\n")
    assert command.find() == ([str(old)], "2.40.3")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            " Container a  Creating\nError response from daemon: no such image\n",
            "Error response from daemon: no such image",
        ),
        ("Creating a ... error\nERROR: for a  it is taken\nEncountered errors while\n", "ERROR: for a  it is taken"),
        ("", "it did not say why"),
    ],
)
def test_of_what_compose_says_one_line_says_why(said: str, why: str) -> None:
    assert command.why(said) == why


@pytest.mark.usefixtures("docker")
def test_compose_takes_the_file_at_the_top() -> None:
    """Whichever is here."""
    compose, _ = command.find()
    file = Path(__file__).parents[2] / "docker-compose.yml"
    subprocess.run([*compose, "-f", str(file), "config", "-q"], check=True, capture_output=True, timeout=60)


def test_an_image_that_is_not_here_and_cannot_be_pulled(docker: Any) -> None:
    with pytest.raises(ClusterFailed) as absent:
        engine.image(docker, "0.0.0")
    said = str(absent.value)
    assert said.startswith("no image apache/kafka:0.0.0 here, and none to be pulled: ") and "\n" not in said


def test_an_image_of_a_name_that_is_none(docker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_IMAGE", "apache/kafka:4.4.0")
    with pytest.raises(ClusterFailed) as refused:
        engine.image(docker, "4.4.0")
    said = str(refused.value)
    assert said.startswith("no image apache/kafka:4.4.0:4.4.0: ") and "\n" not in said
    assert said.endswith("invalid reference format; KAFKA_IMAGE is an image's name without a tag")


def test_a_port_that_is_taken(docker: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ClusterFailed, match=f"port {port} of 127.0.0.1 is taken"):
            standing.up("4.4.0", 1, port, "fault")
    assert standing.status() is None


def test_a_port_that_somebody_takes_before_the_engine_does(docker: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        layout = Layout("apache/kafka:4.4.0", new_cluster_id(), {1: taken.getsockname()[1]}, "fault")
        try:
            with pytest.raises(ClusterFailed) as refused:
                command.up("delivery-harness-port", layout, tmp_path)
        finally:
            project.remove(docker, "delivery-harness-port")
    assert any(words in str(refused.value) for words in TAKEN) and "\n" not in str(refused.value), refused.value


class Freezing:
    """A container that is frozen at the so manieth time, with what the engine says until then."""

    def __init__(self, times: int, said: str) -> None:
        self.left, self._said = times, said
        self.attrs = {"State": {"Status": "running"}}

    def reload(self) -> None: ...

    def pause(self) -> None:
        self.left -= 1
        if self.left:
            raise APIError(f"Cannot pause container d588: OCI runtime pause failed: {self._said}: unknown")


def test_a_pause_that_a_busy_machine_gave_up_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    container = Freezing(3, "unable to freeze")
    Node(2, "broker-2", container).pause()
    assert not container.left
    never = Freezing(10**9, "unable to freeze")
    monkeypatch.setattr("harness.clusters.compose.node._PAUSE_S", 0.1)
    with pytest.raises(ClusterFailed, match=r"node 2: pause: .*unable to freeze"):
        Node(2, "broker-2", never).pause()
    other = Freezing(3, "container not running")
    with pytest.raises(ClusterFailed, match=r"node 2: pause: .*container not running"):
        Node(2, "broker-2", other).pause()
    assert other.left == 2


def test_whose_it_is_only_its_own_machine_can_say() -> None:
    ours = labels.owner()
    machine, pid, began = ours.rsplit(" ", 2)
    assert not labels.is_left(ours)
    assert labels.is_left(f"{machine} {pid} 1") and labels.is_left(f"{machine} {2**22 + 1} {began}")
    assert not labels.is_left(f"not-{machine} {pid} 1")


def test_what_runs_here_as_processes_runs_in_containers_too() -> None:
    assert [*COMPOSE.versions()] == [*LOCAL.versions()]


def test_a_project_of_that_name_that_is_somebody_elses(docker: Any) -> None:
    volume = docker.volumes.create(labels={"com.docker.compose.project": standing.PROJECT})
    try:
        with pytest.raises(ClusterFailed) as taken:
            standing.up("4.4.0", 1, None, "fault")
        assert f"the compose project {standing.PROJECT} is taken, and not by the harness: {volume.name}" in str(
            taken.value
        )
        assert not standing.down()
        volume.reload()
    finally:
        volume.remove()
