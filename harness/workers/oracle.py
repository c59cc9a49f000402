"""The harness's side of the oracle, which reads logs back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from harness import roles
from harness.bounds import HELD_UP_S, STARTING_S, reading_s
from harness.janitor import Janitor
from harness.load.shape import Shape
from harness.process import Child, ChildFailed
from harness.security import PLAINTEXT, Security
from harness.topics import Topics


class ScanFailed(Exception):
    """The log could not be read to its end; the message says why."""


class Oracle:
    """A running oracle, gone after its context. One that ended, or did not answer, costs the log that it was to read:
    for the next one another takes its place.
    """

    def __init__(self, log: Path, janitor: Janitor) -> None:
        self._log, self._janitor = log, janitor
        self._child: Child | None = self._start()

    def scan(
        self,
        bootstrap: str,
        topics: Topics,
        ends: Mapping[int, int],
        run_key: int,
        shape: Shape,
        parquet: Path,
        committed: bool = False,
        security: Security = PLAINTEXT,
    ) -> None:
        """Stores every record of the topics below ``ends``, their high watermarks (for ``read_log``).

        If ``committed``, stores those that ``read_committed`` shows below ``ends``, their last stable offsets, with
        which they are stored (for ``read_committed``). Raises ``ScanFailed`` or ``ChildFailed``.
        """
        bound_s = reading_s(sum(ends.values()), shape.mean_bytes)
        command = {
            "do": "scan",
            "bootstrap": bootstrap,
            "security": asdict(security),
            "topics": asdict(topics),
            "ends": ends,
            "run_key": run_key,
            "shape": asdict(shape),
            "isolation": "read_committed" if committed else "read_uncommitted",
            "parquet": str(parquet),
            "timeout_s": bound_s,
        }
        child = self._child = self._child or self._start()
        try:
            said = child.ask(command, "scanned", STARTING_S + bound_s + HELD_UP_S)
        except ChildFailed:
            child.kill()
            self._child = None
            raise
        if said["problem"] is not None:
            raise ScanFailed(said["problem"])

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._child is not None:
            self._child.__exit__(kind, error, at)

    @property
    def pid(self) -> int | None:
        """Of the one that is there."""
        return None if self._child is None else self._child.pid

    def _start(self) -> Child:
        """One that takes commands at once, and has to start before it follows the first."""
        child = roles.start("oracle", {}, self._log)
        self._janitor.process(child.pid)
        return child
