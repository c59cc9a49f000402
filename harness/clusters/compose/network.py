"""The project's network, which nodes can be taken off and put back on."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from harness.clusters.compose.engine import told
from harness.clusters.compose.labels import PROJECT
from harness.clusters.compose.node import Node

if TYPE_CHECKING:
    from docker import DockerClient

_FIRST = 10  # the engine itself takes the lowest


def free_subnet(client: DockerClient, name: str, labels: Mapping[str, str]) -> IPv4Network:
    """One that the engine would give: it gives it, and takes it back. Nodes keep their addresses only in a network
    whose subnet was named.
    """
    with told("no network for the nodes"):
        network = client.networks.create(name, labels=dict(labels))
        try:
            network.reload()
            return IPv4Network(network.attrs["IPAM"]["Config"][0]["Subnet"])
        finally:
            network.remove()


def addresses(subnet: IPv4Network, nodes: list[int]) -> dict[int, str]:
    """One a node."""
    return {node: str(subnet[_FIRST + i]) for i, node in enumerate(nodes)}


class Network:
    """``harness.clusters.can.Network`` of these nodes, by their addresses in their project's only network."""

    def __init__(self, client: DockerClient, project: str, nodes: Mapping[int, Node], ips: Mapping[int, str]) -> None:
        self._client = client
        self._project = project
        self._nodes = nodes
        self._ips = ips
        self._off: set[int] = set()

    def disconnect(self, node: int) -> None:
        self._off.add(node)
        with told(f"node {node} could not be disconnected"):
            self._of_the_project().disconnect(self._nodes[node].container)

    def reconnect(self, node: int) -> None:
        if node in self._off:
            with told(f"node {node} could not be connected again"):
                self._of_the_project().connect(
                    self._nodes[node].container, aliases=[self._nodes[node].name], ipv4_address=self._ips[node]
                )
            self._off.discard(node)

    def heal(self) -> None:
        """Every node is on it again."""
        for node in sorted(self._off):
            self.reconnect(node)

    def _of_the_project(self) -> Any:
        (network,) = self._client.networks.list(filters={"label": f"{PROJECT}={self._project}"})
        return network
