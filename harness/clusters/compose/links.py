"""The ways between nodes: rules of the packet filter in the containers' own network namespaces.

What one node sends another is dropped where it would arrive, so no connection ends, and what is lost TCP sends again
when the way is mended. A packet has no direction of its own: with what one sends, its acknowledgements of what it
received are dropped too. Rules go with the namespace of a container that ends, and are made anew when it starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

from harness.clusters import ClusterFailed
from harness.clusters.compose.engine import is_on_this_machine
from harness.clusters.compose.node import Node

_CUT_S = 10
_TOOLS = ("nsenter", "iptables")


def lacking() -> str | None:
    """What there is not that takes to cut links, as it goes on after "no links between its nodes that could be cut"."""
    absent = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if os.geteuid():
        return "that takes root here"
    if absent:
        return f"that takes {' and '.join(absent)} here"
    return None if is_on_this_machine() else "that takes an engine on this machine itself"


class Links:
    """``harness.clusters.can.Links`` of these nodes, at these addresses of their network."""

    def __init__(self, nodes: Mapping[int, Node], ips: Mapping[int, str]) -> None:
        self._nodes = nodes
        self._ips = ips
        self._cut: set[tuple[int, int]] = set()

    def cut(self, sender: int, receiver: int) -> None:
        if (sender, receiver) not in self._cut:
            self._cut.add((sender, receiver))
            self._drop("-I", sender, receiver)

    def mend(self) -> None:
        for sender, receiver in sorted(self._cut):
            if self._nodes[receiver].state["Pid"]:  # without a process it has no namespace, and so no rules
                self._drop("-D", sender, receiver)
        self._cut.clear()

    def renew(self, node: int) -> None:
        """The node has a new namespace."""
        for sender, receiver in sorted(self._cut):
            if receiver == node:
                self._drop("-I", sender, receiver)

    def _drop(self, change: str, sender: int, receiver: int) -> None:
        process = self._nodes[receiver].state["Pid"]
        if not process:
            return
        rule = [change, "INPUT", "-s", self._ips[sender], "-j", "DROP"]
        command = ["nsenter", "-t", str(process), "-n", "iptables", "-w", "5", *rule]
        try:
            subprocess.run(command, capture_output=True, timeout=_CUT_S, check=True)
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ClusterFailed(
                f"the way from node {sender} to node {receiver}: {(said or ['no word'])[-1]}"
            ) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ClusterFailed(f"the way from node {sender} to node {receiver}: {error}") from error
