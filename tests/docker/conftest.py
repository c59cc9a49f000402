"""A real engine for the whole session: where there is none these tests are skipped, unless HARNESS_DOCKER=required."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from harness.clusters import ClusterFailed, Wanted
from harness.clusters.compose import COMPOSE, command, engine
from harness.clusters.compose.cluster import ComposeCluster
from harness.janitor import Janitor

OLDEST, KAFKA = COMPOSE.versions()[0], "4.4.0"
WANTED = Wanted(KAFKA, 3, "fault", eligible_leader_replicas=True, links=True, warm=False)


@pytest.fixture(scope="session")
def docker() -> Any:
    """The engine, with the images on it and Compose beside it."""
    try:
        client = engine.connect()
        command.find()
        for version in (OLDEST, KAFKA):
            engine.image(client, version)
    except ClusterFailed as lacking:
        if os.environ.get("HARNESS_DOCKER") == "required":
            pytest.fail(str(lacking))
        pytest.skip(f"no containers here: {lacking}")
    return client


@pytest.fixture(scope="module")
def containers(docker: Any, janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeCluster]:
    """Three brokers and a controller in containers, with the fault profile."""
    with ComposeCluster(WANTED, tmp_path_factory.mktemp("compose") / "cluster", janitor) as cluster:
        yield cluster
