"""What can be done to the nodes' containers, and what those say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.clusters.compose.node import Node


class Processes:
    """``harness.clusters.can.Processes`` of these nodes, by their ids. ``started`` is told of each that was."""

    def __init__(self, nodes: Mapping[int, Node], started: Callable[[int], None]) -> None:
        self._nodes = nodes
        self._started = started

    def pause(self, node: int) -> None:
        self._nodes[node].pause()

    def resume(self, node: int) -> None:
        self._nodes[node].resume()

    def kill(self, node: int) -> None:
        self._nodes[node].kill()

    def shut_down(self, node: int) -> None:
        self._nodes[node].shut_down()

    def ended(self, node: int) -> int | None:
        return self._nodes[node].ended()

    def restart(self, node: int) -> None:
        self._nodes[node].start()
        self._started(node)


class Logs:
    """``harness.clusters.can.Logs`` of these nodes, by the names of their containers."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes

    def ends(self, most_bytes: int) -> Mapping[str, bytes]:
        return {node.name: node.said(most_bytes) for node in self._nodes.values()}
