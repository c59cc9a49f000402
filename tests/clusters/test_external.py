"""Somebody else's cluster: what is made there is removed, what is not as a workload says is refused in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from harness.clusters import ClusterFailed, Wanted
from harness.clusters.external.cluster import ExternalCluster, cannot_run
from harness.clusters.external.keys import External
from harness.clusters.local.cluster import LocalCluster
from harness.events import Verdict
from harness.janitor import Janitor

from ..test_sweep_loop import swept

WANTED = Wanted("4.4.0", 3, "fault", True, links=False, warm=False)


def stated(cluster: LocalCluster, **more: Any) -> External:
    return External(bootstrap=(cluster.addresses[2],), **more)


def names(cluster: LocalCluster) -> set[str]:
    """Of topics and groups that are there, but Kafka's own."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    topics = {name for name in admin.list_topics(timeout=20).topics if not name.startswith("__")}
    return topics | {group.group_id for group in admin.list_consumer_groups(request_timeout=20).result().valid}


def test_it_is_found_by_one_address_and_says_what_it_is(cluster: LocalCluster, janitor: Janitor) -> None:
    with ExternalCluster(WANTED, stated(cluster), janitor) as found:
        assert found.addresses == cluster.addresses and found.prefix == "delivery-harness."
        assert (found.processes, found.links, found.disks, found.logs, found.java) == (None,) * 5
        assert found.settings["features"]["metadata.version"] == 33
        assert found.settings["settings"]["broker.session.timeout.ms"] == "1500"
        assert not any("127.0.0.1" in str(value) for value in found.settings.values())
        assert found.refuses({"transactional": True, "enable.idempotence": True}) is None


@pytest.mark.parametrize(
    ("wanted", "more", "said"),
    [
        ({"brokers": 2}, {}, r"has 3 brokers \(1, 2 and 3\): write cluster.brokers: 3"),
        ({"kafka": "4.3"}, {}, r"is Kafka 4.4 by its features \(metadata.version up to 33\): write kafka: \"4.4\""),
        ({"eligible_leader_replicas": False}, {}, "has eligible leader replicas: write .*: true"),
        ({}, {"nodes": {7: {}}}, "cluster.nodes has 7, and the brokers of .* are 1, 2 and 3"),
        ({}, {"controller": 7}, "cluster.controller is 7, and the controllers of .* are 1000"),
    ],
)
def test_what_is_not_as_it_was_said_is_one_line(
    cluster: LocalCluster, janitor: Janitor, wanted: Mapping[str, Any], more: Mapping[str, Any], said: str
) -> None:
    with (
        pytest.raises(ClusterFailed, match=said),
        ExternalCluster(replace(WANTED, **wanted), stated(cluster, **more), janitor),
    ):
        pass


def test_what_its_apis_do_not_allow_is_said() -> None:
    plain = {"Produce", "Fetch"}
    assert cannot_run({"acks": "all", "enable.idempotence": False}, plain) is None
    assert cannot_run({"enable.idempotence": True}, plain) == "the cluster has no InitProducerId"
    assert cannot_run({"enable.idempotence": True}, plain | {"InitProducerId"}) is None
    transactional = {"enable.idempotence": True, "transactional": True}
    lacking = "the cluster has no AddPartitionsToTxn and EndTxn"
    assert cannot_run(transactional, plain | {"InitProducerId"}) == lacking
    exactly_once = {"processing.guarantee": "exactly-once"}
    assert cannot_run(exactly_once, plain) == (
        "the cluster has no InitProducerId, AddOffsetsToTxn, TxnOffsetCommit and EndTxn"
    )


def test_a_run_on_it_leaves_nothing(cluster: LocalCluster, tmp_path: Path) -> None:
    before = names(cluster)
    done = swept(
        tmp_path / "run",
        cluster={"kind": "external", "bootstrap": list(cluster.addresses.values())[:2], "prefix": "owner-said_"},
        sweep={"client": ["confluent-kafka"]},
        config={"linger.ms": 25},
        faults={"recipes": [{"name": "lose-ack", "messages": 500}, "kill-leader"]},
        pipelines={"guarantees": ["exactly-once"], "mode": "subscribe", "inputs": 200},
    )
    killed, lost, pipeline = done.records  # what is skipped is said first

    assert lost.verdict == Verdict.REPRODUCED, lost.verdict_reason
    assert str(lost.topic).startswith("owner-said_run.")
    assert killed.reason == (
        "kill-leader cannot be done to a cluster of kind external: it has no nodes that could be killed and no nodes "
        "that could be started again"
    )
    assert (pipeline.kind, pipeline.verdict) == ("pipeline", Verdict.KEPT), pipeline.verdict_reason
    assert names(cluster) == before
    assert done.results.run()["profiles"]["theirs"]["settings"]["broker.session.timeout.ms"] == "1500"


def test_what_a_killed_harness_made_is_removed(cluster: LocalCluster, tmp_path: Path) -> None:
    before = names(cluster)
    script = f"""
import sys, time
from harness.clusters import Wanted
from harness.clusters.external.cluster import ExternalCluster
from harness.clusters.external.keys import External
from harness.janitor import Janitor
janitor = Janitor()
with ExternalCluster(Wanted("4.4.0", 3, "fault", True, links=False, warm=False),
                     External(bootstrap=({cluster.addresses[1]!r},)), janitor) as found:
    found.create_topic("delivery-harness.left", 1, 1, {{}})
    print("made", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == b"made\n"
        assert names(cluster) == before | {"delivery-harness.left"}
        os.kill(killed.pid, signal.SIGKILL)
    until = time.monotonic() + 30
    while names(cluster) != before:
        assert time.monotonic() < until, names(cluster) - before
        time.sleep(0.2)


def test_a_topic_that_was_there_stays(cluster: LocalCluster, janitor: Janitor) -> None:
    cluster.create_topic("delivery-harness.theirs", 1, 1, {})
    try:
        found = ExternalCluster(WANTED, stated(cluster), janitor)
        with found, pytest.raises(ClusterFailed, match="already exists"):
            found.create_topic("delivery-harness.theirs", 1, 1, {})
        assert "delivery-harness.theirs" in names(cluster)
    finally:
        cluster.delete_topic("delivery-harness.theirs")
