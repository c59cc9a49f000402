"""A cluster of containers that stays, as a person uses it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from harness.clusters.compose import project, standing
from harness.clusters.compose.labels import PROJECT

pytestmark = pytest.mark.brokers


def _harness(*words: str) -> tuple[int, str]:
    command = [sys.executable, "-P", "-m", "harness", "cluster", *words, "--cluster", "compose"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    return done.returncode, done.stdout + done.stderr


def test_it_stays_until_it_is_stopped(docker: Any) -> None:
    assert _harness("status") == (0, "no cluster is up\n")
    try:
        code, said = _harness("up", "--brokers", "1", "--profile", "fault")
        assert code == 0 and said.startswith("Kafka 4.4.0, 1 broker\nbootstrap.servers=127.0.0.1:"), said
        assert _harness("status") == (0, said)
        address = said.strip().partition("=")[2]
        code, refused = _harness("up")
        assert code == 1 and refused == (
            f"harness: a cluster is up already, at {address}; stop it with: harness cluster down --cluster compose\n"
        )
        assert project.remove_left(docker) == [], "nobody's process holds it, and it is nobody's left-over"
        for container in docker.containers.list(filters={"label": f"{PROJECT}={standing.PROJECT}"}):
            container.kill()
        assert _harness("status") == (0, f"{said}no broker answers at {address}\n")
    finally:
        assert _harness("down") == (0, "stopped\n")
    assert _harness("down") == (0, "no cluster is up\n")
    assert not list(project.things(docker, f"{PROJECT}={standing.PROJECT}"))


def test_its_image_may_be_a_mirrors_and_its_java_gets_what_the_user_says(
    docker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "mirror.invalid:5000/team/kafka"
    docker.images.get("apache/kafka:4.4.0").tag(name, "4.4.0")
    monkeypatch.setenv("KAFKA_IMAGE", name)
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dtried=a$b")
    try:
        code, said = _harness("up", "--brokers", "1", "--profile", "fault")
        assert code == 0, said
        made = docker.containers.list(filters={"label": f"{PROJECT}={standing.PROJECT}"})
        assert [each.attrs["Config"]["Image"] for each in made] == [f"{name}:4.4.0"] * 2
        assert all(b"Picked up JAVA_TOOL_OPTIONS: -Dtried=a$b" in each.logs() for each in made)
    finally:
        _harness("down")
        docker.images.remove(f"{name}:4.4.0")
