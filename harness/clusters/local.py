"""A Kafka cluster of JVM processes on this machine: a dedicated KRaft controller and N brokers.

The controller is apart so that no fault on brokers can take the quorum. Data lives in one folder that goes with the
cluster; every process dies with the harness (see ``harness.process`` and ``harness.janitor``).
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.clusters import ClusterFailed, admin, storage
from harness.clusters.java import Java, find_java
from harness.clusters.profiles import PROFILES, Profile, broker_properties, controller_properties
from harness.janitor import Janitor
from harness.process import guarded

CONTROLLER = 1000
_POLL_S = 0.05
_START_S = 60.0
_HIGH_WATERMARK_S = 10.0
_QUIET_S, _QUIET_AT_MOST_S = 0.5, 10.0


@dataclass
class Node:
    """A JVM of the cluster."""

    id: int
    port: int
    folder: Path
    jvm: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    @property
    def data(self) -> Path:
        return self.folder / "data"


class LocalCluster:
    """Starts on construction of its context, is gone after it.

    ``first_port`` fixes the brokers' ports (first, first + 1, ...); free ones are taken without it.
    Raises ``ClusterFailed`` with one line for a person when it does not come up.
    """

    def __init__(
        self,
        version: str,
        class_path: list[Path],
        folder: Path,
        janitor: Janitor,
        *,
        brokers: int = 3,
        profile: str = "fault",
        first_port: int | None = None,
        eligible_leader_replicas: bool = True,
    ) -> None:
        self.version = version
        self._features = () if eligible_leader_replicas else ("--feature", "eligible.leader.replicas.version=0")
        self.folder = folder
        self.profile: Profile = PROFILES[profile]
        self.java: Java = find_java()
        self._class_path = os.pathsep.join(str(jar) for jar in class_path)
        self._janitor = janitor
        ports = _ports(brokers, first_port)
        self._controller = Node(CONTROLLER, ports[0], folder / "controller", self.profile.controller_jvm)
        self._brokers = {
            id: Node(id, port, folder / f"broker-{id}", self.profile.broker_jvm)
            for id, port in enumerate(ports[1:], start=1)
        }
        self.controller = CONTROLLER
        self.addresses: Mapping[int, str] = {id: f"127.0.0.1:{node.port}" for id, node in self._brokers.items()}

    @property
    def bootstrap(self) -> str:
        return ",".join(self.addresses.values())

    @property
    def nodes(self) -> list[Node]:
        return [self._controller, *self._brokers.values()]

    def start(self) -> LocalCluster:
        """Formats, starts and waits until every broker itself answers and knows all others."""
        try:
            self._janitor.folder(self.folder)
            self._configure()
            self._format()
            for node in self.nodes:
                self._run(node)
            self.wait_healthy(None, _START_S)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Kills every node and removes all data."""
        for node in self.nodes:
            if node.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    node.process.kill()
        for node in self.nodes:
            if node.process is not None:
                node.process.wait(20)
            storage.unlock(node.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> LocalCluster:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        self._ask(lambda address: admin.create_topic(address, name, partitions, replication_factor, config, 15))
        self.wait_healthy(name, 20)

    def delete_topic(self, name: str) -> None:
        self._ask(lambda address: admin.delete_topic(address, name, 15))

    def view(self, topic: str, node: int | None = None) -> admin.TopicView | None:
        for id in [node] if node is not None else self.addresses:
            with contextlib.suppress(admin.AdminError):
                return admin.view(self.addresses[id], topic, 1.0)
        return None

    def high_watermarks(self, topic: str) -> dict[int, int]:
        until = time.monotonic() + _HIGH_WATERMARK_S
        while True:
            try:
                return self._high_watermarks_now(topic)
            except admin.AdminError as error:
                # A new leader has none to give until it has heard from its followers (offset_not_available, KIP-207).
                if time.monotonic() > until:
                    raise ClusterFailed(f"no high watermark of {topic}: {error}") from error
            time.sleep(_POLL_S)

    def wait_quiet(self, topic: str) -> None:
        until = time.monotonic() + _QUIET_AT_MOST_S
        size, since = -1, time.monotonic()
        while time.monotonic() - since < _QUIET_S and time.monotonic() < until:
            if (now := sum(self.high_watermarks(topic).values())) != size:
                size, since = now, time.monotonic()
            time.sleep(_POLL_S)

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        until, missing = time.monotonic() + timeout_s, "nothing was asked yet"
        while time.monotonic() < until:
            self._fail_if_dead()
            missing = self._unhealthy(topic)
            if not missing:
                return
            time.sleep(_POLL_S)
        raise ClusterFailed(f"the cluster was not healthy within {timeout_s:g} s: {missing}")

    def pause(self, node: int) -> None:
        self._signal(node, signal.SIGSTOP)

    def resume(self, node: int) -> None:
        self._signal(node, signal.SIGCONT)

    def kill(self, node: int) -> None:
        self._signal(node, signal.SIGKILL)
        self.wait_end(node, 20)

    def shut_down(self, node: int, timeout_s: float) -> None:
        self._signal(node, signal.SIGTERM)
        self.wait_end(node, timeout_s)

    def wait_end(self, node: int, timeout_s: float) -> int:
        try:
            status = self._running(node).wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ClusterFailed(f"node {node} did not end within {timeout_s:g} s") from None
        self._node(node).process = None
        return status

    def restart(self, node: int) -> None:
        self._run(self._node(node))

    def heal(self) -> None:
        """Undoes every fault of nodes and disks: wakes the frozen and restarts the dead."""
        for node in self.nodes:
            storage.unlock(self.data(node.id))
            if node.process is None or node.process.poll() is not None:
                self._run(node)
            else:
                self.resume(node.id)

    def data(self, node: int) -> Path:
        return self._node(node).data

    def fill_disk(self, node: int, room_bytes: int) -> int:
        return storage.limit_files(self._running(node).pid, self.data(node), room_bytes)

    def elect_unclean(self, topic: str) -> str:
        answers: list[str] = []
        self._ask(lambda address: answers.append(admin.elect_unclean(address, topic, 0, 10)))
        return answers[0]

    def _node(self, id: int) -> Node:
        return self._controller if id == CONTROLLER else self._brokers[id]

    def _running(self, node: int) -> subprocess.Popen[bytes]:
        process = self._node(node).process
        if process is None:
            raise ClusterFailed(f"node {node} is not running")
        return process

    def _signal(self, node: int, number: signal.Signals) -> None:
        self._running(node).send_signal(number)

    def _configure(self) -> None:
        for node in self.nodes:
            node.folder.mkdir(parents=True)
            if node is self._controller:
                properties = controller_properties(node.id, node.port, node.folder, self.profile)
            else:
                properties = broker_properties(
                    node.id,
                    node.port,
                    node.folder,
                    f"{CONTROLLER}@127.0.0.1:{self._controller.port}",
                    len(self._brokers),
                    self.profile,
                )
            lines = "".join(f"{key}={value}\n" for key, value in properties.items())
            (node.folder / "server.properties").write_text(lines)

    def _format(self) -> None:
        cluster_id = new_cluster_id()
        for node in self.nodes:
            arguments = ("format", "-t", cluster_id, "-c", "server.properties", *self._features)
            self._launch(node, "kafka.tools.StorageTool", *arguments)
        for node in self.nodes:
            assert node.process is not None
            try:
                status = node.process.wait(_START_S)
            except subprocess.TimeoutExpired:
                raise ClusterFailed(f"formatting node {node.id} took longer than {_START_S:g} s") from None
            if status:
                raise ClusterFailed(f"node {node.id} could not be formatted: {_last_words(node)}")

    def _run(self, node: Node) -> None:
        self._launch(node, "kafka.Kafka", "server.properties")

    def _launch(self, node: Node, main: str, *arguments: str) -> None:
        quiet = ("-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-XX:-UsePerfData")
        command = [str(self.java.path), *node.jvm, *quiet, "-cp", self._class_path, main, *arguments]
        with node.log.open("ab") as log:
            node.process = subprocess.Popen(
                guarded(command),
                cwd=node.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._janitor.process(node.process.pid)

    def _high_watermarks_now(self, topic: str) -> dict[int, int]:
        view = self.view(topic)
        leaders = {number: state.leader for number, state in view.partitions.items()} if view else {}
        if not leaders or not set(leaders.values()) <= self.addresses.keys():
            raise admin.AdminError("no broker answers" if view is None else f"its leaders are {leaders}")
        return {
            number: admin.high_watermark(self.addresses[leader], topic, number) for number, leader in leaders.items()
        }

    def _fail_if_dead(self) -> None:
        for node in self.nodes:
            if node.process is not None and (status := node.process.poll()) is not None:
                raise ClusterFailed(f"node {node.id} ended with status {status}: {_last_words(node)}")

    def _unhealthy(self, topic: str | None) -> str:
        """What is missing to a healthy cluster, by the brokers' own words; empty if nothing is."""
        for id, address in self.addresses.items():
            try:
                view = admin.view(address, topic, 1.0)
            except admin.AdminError as error:
                return f"broker {id} does not answer ({error})"
            if view.brokers != self.addresses.keys():
                return f"broker {id} knows only the brokers {sorted(view.brokers)}"
            if topic is not None and not view.partitions:
                return f"broker {id} does not know the topic {topic}"
            for number, partition in view.partitions.items():
                if not partition.healthy:
                    return (
                        f"broker {id} says that {topic}-{number} has leader {partition.leader} and "
                        f"ISR {list(partition.isr)} of {list(partition.replicas)}"
                    )
        return ""

    def _ask(self, request: Callable[[str], None]) -> None:
        """Any broker will do: they pass it on to the controller."""
        error: Exception | None = None
        for address in self.addresses.values():
            try:
                request(address)
            except admin.AdminError as refused:
                error = refused
            else:
                return
        raise ClusterFailed(str(error))


def new_cluster_id() -> str:
    """A random id as Kafka writes them: URL-safe base64, never with a dash in front, which would be an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def _ports(brokers: int, first_port: int | None) -> list[int]:
    """A port for the controller, then one for each broker; all free a moment ago."""
    wanted = [0] + [0 if first_port is None else first_port + i for i in range(brokers)]
    with contextlib.ExitStack() as stack:
        ports = []
        for port in wanted:
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise ClusterFailed(f"port {port} of 127.0.0.1 is taken ({error.strerror})") from error
            ports.append(probe.getsockname()[1])
    return ports


def _last_words(node: Node) -> str:
    """The line of a node's log that says best why it ended."""
    lines = [line.strip() for line in node.log.read_text(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "Exception" in line or "ERROR" in line or "rror:" in line]
    return (telling or lines or ["it said nothing"])[-1][:300]
