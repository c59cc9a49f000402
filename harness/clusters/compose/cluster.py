"""A Kafka cluster of containers on the Docker engine of this machine: a project of Compose with a name of its own.

Compose brings it up; what is done to it, and what takes it down, is asked of the engine itself. All of it bears labels
that say whose it is: what a harness leaves that was killed together with its janitor, the next one removes.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from harness import folders
from harness.clusters import ClusterFailed, Progress, Wanted
from harness.clusters.brokers import Brokers
from harness.clusters.compose import command, labels, project, record
from harness.clusters.compose.disks import Disks
from harness.clusters.compose.document import Layout
from harness.clusters.compose.engine import connect, image, image_name
from harness.clusters.compose.links import Links, lacking
from harness.clusters.compose.network import Network, addresses, free_subnet
from harness.clusters.compose.node import Node, find
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
TAKEN = ("address already in use", "port is already allocated", "Pool overlaps")
"""What the engine says where somebody else has what was free when it was chosen."""
_ELIGIBLE = "eligible.leader.replicas.version"


class ComposeCluster(Brokers):
    """Starts on construction of its context, is gone after it. Raises ``ClusterFailed`` with one line for a person."""

    def __init__(self, wanted: Wanted, folder: Path, janitor: Janitor, progress: Progress | None = None) -> None:
        super().__init__({})
        self.client = connect()
        project.remove_left(self.client)
        self._image = image(self.client, wanted.kafka, progress)
        self._wanted = wanted
        self._folder = folder
        self._janitor = janitor
        self.project = f"delivery-harness-{secrets.token_hex(4)}"
        self._labels = {labels.OWNER: labels.owner(), labels.FOLDER: str(folder)}
        self._ours = {**self._labels, labels.PROJECT: self.project}
        self._nodes: dict[int, Node] = {}
        self._ips: dict[int, str] = {}
        self._looked_s = 0.0
        self.controller: int = CONTROLLER
        self.processes: Processes = Processes(self._nodes, self._started)
        self.links: Links | None = None if lacking() else Links(self._nodes, self._ips)
        self.network: Network = Network(self.client, self.project, self._nodes, self._ips)
        self.disks: Disks = Disks(self.client, self._nodes, self._ours, folder / "disks")
        self.logs: Logs = Logs(self._nodes)
        self.settings = PROFILES[wanted.profile].recorded

    def __enter__(self) -> ComposeCluster:
        for _ in range(_TRIES - 1):
            try:
                return self._start()
            except ClusterFailed as failed:
                # Ports and subnet were free when they were chosen; somebody else may have taken one meanwhile.
                if not any(word in str(failed) for word in TAKEN):
                    raise
        return self._start()

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def pids(self) -> Mapping[int, int]:
        found = {}
        for id, node in self._nodes.items():
            with contextlib.suppress(psutil.Error):  # an engine in a machine of its own has other processes
                found[id] = node.java
        return found

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
        if self.links is not None:
            self.links.mend()
        self.network.heal()
        for node in self._nodes.values():
            self.disks.heal(node.id)
            status = node.state["Status"]
            if status == "paused":
                node.resume()
            elif status != "running":
                node.start()

    def _start(self) -> ComposeCluster:
        self._undo = self._janitor.undo([*python(project.__name__), self.project], _REMOVE_S)
        self._janitor.folder(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            layout = self._layout()
            compose = command.up(self.project, layout, self._folder)
            self._nodes.update(find(self.client, self.project, [CONTROLLER, *layout.ports]))
            self.addresses = {id: f"{HOST}:{port}" for id, port in layout.ports.items()}
            self.wait_healthy(None, _START_S)
            if not self._wanted.eligible_leader_replicas:
                self._ask(lambda address: switch_off(address, _ELIGIBLE))
            self.java = record.java(self._nodes[CONTROLLER])
            self.runs_on = record.runs_on(self.client, self._image, compose, layout.ports.values())
        except BaseException:
            self._stop()
            raise
        return self

    def _layout(self) -> Layout:
        """With ports and a subnet that are free now."""
        ids = range(1, self._wanted.brokers + 1)
        subnet = free_subnet(self.client, f"{self.project}_probe", self._ours)
        self._ips.update(addresses(subnet, [CONTROLLER, *ids]))
        return Layout(
            image=image_name(self._wanted.kafka),
            cluster_id=new_cluster_id(),
            ports=dict(zip(ids, free_ports([0] * len(ids)), strict=True)),
            profile=self._wanted.profile,
            labels=self._labels,
            subnet=str(subnet),
            ips=self._ips,
        )

    def _started(self, node: int) -> None:
        if self.links is not None:
            self.links.renew(node)

    def _stop(self) -> None:
        project.remove(self.client, self.project)
        self._janitor.undone(self._undo)
        folders.remove(self._folder)
