"""One node of a local cluster: its folder, its properties and its JVM, which dies with the harness."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.clusters import ClusterFailed
from harness.clusters.last_words import last_words
from harness.clusters.local.archive import Archive
from harness.clusters.local.java import environment
from harness.janitor import Janitor
from harness.process import guarded

_FORMAT_S = 60.0
_KILL_S = 20.0
_POLL_S = 0.001
_STOP_S = 10.0
_LAST_WORDS_BYTES = 100_000
_TAKEN = "Address already in use"  # the words of the operating system, which Java passes on
_QUIET = ("-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-XX:-UsePerfData")


@dataclass(frozen=True)
class Jvm:
    """How the nodes' JVMs are started."""

    java: Path
    class_path: str
    archive: Archive
    janitor: Janitor = field(repr=False)


@dataclass
class Node:
    """A node, started or not. Every wait is bounded and raises ``ClusterFailed``."""

    id: int
    folder: Path
    jvm: Jvm
    flags: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    may_end: bool = False
    """Its end is awaited or told of, and so no failure, until it is started again."""
    unasked: list[str] = field(default_factory=list)
    """Its ends that nobody had asked for and nobody was told of yet, each with its last words."""

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def running(self) -> subprocess.Popen[bytes]:
        """Its process. Raises ``ClusterFailed`` if it was never started or has been waited for."""
        if self.process is None:
            raise ClusterFailed(f"node {self.id} is not running")
        return self.process

    def configure(self, properties: Mapping[str, str | int]) -> None:
        """Makes its folder, with these and where its data is in its ``server.properties``.

        The folder is the JVM's working directory, and no file here has it in its name: Java reads the properties as
        Latin-1 with escapes, and Kafka takes a comma for the end of a folder's name.
        """
        self.folder.mkdir(parents=True)
        lines = (f"{key}={value}\n" for key, value in {**properties, "log.dirs": self.data.name}.items())
        (self.folder / "server.properties").write_text("".join(lines), "ascii")

    def format(self, cluster_id: str, features: tuple[str, ...]) -> None:
        """Begins to write an empty log directory; ``wait_formatted`` ends it."""
        self._launch("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", "server.properties", *features)

    def wait_formatted(self) -> None:
        try:
            status = self.wait_end(_FORMAT_S)
        except ClusterFailed:
            raise ClusterFailed(f"formatting node {self.id} took longer than {_FORMAT_S:g} s") from None
        if status:
            raise ClusterFailed(f"node {self.id} could not be formatted: {self.last_words()}")
        self.log.unlink()  # from here on it is the node that speaks

    def run(self) -> None:
        """Starts it; on its old disk and ports, if it has run before."""
        self._launch("kafka.Kafka", "server.properties")

    def signal(self, number: signal.Signals) -> None:
        self.note_end()
        self.running.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP; returns once it has stopped or ended, since on a busy machine a broker answers on for a while."""
        self.signal(signal.SIGSTOP)
        until = time.monotonic() + _STOP_S
        while self.running.poll() is None and psutil.Process(self.running.pid).status() != psutil.STATUS_STOPPED:
            if time.monotonic() > until:
                raise ClusterFailed(f"node {self.id} did not stop within {_STOP_S:g} s")
            time.sleep(_POLL_S)

    def wait_end(self, timeout_s: float) -> int:
        """Its exit status, once it has ended."""
        try:
            status = self.running.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ClusterFailed(f"node {self.id} did not end within {timeout_s:g} s") from None
        self.process = None
        return status

    def ended(self) -> int | None:
        """Its exit status if it has ended, without waiting; from now on its end is awaited."""
        self.may_end = True
        return None if self.running.poll() is None else self.wait_end(0)

    def kill(self) -> None:
        """SIGKILL; returns before it has ended. No error when it is gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()

    def reap(self) -> None:
        """Waits for the end of what was killed; what the kernel does not let go is left to it."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_KILL_S)
            self.process = None

    def note_end(self) -> None:
        """Keeps in mind that it has ended, if it has and nobody had asked for that."""
        if self.process is not None and not self.may_end and (status := self.process.poll()) is not None:
            self.unasked.append(f"node {self.id} ended with status {status}, unasked: {self.last_words()}")
            self.may_end = True

    def fail_if_dead(self) -> None:
        """Raises ``ClusterFailed`` if it has ended and nobody waited for that."""
        if self.process is not None and not self.may_end and (status := self.process.poll()) is not None:
            raise ClusterFailed(f"node {self.id} ended with status {status}: {self.last_words()}")

    @property
    def lost_a_port(self) -> bool:
        """Whether it did not start because somebody else had one of its ports."""
        return self.log.exists() and _TAKEN in self.log.read_text("utf-8", "replace")

    def said(self, most_bytes: int) -> bytes:
        """The end of what it has said."""
        if not self.log.exists():
            return b""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - most_bytes))
            return log.read(most_bytes)

    def last_words(self) -> str:
        """The line of its log that says best why it ended."""
        return last_words(self.said(_LAST_WORDS_BYTES))

    def _launch(self, main: str, *arguments: str) -> None:
        self.note_end()
        # There a broker unpacks the libraries of its compression, which it leaves behind when it is killed.
        unpacks = f"-Djava.io.tmpdir={self.folder}"
        options = (*self.flags, *_QUIET, unpacks, *self.jvm.archive.flags())
        command = [str(self.jvm.java), *options, "-cp", self.jvm.class_path, main, *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                guarded(command),
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.may_end = False
        self.jvm.janitor.process(self.process.pid)
