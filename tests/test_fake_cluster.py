"""The cluster without processes does what one of brokers does, as far as trials see it: both are put to the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.clusters import Cluster, ClusterFailed
from harness.clusters.admin import PartitionView
from harness.clusters.local.cluster import LocalCluster

from .fake_cluster import NOBODY, OF_COORDINATORS, FakeCluster


def _said(cluster: Cluster, topic: str, node: int | None = None) -> PartitionView:
    view = cluster.view(topic, node)
    assert view is not None
    return view.partitions[0]


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until, "it was not seen in time"
        time.sleep(0.02)


@contextmanager
def _topic(cluster: Cluster, name: str) -> Iterator[tuple[str, int, int]]:
    """A topic, its leader and another broker; whole again when it goes."""
    cluster.create_topic(name, 1, 3, {"min.insync.replicas": "1"})
    leader = _said(cluster, name).leader
    yield name, leader, next(node for node in cluster.addresses if node != leader)
    cluster.heal()
    cluster.wait_healthy(name, 45)
    cluster.delete_topic(name)


def _killed(cluster: Cluster) -> None:
    assert cluster.processes is not None
    with _topic(cluster, "killed") as (topic, leader, other):
        epoch = _said(cluster, topic).leader_epoch
        cluster.processes.kill(leader)
        assert cluster.view(topic, leader) is None
        _wait(lambda: _said(cluster, topic, other).leader not in (leader, NOBODY))
        assert _said(cluster, topic, other).leader_epoch > epoch
        assert leader not in _said(cluster, topic, other).isr
        cluster.fail_if_dead()
    assert cluster.ended_unasked() == []


def _frozen(cluster: Cluster) -> None:
    assert cluster.processes is not None
    with _topic(cluster, "frozen") as (topic, leader, other):
        cluster.processes.pause(other)
        _wait(lambda: other not in _said(cluster, topic, leader).isr)
        assert _said(cluster, topic, leader).leader == leader
        with pytest.raises(ClusterFailed, match=r"not healthy within 0\.1 s"):
            cluster.wait_healthy(topic, 0.1)
        cluster.processes.resume(other)
        _wait(lambda: other in _said(cluster, topic, leader).isr)


def _coordinator(cluster: Cluster) -> None:
    """The next one takes over what it led."""
    assert cluster.processes is not None
    for of in OF_COORDINATORS:
        coordinator = cluster.coordinator(of, "somebody")
        assert coordinator == cluster.coordinator(of, "somebody")
        cluster.wait_healthy(OF_COORDINATORS[of], 45)  # the next one comes from those in sync
        cluster.processes.kill(coordinator)
        _wait(lambda: cluster.coordinator(of, "somebody") != coordinator)  # noqa: B023
        cluster.heal()
        cluster.wait_healthy(None, 45)


def _shut_down(cluster: Cluster) -> None:
    assert cluster.processes is not None
    with _topic(cluster, "shut-down") as (topic, leader, other):
        cluster.processes.shut_down(leader)
        _wait(lambda: cluster.processes is not None and cluster.processes.ended(leader) == 143)
        assert _said(cluster, topic, other).leader not in (leader, NOBODY)
        cluster.processes.restart(leader)


def _last_in_sync(cluster: Cluster) -> None:
    """Nobody leads when it is gone, until one that is behind is made to."""
    assert cluster.processes is not None
    with _topic(cluster, "last") as (topic, leader, other):
        followers = [node for node in cluster.addresses if node != leader]
        for node in followers:
            cluster.processes.pause(node)
        _wait(lambda: _said(cluster, topic, leader).isr == (leader,))
        cluster.processes.kill(leader)
        for node in followers:
            cluster.processes.resume(node)
        _wait(lambda: _said(cluster, topic, other).leader == NOBODY)
        _wait(lambda: cluster.elect_unclean(topic) == "none")
        _wait(lambda: _said(cluster, topic, other).leader in followers)


def _cut_off(cluster: Cluster) -> None:
    """It is deposed, and goes on telling what was."""
    assert cluster.links is not None and cluster.controller is not None
    with _topic(cluster, "cut-off") as (topic, leader, other):
        cluster.links.cut(leader, cluster.controller)
        cluster.links.cut(cluster.controller, leader)
        _wait(lambda: _said(cluster, topic, other).leader not in (leader, NOBODY))
        assert _said(cluster, topic, leader).leader == leader
        cluster.links.mend()
        _wait(lambda: _said(cluster, topic, leader).leader != leader)


@pytest.mark.parametrize("happens", [_killed, _frozen, _shut_down, _last_in_sync, _coordinator])
def test_the_fake_one(happens: Callable[[Cluster], None]) -> None:
    happens(FakeCluster())


@pytest.mark.parametrize(
    "happens",
    [
        _killed,
        _last_in_sync,
        *(pytest.param(each, marks=pytest.mark.long) for each in (_frozen, _shut_down, _coordinator)),
    ],
)
def test_the_real_one(happens: Callable[[Cluster], None], cluster: LocalCluster) -> None:
    try:
        happens(cluster)
    finally:
        cluster.heal()  # the next test's as well


def test_a_fake_one_whose_leader_is_cut_off() -> None:
    _cut_off(FakeCluster())


def test_a_real_one_whose_leader_is_cut_off(relayed: LocalCluster) -> None:
    _cut_off(relayed)
