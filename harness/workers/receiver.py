"""The harness's side of a consumer worker, which receives a load while it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from harness import roles
from harness.bounds import STARTING_S, reading_s
from harness.janitor import Janitor
from harness.load.spec import Spec

_STILL_S = 5.0


class Receiver:
    """A consumer of what is in the topics of a producer's ``spec``: running within its context, gone after it.

    Every wait is bounded; one that takes too long, or a consumer that ended, raises ``ChildFailed``.
    """

    def __init__(
        self,
        spec: Spec,
        log: Path,
        janitor: Janitor,
        start: roles.Start = roles.start,
        partitions: Sequence[int] | None = None,
    ) -> None:
        """Of all partitions, unless it is told which."""
        self._mean_bytes = spec.shape.mean_bytes
        self._rows = log.with_suffix(".rows")
        consumer = {
            "bootstrap": spec.bootstrap,
            "security": asdict(spec.security),
            "topics": asdict(spec.topics),
            "partitions": list(range(spec.topics.total) if partitions is None else partitions),
            "run_key": spec.run_key,
            "shape": asdict(spec.shape),
            "rows": str(self._rows),
        }
        self._child = start("consumer", consumer, log)
        janitor.process(self._child.pid)

    def stop(self, records: int, parquet: Path) -> None:
        """Lets it receive up to so many, until nothing more arrives for 5 s; then it is all in ``parquet``."""
        command = {"do": "stop", "records": records, "patience_s": _STILL_S, "parquet": str(parquet)}
        self._child.ask(command, "stopped", _STILL_S + reading_s(records, self._mean_bytes))

    def wait_ready(self) -> None:
        """Until it has begun to receive."""
        self._child.wait("ready", STARTING_S)

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._child.__exit__(kind, error, at)
        self._rows.unlink(missing_ok=True)
