"""What can happen to a node's disk, done to its files where they are."""

from __future__ import annotations

from collections.abc import Mapping

from harness import folders
from harness.clusters.files import limit_files, lose_directories, lose_unflushed, partitions, unlimit_files
from harness.clusters.local.node import Node


class Disks:
    """``harness.clusters.can.Disks`` of these nodes, by their ids."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes

    def lose_power(self, node: int, topic: str) -> int:
        return sum(lose_unflushed(self._nodes[node].data, topic).values())

    def lose(self, node: int, topic: str) -> list[int]:
        return lose_directories(self._nodes[node].data, topic)

    def make_read_only(self, node: int, topic: str) -> None:
        folders.set_read_only(partitions(self._nodes[node].data, topic)[0], read_only=True)

    def make_writable(self, node: int, topic: str) -> None:
        folders.set_read_only(partitions(self._nodes[node].data, topic)[0], read_only=False)

    def fill(self, node: int, topic: str, room_bytes: int) -> int:
        return limit_files(self._nodes[node].running.pid, self._nodes[node].data, topic, room_bytes)

    def heal(self, node: int) -> None:
        """Undoes what lasts: files can be made and grow again."""
        folders.unlock(self._nodes[node].data)
        process = self._nodes[node].process
        if process is not None and process.poll() is None:  # else its id may be another's by now
            unlimit_files(process.pid)
