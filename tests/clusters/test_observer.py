"""Who leads and who is in sync, as it is seen while a broker is frozen: the one that is asked, if need be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from harness.clusters.admin import PartitionView
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.observer import Observer, changes, stale
from harness.topics import Topics


def test_a_frozen_broker_is_seen_to_leave_and_to_come_back_whoever_is_asked(cluster: LocalCluster) -> None:
    for frozen in (1, 2):  # the observer asks broker 1 first
        topic = f"observed-{frozen}"
        cluster.create_topic(topic, 1, 3, {})
        with Observer(cluster, Topics((topic,), 1)) as observer:
            cluster.processes.pause(frozen)
            try:
                _wait(lambda: any(frozen not in isr for isr in _in_sync(observer)))  # noqa: B023
            finally:
                cluster.processes.resume(frozen)
            _wait(lambda: _in_sync(observer)[-1] == [1, 2, 3])
        assert _in_sync(observer)[0] == [1, 2, 3]
        epochs = [int(str(event.detail["epoch"])) for event in observer.events if event.what == "leader"]
        assert epochs == sorted(set(epochs))
        cluster.delete_topic(topic)


def _view(leader: int, epoch: int, *isr: int) -> PartitionView:
    return PartitionView(leader, epoch, (1, 2, 3), isr)


def test_a_broker_that_woke_up_just_now_is_believed_only_of_a_newer_epoch() -> None:
    seen = _view(1, 4, 1)
    asleep_so_far = _view(1, 4, 1, 2, 3)
    assert stale(seen, asleep_so_far, caught_up=False)
    assert not stale(seen, asleep_so_far, caught_up=True)  # they are in sync again
    assert not stale(seen, _view(2, 5, 2), caught_up=False)
    assert stale(seen, _view(3, 3, 1, 2, 3), caught_up=True)
    assert not stale(None, seen, caught_up=False)


def test_only_what_is_new_is_an_event() -> None:
    def named(seen: PartitionView | None, view: PartitionView) -> list[str]:
        return [event.what for event in changes(2, seen, view, 7)]

    assert named(None, _view(1, 0, 1, 2)) == ["leader", "isr"]
    assert named(_view(1, 0, 1, 2), _view(1, 0, 2, 1)) == []
    assert named(_view(1, 0, 1, 2), _view(1, 0, 1)) == ["isr"]
    assert named(_view(1, 0, 1, 2), _view(1, 1, 1, 2)) == ["leader"]
    (gone,) = changes(2, _view(1, 0, 1), _view(-1, 1, 1), 7)
    assert (gone.at_ns, gone.detail) == (7, {"partition": 2, "leader": -1, "epoch": 1})


def test_what_does_not_change_is_said_once_of_every_partition(cluster: LocalCluster) -> None:
    cluster.create_topic("calm", 3, 3, {})
    view = cluster.view("calm")
    assert view is not None
    with Observer(cluster, Topics(("calm",), 3)) as observer:
        _wait(lambda: bool(observer.events))
        time.sleep(0.3)
    assert sorted(view.partitions) == [0, 1, 2]
    assert sorted((event.detail["partition"], event.what, event.detail) for event in observer.events) == [
        each
        for number, seen in sorted(view.partitions.items())
        for each in (
            (number, "isr", {"partition": number, "isr": [1, 2, 3], "leader": seen.leader}),
            (number, "leader", {"partition": number, "leader": seen.leader, "epoch": seen.leader_epoch}),
        )
    ]
    cluster.delete_topic("calm")


def _in_sync(observer: Observer) -> list[list[int]]:
    return [cast(list[int], event.detail["isr"]) for event in observer.events if event.what == "isr"]


def _wait(done: Callable[[], bool], timeout_s: float = 20) -> None:
    until = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < until, "it was not seen in time"
        time.sleep(0.02)


def test_a_failover_is_seen_though_the_broker_that_is_asked_is_cut_off(relayed: LocalCluster) -> None:
    asked = min(relayed.addresses)
    topic = _led_by(asked, relayed)
    with Observer(relayed, Topics((topic,), 1)) as observer:
        _wait(lambda: bool(observer.events))
        assert relayed.links is not None
        relayed.links.cut(asked, relayed.controller)
        relayed.links.cut(relayed.controller, asked)
        try:
            _wait(lambda: any(asked not in isr for isr in _in_sync(observer)))
            view = relayed.view(topic, asked)
            assert view is not None and view.partitions[0].leader == asked, "it knows nothing of that"
        finally:
            relayed.heal()
    relayed.wait_healthy(topic, 45)
    relayed.delete_topic(topic)


def _led_by(node: int, cluster: LocalCluster) -> str:
    """A new topic that this node leads: who does is chance."""
    for number in range(50):
        topic = f"led-{number}"
        cluster.create_topic(topic, 1, 3, {})
        view = cluster.view(topic)
        if view is not None and view.partitions[0].leader == node:
            return topic
        cluster.delete_topic(topic)
    raise AssertionError(f"none of 50 topics was led by {node}")
