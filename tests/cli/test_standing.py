"""A cluster that stays, as a person uses it: one at a time, found again, and gone with all it had."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.clusters import ClusterFailed
from harness.clusters.local import standing
from harness.clusters.local.standing import Standing
from harness.janitor import began


def _up() -> Standing | str:
    try:
        return standing.up("4.4.0", 1, None, "fault")
    except ClusterFailed as refused:
        return str(refused)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state ü, a=b#c"
    monkeypatch.setenv("HARNESS_STATE", str(folder))
    return folder


@pytest.mark.brokers
def test_of_two_that_are_started_at_once_one_stays_until_it_is_stopped(state: Path) -> None:
    left = state / "cluster-1" / "broker-1"  # of one that was killed
    left.mkdir(parents=True)
    try:
        with ThreadPoolExecutor() as two:
            came = [up.result() for up in [two.submit(_up) for _ in range(2)]]
        (up,) = [each for each in came if isinstance(each, Standing)]
        (refused,) = [each for each in came if isinstance(each, str)]
        assert "another harness has a cluster here" in refused or "a cluster is up already" in refused
        assert f"a cluster is up already, at {up.bootstrap}" in str(_up())
        assert not left.exists()
        assert standing.status() == up and not up.silent()
        command = [sys.executable, "-P", "-m", "harness", "cluster", "status"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        assert said == f"Kafka 4.4.0, 1 broker\nbootstrap.servers={up.bootstrap}\n"
    finally:
        assert standing.down()
    assert standing.status() is None and not standing.down()
    assert not list(state.glob("cluster-*"))


def test_a_state_that_nobody_holds_counts_for_nothing(state: Path) -> None:
    state.mkdir()
    mine = {"kafka": "4.4.0", "brokers": 1, "bootstrap": "127.0.0.1:1", "pid": os.getpid(), "began": began(os.getpid())}
    (state / "cluster.json").write_text(json.dumps(mine))
    (state / "cluster.lock").touch()
    assert standing.status() is None and not standing.down()


def test_brokers_that_do_not_answer_are_named() -> None:
    assert Standing("4.4.0", 2, "127.0.0.1:1,127.0.0.1:2", 1, 1).silent() == ["127.0.0.1:1", "127.0.0.1:2"]


def test_whatever_keeps_it_from_starting_is_said(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state.touch()
    with pytest.raises(ClusterFailed, match="FileExistsError"):
        standing.up("4.4.0", 1, None, "fault")
    monkeypatch.setenv("PYTHONHOME", str(state.parent / "nowhere"))
    with pytest.raises(ClusterFailed, match="what was to hold the cluster ended with status 1: "):
        standing.up("4.4.0", 1, None, "fault")
