"""A Kafka cluster of JVM processes on this machine: a dedicated KRaft controller and N brokers.

The controller is apart so that no fault on brokers can take the quorum. Data lives in one folder that goes with the
cluster; every process dies with the harness (see ``harness.process`` and ``harness.janitor``).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from harness import folders
from harness.clusters import ClusterFailed
from harness.clusters.brokers import Brokers
from harness.clusters.local.archive import Archive
from harness.clusters.local.disks import Disks
from harness.clusters.local.java import find_java
from harness.clusters.local.links import Links
from harness.clusters.local.node import Jvm, Node
from harness.clusters.local.processes import Logs, Processes
from harness.clusters.local.wiring import wire
from harness.clusters.ports import HOST
from harness.clusters.profiles import (
    CONTROLLER,
    PROFILES,
    Properties,
    broker_properties,
    controller_properties,
    new_cluster_id,
)
from harness.janitor import Janitor

_START_S = 60.0
_TRIES = 3


class _PortLost(ClusterFailed):
    """A node did not start because somebody else had one of its ports."""


class LocalCluster(Brokers):
    """Starts on construction of its context, is gone after it.

    ``first_port`` fixes the brokers' ports (first, first + 1, ...); free ones are taken without it. With ``relays``
    every connection between nodes passes one, so that it can be cut. ``listeners`` are more of them for clients, each
    with its ``security.protocol``, and ``properties`` are more of every node's, as those need them.
    Raises ``ClusterFailed`` with one line for a person when it does not come up.
    """

    def __init__(
        self,
        class_path: list[Path],
        folder: Path,
        janitor: Janitor,
        *,
        brokers: int = 3,
        profile: str = "fault",
        first_port: int | None = None,
        eligible_leader_replicas: bool = True,
        relays: bool = False,
        listeners: Mapping[str, str] | None = None,
        properties: Properties | None = None,
    ) -> None:
        self.folder = folder
        self._features = () if eligible_leader_replicas else ("--feature", "eligible.leader.replicas.version=0")
        self._profile = PROFILES[profile]
        self._java = find_java()
        self._janitor = janitor
        self._wire = partial(wire, brokers, first_port, relays, listeners)
        self._more = properties or {}
        self._wiring = self._wire()
        super().__init__({id: self._wiring.address(id) for id in self._wiring.brokers})
        self.links: Links | None = None
        """The relays between its nodes, running, if it has them and has been started."""
        jars = _joined(class_path)
        self._archive = Archive.of(self._java, jars)
        jvm = Jvm(self._java.path, jars, self._archive, janitor)
        self.controller: int = CONTROLLER
        self._nodes = {CONTROLLER: Node(CONTROLLER, folder / "controller", jvm, self._profile.controller_jvm)}
        self._nodes |= {id: Node(id, folder / f"broker-{id}", jvm, self._profile.broker_jvm) for id in self.addresses}
        self.processes: Processes = Processes(self._nodes)
        self.disks: Disks = Disks(self._nodes)
        self.logs: Logs = Logs(self._nodes)
        self.java: str = self._java.description
        self.settings = self._profile.recorded

    def listening(self, name: str) -> dict[int, str]:
        """The brokers' addresses of one of its ``listeners``."""
        return {node: f"{HOST}:{port}" for (node, its), port in self._wiring.besides.items() if its == name}

    @property
    def pids(self) -> Mapping[int, int]:
        return {id: node.process.pid for id, node in self._nodes.items() if node.process is not None}

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

    def ended_unasked(self) -> list[str]:
        for node in self.nodes:
            node.note_end()
        told = [end for node in self.nodes for end in node.unasked]
        for node in self.nodes:
            node.unasked.clear()
        return told

    def heal(self) -> None:
        if self.links is not None:
            self.links.mend()
        for node in self.nodes:
            self.disks.heal(node.id)
            if node.process is None or node.process.poll() is not None:
                node.run()
            else:
                self.processes.resume(node.id)

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
                properties = controller_properties(node.id, reached, self._profile)
            else:
                properties = broker_properties(node.id, reached, len(self.addresses), self._profile)
            node.configure(properties | self._more)

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
