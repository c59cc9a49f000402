"""Connections between nodes: each way from one node to another passes a relay, which can cut it and mend it.

Who connects is known by where: for each node that sends there is a listener of its own at each node that it sends to,
and a relay's address in front of it, so nothing has to be read of what passes::

    with Links({(1, 2): "127.0.0.1:9001", (2, 1): "127.0.0.1:9002"}, log) as links:
        ...                   # node 1 connects to node 2 at links.addresses[1, 2]
        links.cut(1, 2)       # what 1 sends does not arrive at 2, in connections that either of them made
        links.mend()

A cut is what packets that are dropped on their way look like to a process: no byte passes and no connection ends. A
connection that is made meanwhile is taken by the relay and stays silent. What is held goes on when the way is mended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness import roles
from harness.bounds import HELD_UP_S, STARTING_S
from harness.clusters import ClusterFailed
from harness.process import ChildFailed, Message

__all__ = ["Links"]


class Links:
    """A running relay; its process goes with the context. Start it from the main thread.

    ``targets`` has for each pair (from, to) the address that node ``to`` listens at for node ``from``; ``addresses``
    has where ``from`` has to connect instead. Every wait is bounded: methods raise ``ClusterFailed``.
    """

    def __init__(self, targets: Mapping[tuple[int, int], str], log: Path) -> None:
        ways = [{"from": sender, "to": receiver, "address": at} for (sender, receiver), at in targets.items()]
        self._child = roles.start("relay", {"ways": ways}, log)
        try:
            with _failing():
                ready = self._child.wait("ready", STARTING_S)
        except BaseException:
            self._child.kill()
            raise
        self.addresses: Mapping[tuple[int, int], str] = dict(zip(targets, ready["listeners"], strict=True))
        self._failure: str | None = None

    @property
    def pid(self) -> int:
        return self._child.pid

    def cut(self, sender: int, receiver: int) -> None:
        """From now on nothing that ``sender`` sends arrives at ``receiver``."""
        self._ask({"do": "cut", "from": sender, "to": receiver}, "cut")

    def mend(self) -> None:
        """Everything passes again, and what was held goes on."""
        self._ask({"do": "mend"}, "mended")

    def fail_if_dead(self) -> None:
        """Raises ``ClusterFailed`` if its process has ended, or ever cut a way that nobody told it to."""
        for event in self._child.events():
            if event["event"] == "failed" and self._failure is None:
                self._failure = f"from node {event['from']} to node {event['to']}: {event['reason']}"
        with _failing():
            self._child.fail_if_dead()
        if self._failure is not None:
            raise ClusterFailed(f"a relay between the nodes failed {self._failure}")

    def close(self) -> None:
        """Closes every connection and ends the process."""
        self._child.end()

    def __enter__(self) -> Links:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, command: Message, answer: str) -> None:
        with _failing():
            self._child.ask(command, answer, HELD_UP_S)
        self.fail_if_dead()


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """What a relay does not do is the cluster's failure."""
    try:
        yield
    except ChildFailed as failed:
        raise ClusterFailed(f"no relay between the nodes: {failed}") from failed
