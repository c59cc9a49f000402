"""A Kafka cluster of containers on the Docker engine of this machine: a project of Compose with a name of its own.

Compose brings it up; what is done to it, and what takes it down, is asked of the engine itself. All of it bears labels
that say whose it is: what a harness leaves that was killed together with its janitor, the next one removes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path

from harness import folders
from harness.clusters import ClusterFailed, Progress, Wanted
from harness.clusters.brokers import Brokers
from harness.clusters.compose import command, labels, links, project, record
from harness.clusters.compose.disks import Disks
from harness.clusters.compose.document import Layout, service
from harness.clusters.compose.engine import connect, image, image_name
from harness.clusters.compose.network import Network, addresses, free_subnet
from harness.clusters.compose.node import Node, told
from harness.clusters.compose.processes import Logs, Processes
from harness.clusters.features import switch_off
from harness.clusters.ports import HOST, free_ports
from harness.clusters.profiles import CONTROLLER, PROFILES, new_cluster_id
from harness.janitor import Janitor
from harness.process import python

_START_S = 90.0
_REMOVE_S = 60.0
_TRIES = 3
_LOOK_S = 0.2
_TAKEN = ("address already in use", "port is already allocated", "Pool overlaps")
_ELIGIBLE = "eligible.leader.replicas.version"


class ComposeCluster(Brokers):
    """Starts on construction of its context, is gone after it. Raises ``ClusterFailed`` with one line for a person."""

    def __init__(self, wanted: Wanted, folder: Path, janitor: Janitor, progress: Progress | None = None) -> None:
        self._client = connect()
        project.remove_left(self._client)
        self._image = image(self._client, wanted.kafka, progress)
        self._wanted = wanted
        self._folder = folder
        self._janitor = janitor
        self._ids = list(range(1, wanted.brokers + 1))
        self._nodes: dict[int, Node] = {}
        self._looked_s = 0.0
        super().__init__({})
        self.controller = CONTROLLER
        self.settings = PROFILES[wanted.profile].recorded

    def __enter__(self) -> ComposeCluster:
        for _ in range(_TRIES - 1):
            try:
                return self._start()
            except ClusterFailed as failed:
                # Ports and subnet were free when they were chosen; somebody else may have taken one meanwhile.
                if not any(word in str(failed) for word in _TAKEN):
                    raise
        return self._start()

    def __exit__(self, *_: object) -> None:
        self._stop()

    def fail_if_dead(self) -> None:
        if time.monotonic() - self._looked_s >= _LOOK_S:
            for node in self._nodes.values():
                node.fail_if_dead()
            self._looked_s = time.monotonic()

    def ended_unasked(self) -> list[str]:
        for node in self._nodes.values():
            node.note_end()
        ends = [end for node in self._nodes.values() for end in node.unasked]
        for node in self._nodes.values():
            node.unasked.clear()
        return ends

    def heal(self) -> None:
        if self._links is not None:
            self._links.mend()
        self._network.heal()
        for node in self._nodes.values():
            self._disks.heal(node.id)
            status = node.state["Status"]
            if status == "paused":
                node.resume()
            elif status != "running":
                node.start()

    def _start(self) -> ComposeCluster:
        self._name = f"delivery-harness-{secrets.token_hex(4)}"
        self._undo = self._janitor.undo([*python(project.__name__), self._name], _REMOVE_S)
        self._janitor.folder(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            ports = dict(zip(self._ids, free_ports([0] * len(self._ids)), strict=True))
            self._labels = {labels.OWNER: labels.owner(), labels.FOLDER: str(self._folder)}
            ours = {**self._labels, labels.PROJECT: self._name}
            with told("no network for its nodes"):
                subnet = free_subnet(self._client, f"{self._name}_probe", ours)
            ips = addresses(subnet, [CONTROLLER, *self._ids])
            layout = Layout(
                image=image_name(self._wanted.kafka),
                cluster_id=new_cluster_id(),
                ports=ports,
                profile=self._wanted.profile,
                labels=self._labels,
                subnet=str(subnet),
                ips=ips,
            )
            compose = command.up(self._name, layout, self._folder)
            self._find(ips, ours)
            self.addresses = {id: f"{HOST}:{port}" for id, port in ports.items()}
            self.wait_healthy(None, _START_S)
            if not self._wanted.eligible_leader_replicas:
                self._ask(lambda address: switch_off(address, _ELIGIBLE))
            self.java = record.java(self._nodes[CONTROLLER])
            self.runs_on = record.runs_on(self._client, self._image, compose, ports.values())
        except BaseException:
            self._stop()
            raise
        return self

    def _find(self, ips: Mapping[int, str], ours: Mapping[str, str]) -> None:
        """What Compose has made, and all that can be done to it."""
        with told("what Compose made was not found"):
            made = {
                container.labels["com.docker.compose.service"]: container
                for container in self._client.containers.list(
                    all=True, filters={"label": f"{labels.PROJECT}={self._name}"}
                )
            }
            (network,) = self._client.networks.list(filters={"label": f"{labels.PROJECT}={self._name}"})
        self._nodes = {node: Node(node, service(node), made[service(node)]) for node in (CONTROLLER, *self._ids)}
        self._links = None if links.lacking() else links.Links(self._nodes, ips)
        self._disks = Disks(self._client, self._nodes, ours, self._folder / "disks")
        self._network = Network(network, self._nodes, ips)
        self.links, self.disks, self.network = self._links, self._disks, self._network
        self.processes = Processes(self._nodes, self._started)
        self.logs = Logs(self._nodes)

    def _started(self, node: int) -> None:
        if self._links is not None:
            self._links.renew(node)

    def _stop(self) -> None:
        project.remove(self._client, self._name)
        self._janitor.undone(self._undo)
        folders.remove(self._folder)
