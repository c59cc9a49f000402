"""A Kafka cluster of JVM processes on this machine: a dedicated KRaft controller and N brokers.

The controller is apart so that no fault on brokers can take the quorum. Data lives in one folder that goes with the
cluster; every process dies with the harness (see ``harness.process`` and ``harness.janitor``).
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from harness import folders
from harness.clusters import ClusterFailed, storage
from harness.clusters.archive import Archive
from harness.clusters.brokers import Brokers
from harness.clusters.java import Java, find_java
from harness.clusters.links import Links
from harness.clusters.node import Jvm, Node
from harness.clusters.profiles import PROFILES, Profile, broker_properties, controller_properties
from harness.clusters.wiring import CONTROLLER, wire
from harness.janitor import Janitor

_START_S = 60.0
_KILL_S = 20.0
_TRIES = 3


class _PortLost(ClusterFailed):
    """A node did not start because somebody else had one of its ports."""


class LocalCluster(Brokers):
    """Starts on construction of its context, is gone after it.

    ``first_port`` fixes the brokers' ports (first, first + 1, ...); free ones are taken without it. With ``relays``
    every connection between nodes passes one, so that it can be cut.
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
        relays: bool = False,
    ) -> None:
        self.version = version
        self._features = () if eligible_leader_replicas else ("--feature", "eligible.leader.replicas.version=0")
        self.folder = folder
        self.profile: Profile = PROFILES[profile]
        self.java: Java = find_java()
        self._janitor = janitor
        self._wire = partial(wire, brokers, first_port, relays)
        self._wiring = self._wire()
        super().__init__({id: self._wiring.address(id) for id in self._wiring.brokers})
        self.links: Links | None = None
        """The relays between its nodes, running, if it has them and has been started."""
        jars = _joined(class_path)
        self._archive = Archive.of(self.java, jars)
        jvm = Jvm(self.java.path, jars, self._archive, janitor)
        self.controller = CONTROLLER
        self._nodes = {CONTROLLER: Node(CONTROLLER, folder / "controller", jvm, self.profile.controller_jvm)}
        self._nodes |= {id: Node(id, folder / f"broker-{id}", jvm, self.profile.broker_jvm) for id in self.addresses}

    @property
    def nodes(self) -> list[Node]:
        return list(self._nodes.values())

    def start(self) -> LocalCluster:
        """Formats, starts and waits until every broker itself answers and knows all others.

        Ports are chosen before the nodes take them: where somebody else took one meanwhile, it begins anew with others.
        """
        for _ in range(_TRIES - 1):
            with contextlib.suppress(_PortLost):
                return self._start()
            self._wiring = self._wire()
            self.addresses = {id: self._wiring.address(id) for id in self._wiring.brokers}
        return self._start()

    def stop(self) -> None:
        """Kills every node and removes all data."""
        for node in self.nodes:
            node.kill()
        for node in self.nodes:
            node.reap()
        if self.links is not None:
            self.links.close()
        folders.remove(self.folder)

    def __enter__(self) -> LocalCluster:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fail_if_dead(self) -> None:
        for node in self.nodes:
            node.fail_if_dead()
        if self.links is not None:
            self.links.fail_if_dead()

    def pause(self, node: int) -> None:
        self._nodes[node].freeze()

    def resume(self, node: int) -> None:
        self._nodes[node].signal(signal.SIGCONT)

    def kill(self, node: int) -> None:
        self._nodes[node].signal(signal.SIGKILL)
        self._nodes[node].wait_end(_KILL_S)

    def shut_down(self, node: int) -> None:
        self._nodes[node].signal(signal.SIGTERM)
        self._nodes[node].may_end = True

    def ended_unasked(self) -> list[str]:
        for node in self.nodes:
            node.note_end()
        told = [end for node in self.nodes for end in node.unasked]
        for node in self.nodes:
            node.unasked.clear()
        return told

    def ended(self, node: int) -> int | None:
        return self._nodes[node].ended()

    def restart(self, node: int) -> None:
        self._nodes[node].run()

    def cut(self, sender: int, receiver: int) -> None:
        if self.links is None:
            raise ClusterFailed("this cluster has no relays between its nodes, so that nothing can be cut")
        self.links.cut(sender, receiver)

    def mend(self) -> None:
        if self.links is not None:
            self.links.mend()

    def heal(self) -> None:
        self.mend()
        for node in self.nodes:
            folders.unlock(node.data)
            if node.process is None or node.process.poll() is not None:
                node.run()
            else:
                node.signal(signal.SIGCONT)
                storage.unlimit_files(node.running.pid)

    @property
    def logs(self) -> Mapping[str, Path]:
        """What each node said so far, by the name of its folder."""
        return {node.folder.name: node.log for node in self.nodes}

    def data(self, node: int) -> Path:
        return self._nodes[node].data

    def fill_disk(self, node: int, topic: str, room_bytes: int) -> int:
        return storage.limit_files(self._nodes[node].running.pid, self.data(node), topic, room_bytes)

    def _start(self) -> LocalCluster:
        try:
            self._janitor.folder(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._configure(self._relay())
            self._format()
            for node in self.nodes:
                node.run()
            self.wait_healthy(None, _START_S)
            self._archive.make(self.folder)
        except BaseException as failed:
            lost = isinstance(failed, ClusterFailed) and any(node.lost_a_port for node in self.nodes)
            self.stop()
            if lost:
                raise _PortLost(str(failed)) from failed
            raise
        return self

    def _relay(self) -> Links | None:
        """The relays between the nodes, running, if there are to be any."""
        if self._wiring.targets:
            self.links = Links(self._wiring.targets, self.folder / "relays.log")
            self._janitor.process(self.links.pid)
        return self.links

    def _configure(self, links: Links | None) -> None:
        for node in self.nodes:
            reached = self._wiring.properties(node.id, links.addresses if links else {})
            if node.id == CONTROLLER:
                properties = controller_properties(node.id, reached, self.profile)
            else:
                properties = broker_properties(node.id, reached, len(self.addresses), self.profile)
            node.configure(properties)

    def _format(self) -> None:
        cluster_id = new_cluster_id()
        for node in self.nodes:
            node.format(cluster_id, self._features)
        for node in self.nodes:
            node.wait_formatted()


def _joined(class_path: list[Path]) -> str:
    """The class path as a JVM takes it. Raises ``ClusterFailed`` if it cannot say where the jars are."""
    torn = [jar for jar in class_path if os.pathsep in str(jar)]
    if torn:
        raise ClusterFailed(
            f"{torn[0].parent}: no class path can lead to a folder with {os.pathsep!r} in its name; "
            f"let HARNESS_CACHE name another one"
        )
    return os.pathsep.join(map(str, class_path))


def new_cluster_id() -> str:
    """A random id as Kafka writes them: URL-safe base64, never with a dash in front, which would be an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
