"""The local cluster, on real brokers: it comes up, breaks as told, recovers, and leaves nothing behind."""

import socket
import tempfile
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from harness.clusters import ClusterFailed, admin
from harness.clusters.brokers import Brokers
from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.clusters.profiles import new_cluster_id
from harness.janitor import Janitor

from .test_admin import service


def test_every_broker_itself_knows_a_new_topic(cluster: LocalCluster) -> None:
    cluster.create_topic("known", 2, 3, {"min.insync.replicas": "2"})
    for node in cluster.addresses:
        view = cluster.view("known", node)
        assert view is not None and view.brokers == {1, 2, 3}
        assert len(view.partitions) == 2 and all(partition.healthy for partition in view.partitions.values())
    assert cluster.high_watermarks("known") == cluster.last_stable_offsets("known") == {0: 0, 1: 0}
    cluster.delete_topic("known")
    cluster.delete_topic("known")


def test_what_a_follower_in_sync_lags_behind_is_waited_for(cluster: LocalCluster) -> None:
    """Acked by the leader alone, and above the high watermark: nobody can read it yet."""
    cluster.create_topic("lagging", 1, 3, {})
    view = cluster.view("lagging")
    assert view is not None
    follower = max({2, 3} - {view.partitions[0].leader})  # whom nobody asks while another answers
    cluster.processes.pause(follower)
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "acks": "1", "log_level": 0})
    for _ in range(50):
        producer.produce("lagging", b"")
    assert producer.flush(10) == 0
    assert cluster.high_watermarks("lagging") == {0: 0}
    with pytest.raises(ClusterFailed, match=r"of lagging not all was replicated within 0\.1 s, but for \{0: 50\}"):
        cluster.wait_replicated("lagging", 0.1)
    cluster.processes.resume(follower)
    cluster.wait_replicated("lagging", 20)
    assert cluster.high_watermarks("lagging") == {0: 50}
    cluster.delete_topic("lagging")


def test_what_a_broker_unpacks_goes_with_it(cluster: LocalCluster) -> None:
    """Whoever is killed cannot clean up in a folder that is everybody's."""
    everybodys = Path(tempfile.gettempdir())
    before = {*everybodys.glob("*lz4*")}
    cluster.create_topic("compressed", 1, 1, {"compression.type": "lz4"})
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    producer.produce("compressed", bytes(1_000))
    assert producer.flush(10) == 0
    assert {*everybodys.glob("*lz4*")} == before
    assert [*cluster.folder.glob("*/*lz4*")]
    cluster.delete_topic("compressed")


def test_the_brokers_own_reason_is_given_for_a_topic_they_refuse(cluster: LocalCluster) -> None:
    with pytest.raises(ClusterFailed, match="replication factor"):
        cluster.create_topic("impossible", 1, 5, {})


def test_a_topic_that_is_there_already_is_no_success_unless_an_answer_was_lost(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.create_topic("theirs", 1, 3, {})
    with pytest.raises(ClusterFailed, match="topic theirs: Topic 'theirs' already exists"):
        cluster.create_topic("theirs", 1, 3, {})
    broker = cluster.addresses[1]

    def make_it_and_hang_up(connection: socket.socket, request: bytes) -> None:
        admin.create_topic(broker, "ours", 1, 3, {}, 10)

    with service(make_it_and_hang_up) as forgetful:
        brokers = Brokers({0: forgetful, 1: broker})
        monkeypatch.setattr(brokers, "wait_healthy", lambda *_: None)
        brokers.create_topic("ours", 1, 3, {})
    for name in ("theirs", "ours"):
        cluster.delete_topic(name)


def test_a_killed_leader_is_replaced_and_comes_back(cluster: LocalCluster) -> None:
    cluster.create_topic("killed", 1, 3, {})
    view = cluster.view("killed")
    assert view is not None
    leader = view.partitions[0].leader
    cluster.processes.kill(leader)
    assert cluster.view("killed", leader) is None
    cluster.heal()
    cluster.wait_healthy("killed", 45)
    view = cluster.view("killed", leader)
    assert view is not None and view.partitions[0].leader != leader
    cluster.delete_topic("killed")


def test_a_frozen_broker_is_unhealthy_within_the_bound(cluster: LocalCluster) -> None:
    cluster.processes.pause(2)
    try:
        with pytest.raises(ClusterFailed, match=r"not healthy within 1 s: broker 2 does not answer"):
            cluster.wait_healthy(None, 1)
    finally:
        cluster.processes.resume(2)
    cluster.wait_healthy(None, 30)


def test_it_listens_on_loopback_only(cluster: LocalCluster) -> None:
    for node in cluster.nodes:
        assert node.process is not None
        listening = [c for c in psutil.Process(node.process.pid).net_connections("tcp") if c.status == "LISTEN"]
        assert listening
        assert all(c.laddr.ip in ("127.0.0.1", "::ffff:127.0.0.1") for c in listening), listening


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path, janitor: Janitor) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(ClusterFailed, match=rf"port {port} of 127\.0\.0\.1 is taken"):
            LocalCluster([], tmp_path / "nodes", janitor, brokers=1, first_port=port)
    assert not (tmp_path / "nodes").exists()


@pytest.mark.brokers
def test_a_port_that_somebody_took_meanwhile_is_asked_for_again(tmp_path: Path, janitor: Janitor) -> None:
    cluster = LocalCluster(class_path("4.4.0"), tmp_path / "nodes", janitor, brokers=1)
    host, port = cluster.bootstrap.split(":")
    with socket.create_server((host, int(port))), cluster:
        assert cluster.bootstrap != f"{host}:{port}"
        assert cluster.view("none") is not None
    assert not (tmp_path / "nodes").exists()


@pytest.mark.brokers
def test_brokers_that_do_not_come_up_say_why_and_leave_nothing(tmp_path: Path, janitor: Janitor) -> None:
    jars = [jar for jar in class_path("4.4.0") if "kafka-clients" not in jar.name]
    with pytest.raises(ClusterFailed, match=r"could not be formatted: .*kafka"):
        LocalCluster(jars, tmp_path / "nodes", janitor, brokers=1).start()
    assert not (tmp_path / "nodes").exists()


@pytest.mark.brokers
@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "num.io.threads",
            0,
            "could not be formatted: .*Invalid value 0 for configuration num.io.threads: Value must be",
        ),
        ("metric.reporters", "nowhere.Reporter", "ended with status 1: .*ClassNotFoundException: nowhere.Reporter"),
    ],
)
def test_a_setting_that_is_refused_is_told_in_the_nodes_words(
    key: str, value: str | int, said: str, tmp_path: Path, janitor: Janitor
) -> None:
    with pytest.raises(ClusterFailed, match=f"node (1|1000) {said}"):  # whichever ends first
        LocalCluster(class_path("4.4.0"), tmp_path / "nodes", janitor, brokers=1, properties={key: value}).start()
    assert not (tmp_path / "nodes").exists()


def test_a_cluster_id_is_never_taken_for_an_option() -> None:
    # One in 64 begins with a dash if nothing is done about it: none in 5,000 is no accident.
    assert not any(new_cluster_id().startswith("-") for _ in range(5_000))
