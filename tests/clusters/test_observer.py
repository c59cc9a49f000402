"""Who leads and who is in sync, as it is seen while a broker is frozen: the one that is asked, if need be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from harness.clusters.local import LocalCluster
from harness.clusters.observer import Observer


def test_a_frozen_broker_is_seen_to_leave_and_to_come_back_whoever_is_asked(cluster: LocalCluster) -> None:
    for frozen in (1, 2):  # the observer asks broker 1 first
        topic = f"observed-{frozen}"
        cluster.create_topic(topic, 1, 3, {})
        with Observer(cluster, topic) as observer:
            cluster.pause(frozen)
            try:
                _wait(lambda: any(frozen not in isr for isr in _in_sync(observer)))  # noqa: B023
            finally:
                cluster.resume(frozen)
            _wait(lambda: _in_sync(observer)[-1] == [1, 2, 3])
        assert _in_sync(observer)[0] == [1, 2, 3]
        epochs = [int(str(event.detail["epoch"])) for event in observer.events if event.what == "leader"]
        assert epochs == sorted(set(epochs))
        cluster.delete_topic(topic)


def test_what_does_not_change_is_said_once(cluster: LocalCluster) -> None:
    cluster.create_topic("calm", 1, 3, {})
    view = cluster.view("calm")
    assert view is not None
    with Observer(cluster, "calm") as observer:
        _wait(lambda: bool(observer.events))
        time.sleep(0.3)
    leader = view.partitions[0].leader
    assert [(event.what, event.detail) for event in observer.events] == [
        ("leader", {"leader": leader, "epoch": view.partitions[0].leader_epoch}),
        ("isr", {"isr": [1, 2, 3], "leader": leader}),
    ]
    cluster.delete_topic("calm")


def _in_sync(observer: Observer) -> list[list[int]]:
    return [cast(list[int], event.detail["isr"]) for event in observer.events if event.what == "isr"]


def _wait(done: Callable[[], bool], timeout_s: float = 20) -> None:
    until = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < until, "it was not seen in time"
        time.sleep(0.02)
