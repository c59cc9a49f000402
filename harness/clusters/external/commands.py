"""What can be done to somebody else's nodes: what their owner's commands do. Whatever was begun is undone."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.clusters import ClusterFailed
from harness.clusters.connection import resolved
from harness.clusters.external.keys import Node
from harness.events import COMMAND, FaultEvent
from harness.janitor import Janitor

WITHIN_S = 60.0
"""So long a command may take."""
_GONE_S = 20.0
_CONNECT_S = 1.0
_POLL_S = 0.05
_SAID_BYTES = 300


@dataclass
class Commands:
    """``harness.clusters.can.Processes`` by commands. A node has ended when its address refuses connections."""

    nodes: Mapping[int, Node]
    addresses: Mapping[int, str]
    janitor: Janitor
    events: list[FaultEvent] = field(default_factory=list)
    """What was run, with its end and the end of what it said."""
    _undone_by: dict[tuple[int, str], int] = field(default_factory=dict)
    """The commands that undo what was begun, by node and action, with the janitor's number; the last one last."""

    def pause(self, node: int) -> None:
        self._begin(node, "pause", "resume")

    def resume(self, node: int) -> None:
        self._end(node, "resume")

    def kill(self, node: int) -> None:
        self._begin(node, "kill", "start")
        until = time.monotonic() + _GONE_S
        while self.ended(node) is None:
            if time.monotonic() > until:
                raise ClusterFailed(f"broker {node} takes connections {_GONE_S:g} s after cluster.nodes.{node}.kill")
            time.sleep(_POLL_S)

    def shut_down(self, node: int) -> None:
        self._begin(node, "stop", "start")

    def ended(self, node: int) -> int | None:
        if node not in self.addresses:  # a controller, whose address no broker tells: its owner's word is taken
            return 0
        host, _, port = self.addresses[node].rpartition(":")
        try:
            with socket.create_connection((resolved(host.strip("[]"), _CONNECT_S), int(port)), _CONNECT_S):
                return None
        except TimeoutError:
            return None  # it may be frozen
        except OSError:
            return 0  # which status it was nobody here knows

    def restart(self, node: int) -> None:
        self._end(node, "start")

    def undo(self) -> None:
        """All that was begun, the last first. Raises ``ClusterFailed``, when all was tried, where something was not."""
        failed = []
        for node, action in reversed([*self._undone_by]):
            try:
                self._end(node, action)
            except ClusterFailed as error:
                failed.append(str(error))
        if failed:
            raise ClusterFailed("; ".join(failed))

    def _begin(self, node: int, action: str, opposite: str) -> None:
        if (node, opposite) not in self._undone_by:
            self._undone_by[node, opposite] = self.janitor.undo(self._command(node, opposite), WITHIN_S)
        self._run(node, action)

    def _end(self, node: int, action: str) -> None:
        self._run(node, action)
        if (number := self._undone_by.pop((node, action), None)) is not None:
            self.janitor.undone(number)

    def _command(self, node: int, action: str) -> Sequence[str]:
        command: Sequence[str] | None = getattr(self.nodes[node], action) if node in self.nodes else None
        if command is None:
            raise ClusterFailed(f"there is no cluster.nodes.{node}.{action}")
        return command

    def _run(self, node: int, action: str) -> None:
        """Raises ``ClusterFailed`` for one that cannot be started, does not end, or ends with a status."""
        name, began = f"cluster.nodes.{node}.{action}", time.monotonic()
        # A file takes what it says: whoever it leaves running, as a broker, may hold a pipe open for ever.
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    self._command(node, action),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise ClusterFailed(f"{name} cannot be run: {error.strerror}") from None
            self.janitor.process(process.pid)
            try:
                status: int | None = process.wait(WITHIN_S)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                if process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            words = _last_words(said.read() if said.seek(0) == 0 else b"")
        seconds = round(time.monotonic() - began, 3)
        detail = {"node": node, "action": action, "status": status, "seconds": seconds, "said": words}
        self.events.append(FaultEvent(time.monotonic_ns(), COMMAND, detail))
        if status != 0:
            how = f"did not end within {WITHIN_S:g} s" if status is None else f"ended with status {status}"
            raise ClusterFailed(f"{name} {how}: {words or 'it said nothing'}")


def _last_words(said: bytes) -> str:
    return " | ".join(said[-_SAID_BYTES:].decode("utf-8", "replace").split("\n")).strip(" |")
