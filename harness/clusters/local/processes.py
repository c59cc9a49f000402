"""What can be done to the nodes' processes, and what those say."""

from __future__ import annotations

import signal
from collections.abc import Mapping

from harness.clusters.local.node import Node

_KILL_S = 20.0


class Processes:
    """``harness.clusters.can.Processes`` of these nodes, by their ids."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes

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

    def ended(self, node: int) -> int | None:
        return self._nodes[node].ended()

    def restart(self, node: int) -> None:
        self._nodes[node].run()


class Logs:
    """``harness.clusters.can.Logs`` of these nodes, by the names of their folders."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes

    def ends(self, most_bytes: int) -> Mapping[str, bytes]:
        return {node.folder.name: node.said(most_bytes) for node in self._nodes.values() if node.log.exists()}
