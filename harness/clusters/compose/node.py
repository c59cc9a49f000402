"""One node: its container, where that is found, and whether it ended by itself."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import psutil

from harness.clusters import ClusterFailed
from harness.clusters.compose import labels
from harness.clusters.compose.document import service
from harness.clusters.compose.engine import told
from harness.clusters.last_words import last_words

if TYPE_CHECKING:
    from docker import DockerClient

_END_S = 20.0
_PAUSE_S = 10.0
_NOT_FROZEN = "unable to freeze"
_POLL_S = 0.02
_LINES = 2_000
_LAST_WORDS_BYTES = 100_000
_Given = ParamSpec("_Given")
_Got = TypeVar("_Got")


def asked(method: Callable[_Given, _Got]) -> Callable[_Given, _Got]:
    """A method of a node that asks the engine."""

    @functools.wraps(method)
    def ask(*args: _Given.args, **kwargs: _Given.kwargs) -> _Got:
        (node,) = args[:1]
        with told(f"node {getattr(node, 'id', '?')}: {method.__name__}"):
            return method(*args, **kwargs)

    return ask


@dataclass
class Node:
    """A node whose container is there, running or not. Every wait is bounded and raises ``ClusterFailed``."""

    id: int
    name: str
    container: Any = field(repr=False)
    """Of the ``docker`` package."""
    may_end: bool = False
    """Its end is awaited or told of, and so no failure, until it is started again."""
    unasked: list[str] = field(default_factory=list)
    """Its ends that nobody had asked for and nobody was told of yet, each with its last words."""

    @property
    @asked
    def state(self) -> dict[str, Any]:
        """What the engine says of it now."""
        self.container.reload()
        state: dict[str, Any] = self.container.attrs["State"]
        return state

    @property
    def java(self) -> int:
        """The id of its JVM's process, on this machine, where the engine is."""
        first = psutil.Process(self.state["Pid"])
        return next((each.pid for each in first.children(recursive=True) if each.name() == "java"), first.pid)

    @asked
    def pause(self) -> None:
        """On a busy machine runc gives up, has thawed what it had frozen, and leaves it to who asked to ask again
        (opencontainers/runc pull request 4388).
        """
        from docker.errors import APIError

        self.note_end()
        until = time.monotonic() + _PAUSE_S
        paused = False
        while not paused:
            try:
                self.container.pause()
                paused = True
            except APIError as error:
                if _NOT_FROZEN not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(_POLL_S)

    @asked
    def resume(self) -> None:
        self.container.unpause()

    @asked
    def kill(self) -> None:
        """SIGKILL, and until it has ended."""
        self.note_end()
        self.may_end = True
        self.container.kill()
        self.wait_end()

    @asked
    def shut_down(self) -> None:
        """SIGTERM."""
        self.note_end()
        self.may_end = True
        self.container.kill(signal="SIGTERM")

    @asked
    def start(self) -> None:
        self.note_end()
        self.container.start()
        self.may_end = False

    def ended(self) -> int | None:
        """Its exit status if it has ended, without waiting; from now on its end is awaited."""
        self.may_end = True
        return self._status()

    def wait_end(self) -> None:
        until = time.monotonic() + _END_S
        while self._status() is None:
            if time.monotonic() > until:
                raise ClusterFailed(f"node {self.id} did not end within {_END_S:g} s")
            time.sleep(_POLL_S)

    def note_end(self) -> None:
        """Keeps in mind that it has ended, if it has and nobody had asked for that."""
        if not self.may_end and (status := self._status()) is not None:
            self.unasked.append(f"node {self.id} ended with status {status}, unasked: {self._last_words()}")
            self.may_end = True

    def fail_if_dead(self) -> None:
        """Raises ``ClusterFailed`` if it has ended and nobody waited for that."""
        if not self.may_end and (status := self._status()) is not None:
            raise ClusterFailed(f"node {self.id} ended with status {status}: {self._last_words()}")

    @asked
    def said(self, most_bytes: int) -> bytes:
        """The end of what it has said."""
        said: bytes = self.container.logs(tail=_LINES)
        return said[-most_bytes:]

    def _status(self) -> int | None:
        state = self.state
        return int(state["ExitCode"]) if state["Status"] in ("exited", "dead") else None

    def _last_words(self) -> str:
        if self.state.get("OOMKilled"):
            return "it took more memory than its container may"
        return last_words(self.said(_LAST_WORDS_BYTES))


def find(client: DockerClient, project: str, nodes: Iterable[int]) -> dict[int, Node]:
    """These nodes of a project, by their ids, as Compose has just made them."""
    only = {"label": f"{labels.PROJECT}={project}"}
    with told("what Compose made was not found"):
        made = {each.labels[labels.SERVICE]: each for each in client.containers.list(all=True, filters=only)}
    return {node: Node(node, service(node), made[service(node)]) for node in nodes}
