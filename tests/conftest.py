"""One real cluster for the whole session: starting brokers costs ten seconds, a topic costs a tenth of one."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.janitor import Janitor
from harness.trial import Venue
from harness.workers.forkserver import Forkservers
from harness.workers.oracle import Oracle

# How long an example takes is the machine's to say, not a property of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


_CLUSTERS = {"cluster", "relayed", "lone", "containers"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is given a cluster is of ``brokers``; a test that starts one by itself says so by itself."""
    for item in items:
        if isinstance(item, pytest.Function) and not _CLUSTERS.isdisjoint(item.fixturenames):
            item.add_marker("brokers")
            if _is_tried_with_its_twin(item):
                item.add_marker("long")


def _is_tried_with_its_twin(item: pytest.Function) -> bool:
    """Under a fault or on a secured line these are what confluent-kafka is, which is tried there each time."""
    client = item.callspec.params.get("client") if hasattr(item, "callspec") else None
    return client in ("confluent-kafka-aio", "librdkafka") and item.path.parent.name in ("faults", "security")


@pytest.fixture(scope="session")
def janitor() -> Iterator[Janitor]:
    janitor = Janitor()
    yield janitor
    janitor.close()


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens: the port is held, so that nobody else can start to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield "{}:{}".format(*held.getsockname())


@pytest.fixture(scope="session")
def cluster(janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Three brokers and a controller with the fault profile, healthy whenever a test gets them."""
    folder = tmp_path_factory.mktemp("cluster") / "nodes"
    with LocalCluster(class_path("4.4.0"), folder, janitor) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def relayed(janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """The same with relays between the nodes, for the one file that needs it."""
    folder = tmp_path_factory.mktemp("relayed") / "nodes"
    with LocalCluster(class_path("4.4.0"), folder, janitor, relays=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def lone(janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """One broker and its controller."""
    folder = tmp_path_factory.mktemp("lone") / "nodes"
    with LocalCluster(class_path("4.4.0"), folder, janitor, brokers=1) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def venue(cluster: LocalCluster, janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """Everything a trial needs, on the session's cluster."""
    yield from _venue(cluster, janitor, tmp_path_factory.mktemp("venue"))


@pytest.fixture(scope="module")
def relayed_venue(relayed: LocalCluster, janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """The same on the cluster with relays."""
    yield from _venue(relayed, janitor, tmp_path_factory.mktemp("venue"))


@pytest.fixture(scope="module")
def lone_venue(lone: LocalCluster, janitor: Janitor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """The same on one broker."""
    yield from _venue(lone, janitor, tmp_path_factory.mktemp("venue"))


def _venue(cluster: LocalCluster, janitor: Janitor, folder: Path) -> Iterator[Venue]:
    for name in ("journals", "scratch"):
        (folder / name).mkdir()
    journals, scratch = folder / "journals", folder / "scratch"
    with (
        Oracle(folder / "oracle.log", janitor) as oracle,
        contextlib.closing(Forkservers(scratch, janitor)) as forkservers,
    ):
        yield Venue(cluster, oracle, janitor, journals, scratch, forkservers, run_id="tests")
