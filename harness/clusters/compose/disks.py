"""What can happen to a node's disk, which is a volume: done in a container of its own that has the volume too.

So it takes no rights on this machine: files of a node that is down are fetched, changed here as on any disk, and put
back with their owners. To fill a disk takes a limit on the process, and so root, here where it runs.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from harness.clusters import ClusterFailed
from harness.clusters.compose.document import DATA
from harness.clusters.compose.engine import is_on_this_machine, told
from harness.clusters.compose.node import Node
from harness.clusters.files import CHECKPOINT, longest_log, lose_directories, lose_unflushed

if TYPE_CHECKING:
    from docker import DockerClient

_LIMITS = "prlimit"
_LIMIT_S = 10
_HELPER_S = 120
"""A helper that nobody ends, ends by itself."""
_Done = TypeVar("_Done")
_Run = Callable[[Sequence[str]], str]


def lacking_to_fill() -> str | None:
    """What there is not that takes to fill a disk, as it goes on after "no disks that could be full"."""
    if os.geteuid():
        return "that takes root here"
    if shutil.which(_LIMITS) is None:
        return f"that takes {_LIMITS} here"
    return None if is_on_this_machine() else "that takes an engine on this machine itself"


class Disks:
    """``harness.clusters.can.Disks`` of these nodes, by their ids. ``labels`` are those of their project."""

    def __init__(
        self, client: DockerClient, nodes: Mapping[int, Node], labels: Mapping[str, str], scratch: Path
    ) -> None:
        self._client = client
        self._nodes = nodes
        self._labels = labels
        self._scratch = scratch
        self._read_only: set[tuple[int, str]] = set()
        self._full: set[int] = set()

    def lose_power(self, node: int, topic: str) -> int:
        return sum(self._change(node, topic, lose_unflushed).values())

    def lose(self, node: int, topic: str) -> list[int]:
        return self._change(node, topic, lose_directories)

    def make_read_only(self, node: int, topic: str) -> None:
        self._read_only.add((node, topic))
        self._run(node, ["chmod", "a-w", f"{DATA}/{topic}-0"])

    def make_writable(self, node: int, topic: str) -> None:
        self._run(node, ["chmod", "u+w", f"{DATA}/{topic}-0"])
        self._read_only.discard((node, topic))

    def fill(self, node: int, topic: str, room_bytes: int) -> int:
        process = self._nodes[node].java
        limit = longest_log(Path(f"/proc/{process}/root{DATA}"), topic) + room_bytes
        self._full.add(node)
        _limit_files(process, str(limit))
        return limit

    def heal(self, node: int) -> None:
        """Undoes what lasts: files can be made and grow again."""
        for own, topic in sorted(self._read_only):
            if own == node:
                with contextlib.suppress(ClusterFailed):  # the topic is gone
                    self.make_writable(node, topic)
        self._read_only = {(own, topic) for own, topic in self._read_only if own != node}
        if node in self._full and self._nodes[node].state["Pid"]:  # what ended took its limit along
            _limit_files(self._nodes[node].java, "unlimited")
        self._full.discard(node)

    def _run(self, node: int, command: Sequence[str]) -> None:
        with self._helper(node) as run:
            run(command)

    def _change(self, node: int, topic: str, change: Callable[[Path, str], _Done]) -> _Done:
        """What ``change`` gives, done to what the node has of the topic, and to its checkpoint to look at."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with self._helper(node) as run, TemporaryDirectory(dir=self._scratch) as folder:
            there = run(["ls", DATA]).split()
            wanted = [name for name in there if name == CHECKPOINT or name.rpartition("-")[0] == topic]
            fetched = [member for name in wanted for member in self._fetch(node, name, Path(folder))]
            done = change(Path(folder), topic)
            run(["rm", "-rf", *(f"{DATA}/{name}" for name in wanted if name != CHECKPOINT)])
            with told(f"node {node}: its files could not be put back"):
                self._nodes[node].container.put_archive(DATA, _packed(fetched, Path(folder)))
        return done

    def _fetch(self, node: int, name: str, folder: Path) -> list[tarfile.TarInfo]:
        with told(f"node {node}: {name} could not be fetched"):
            stream, _ = self._nodes[node].container.get_archive(f"{DATA}/{name}")
            packed = io.BytesIO(b"".join(stream))
        with tarfile.open(fileobj=packed) as tar:
            members = tar.getmembers()
            for member in members:
                path = folder / PurePosixPath(member.name)
                if member.isdir():
                    path.mkdir()
                elif (content := tar.extractfile(member)) is not None:
                    path.write_bytes(content.read())
        return members

    @contextlib.contextmanager
    def _helper(self, node: int) -> Iterator[_Run]:
        """Runs commands as root in a container that has the node's volume, and gives what they say."""
        own = self._nodes[node].container

        def run(command: Sequence[str]) -> str:
            with told(f"node {node}: {command[0]}"):
                status, said = container.exec_run(list(command), user="0")
            if status:
                raise ClusterFailed(f"node {node}: {command[0]}: {said.decode('utf-8', 'replace').strip()}")
            return str(said.decode("utf-8", "replace"))

        with told(f"node {node}: no container that has its disk"):
            container: Any = self._client.containers.run(
                own.image,
                entrypoint=["sleep", str(_HELPER_S)],
                command=[],
                user="0",
                detach=True,
                init=True,
                volumes_from=[own.id],
                network_mode="none",
                labels=dict(self._labels),
            )
        try:
            yield run
        finally:
            with told(f"node {node}: the container that has its disk could not be removed"):
                container.remove(force=True)


def _limit_files(process: int, limit: str) -> None:
    """As the user whose process it is, who may: root may not everywhere."""
    whose = psutil.Process(process)
    command = [_LIMITS, "--pid", str(process), f"--fsize={limit}:"]
    try:
        subprocess.run(
            command,
            user=whose.uids().real,
            group=whose.gids().real,
            extra_groups=[],
            capture_output=True,
            timeout=_LIMIT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ClusterFailed(f"the files of process {process} could not be limited: {error}") from error


def _packed(members: Sequence[tarfile.TarInfo], folder: Path) -> bytes:
    """Those of the members that are there still, as they are now and owned as they were."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member in members:
            path = folder / PurePosixPath(member.name)
            if member.isdir() and path.is_dir():
                tar.addfile(member)
            elif path.is_file() and path.name != CHECKPOINT:
                member.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(member, content)
    return packed.getvalue()
