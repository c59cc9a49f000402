"""What a node refuses it says itself, and the harness passes that on instead of waiting for the node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.clusters import ClusterFailed, Wanted
from harness.clusters.compose import project, standing
from harness.clusters.compose.cluster import ComposeCluster
from harness.clusters.compose.document import DATA
from harness.clusters.compose.labels import PROJECT
from harness.clusters.profiles import PROFILES
from harness.janitor import Janitor

pytestmark = pytest.mark.brokers
ONE = Wanted("4.4.0", 1, "fault", eligible_leader_replicas=True, links=False, warm=False)
NOT_ITS_OWN = f"touch {DATA}/theirs; chown -R 0:0 {DATA}; chmod 755 {DATA}"
OF_ANOTHER = f"printf 'version=1\\nnode.id=1\\ncluster.id=4L6g3nShT-eMCtK--X86sw\\n' > {DATA}/meta.properties"


@pytest.fixture
def volume(docker: Any) -> Iterator[str]:
    """One that is not the harness's, under the name that a node's has."""
    made = docker.volumes.create(f"{standing.PROJECT}_broker-1")
    yield made.name
    made.remove()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("num.io.threads", 0, "Invalid value 0 for configuration num.io.threads: Value must be at least 1"),
        ("metric.reporters", "nowhere.Reporter", "ClassNotFoundException: nowhere.Reporter"),
    ],
    ids=["as it is set up", "as it starts"],
)
def test_a_setting(
    key: str,
    value: str | int,
    said: str,
    docker: Any,
    janitor: Janitor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = PROFILES["fault"]
    monkeypatch.setitem(PROFILES, "fault", replace(fault, settings={**fault.settings, key: value}))
    cluster = ComposeCluster(ONE, tmp_path / "cluster", janitor)
    with pytest.raises(ClusterFailed, match=rf"node \d+ ended with status 1: .*{said}"), cluster:
        pass
    assert not list(project.things(docker, f"{PROJECT}={cluster.project}"))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (NOT_ITS_OWN, rf"{DATA}/meta.properties.tmp \(Permission denied\)"),
        (OF_ANOTHER, rf"Invalid cluster.id in: {DATA}/meta.properties. Expected .*, but read 4L6g3nShT-eMCtK--X86sw"),
    ],
    ids=["it may not write", "it has another cluster's id"],
)
def test_a_volume(left: str, said: str, docker: Any, volume: str) -> None:
    mounts = {volume: {"bind": DATA}}
    docker.containers.run("apache/kafka:4.4.0", ["bash", "-c", left], user="0", volumes=mounts, remove=True)
    with pytest.raises(ClusterFailed, match=f"node 1 ended with status 1: .*{said}"):
        standing.up("4.4.0", 1, None, "fault")
    assert not list(project.things(docker, f"{PROJECT}={standing.PROJECT}"))
