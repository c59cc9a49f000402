"""The cache: where it is, and that nothing stays in it but what is whole."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from harness.cache import cache_folder
from harness.clusters import ClusterFailed
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path, ensure
from harness.clusters.local.java import environment, find_java
from harness.janitor import Janitor

pytestmark = pytest.mark.brokers


def test_a_relative_cache_and_java_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jdk").symlink_to(find_java().path.parent.parent)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAVA_HOME", "./jdk")
    monkeypatch.setenv("HARNESS_CACHE", "cache")
    java, cache = find_java(), cache_folder()
    assert (java.path, cache) == (tmp_path / "jdk/bin/java", tmp_path / "cache")


def test_what_a_killed_run_left_goes_and_what_is_being_fetched_stays(tmp_path: Path) -> None:
    for name in (".fetch-left", ".fetch-at-work"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.jar").touch()
    long_ago = time.time() - 10 * 24 * 3600
    os.utime(tmp_path / ".fetch-left", (long_ago, long_ago))
    ensure([], cache=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".fetch-at-work"]


def test_a_cache_that_no_class_path_can_lead_to_is_said(tmp_path: Path, janitor: Janitor) -> None:
    with pytest.raises(ClusterFailed, match="a:b: no class path can lead to a folder with ':' in its name"):
        LocalCluster([tmp_path / "a:b" / "x.jar"], tmp_path / "nodes", janitor)


def test_a_jvm_finds_its_folder_whatever_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    folder = tmp_path / "res ü"
    folder.mkdir()
    properties = "process.roles=controller\nnode.id=1\ncontroller.listener.names=C\nlisteners=C://127.0.0.1:1\n"
    properties += "listener.security.protocol.map=C:PLAINTEXT\ncontroller.quorum.voters=1@127.0.0.1:1\nlog.dirs=data\n"
    (folder / "server.properties").write_text(properties)
    jars = ":".join(map(str, class_path("4.4.0")))
    command = [str(find_java().path), "-cp", jars, "kafka.tools.StorageTool", "format", "-c", "server.properties"]
    done = subprocess.run([*command, "-t", "A" * 22], cwd=folder, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done
    assert (folder / "data" / "meta.properties").exists()
