"""The harness's side of a producer worker: start it, tell it what to send, watch its journal, seal what it leaves."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal import ProducerJournal, seal
from harness.load.spec import Spec
from harness.process import Child, ChildDied, ChildSilent

_READY_S = 30.0


class WorkerFailed(Exception):
    """The worker refused its configuration, died or fell silent; the message says which."""


class Worker:
    """A running producer worker. Ends with ``close`` or ``kill``; ``seal`` then makes its journal Parquet."""

    def __init__(self, spec: Spec, log: Path, janitor: Janitor) -> None:
        self.spec = spec
        self.total = 0
        self.warmup = 0
        self.stopped: str | None = None
        """Why the load stopped short, if it did."""
        self.effective: dict[str, Any] | None = None
        self.version: str | None = None
        self.cpu_s: float | None = None
        self.killed = False
        self.closed_ns: int | None = None
        """When its reports were not waited for any more."""
        self._log, self._janitor = log, janitor
        self._child = Child("harness.load.producer", asdict(spec), log)
        self._journal: ProducerJournal | None = None
        self._sending = False
        janitor.process(self._child.pid)

    def wait_ready(self) -> None:
        """Raises ``WorkerFailed`` when the client refuses its configuration."""
        try:
            said = self._wait("ready", _READY_S)
        except ChildSilent as silent:
            raise WorkerFailed(str(silent)) from silent
        self.effective, self.version = said["effective"], said["version"]
        self._journal = ProducerJournal.open(Path(self.spec.journal))

    def start(
        self, count: int, *, rate: float | None = None, flush_every: int | None = None, seconds: float | None = None
    ) -> None:
        """Starts a segment of the load and returns at once."""
        self._tell({"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds})
        self._sending = True

    def resend(self) -> None:
        """Starts sending again what has no report, and returns at once."""
        self._tell({"do": "resend"})
        self._sending = True

    def finish(self, timeout_s: float) -> int:
        """Waits until the segment is handed over and flushed. Returns how many messages have no report by then.

        Past the bound it returns with what is missing; it raises ``WorkerFailed`` only for a worker that died.
        """
        until = time.monotonic() + timeout_s
        try:
            if self._sending:
                said = self._wait("sent", timeout_s)
                self._sending = False
                self.total, self.stopped = said["total"], said["stopped"] or self.stopped
            left_s = max(0.1, until - time.monotonic())
            self._tell({"do": "flush", "timeout_s": left_s})
            return int(self._wait("flushed", left_s + 5)["unreported"])
        except ChildSilent as silent:
            self.stopped = f"the client hung: {silent}"
            return self._count(Outcome.PENDING)

    def acks(self, first: int | None = None) -> int:
        """How many messages from this sequence on, else those beyond the warm-up, were acked (acks=0: counted as sent)
        by now.
        """
        return self._count(Outcome.ACKED, first) + self._count(Outcome.UNCONFIRMED, first)

    def sent(self) -> int:
        """How many messages were handed to the client by now, warm-up included."""
        return 0 if self._journal is None else self._journal.sent()

    def unconfirmed(self) -> int:
        """How many of them since the warm-up the client merely counts as sent (acks=0)."""
        return self._count(Outcome.UNCONFIRMED)

    def pending(self) -> int:
        """How many of them have no report."""
        return 0 if self._journal is None else self._journal.count(Outcome.PENDING)

    def close(self, timeout_s: float = 5.0) -> None:
        """Ends the worker, in order if it can within the bound."""
        self.closed_ns = self.closed_ns or time.monotonic_ns()
        try:
            self._tell({"do": "close", "timeout_s": timeout_s})
            self.cpu_s = self._wait("closed", timeout_s + 2)["cpu_s"]
        except (ChildSilent, WorkerFailed):
            pass
        self._child.end(2)

    def kill(self) -> None:
        """SIGKILL: the client is gone with all it had in memory; the journal has all that was reported."""
        self.killed = True
        self.closed_ns = self.closed_ns or time.monotonic_ns()
        self._child.kill()

    def pause(self) -> None:
        """SIGSTOP."""
        self._child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self._child.signal(signal.SIGCONT)

    def again(self) -> Worker:
        """A new worker, with a new client, that takes this one's journal over. This one must have been killed."""
        names = self._error_names()
        errors = tuple(names.get(code, f"error {code}") for code in range(1, max(names, default=0) + 1))
        heir = Worker(replace(self.spec, errors=errors), self._log, self._janitor)
        heir.warmup = self.warmup
        return heir

    def seal(self, parquet: Path) -> int:
        """After the worker's end: its journal as Parquet. Returns the messages in it."""
        return seal(
            Path(self.spec.journal),
            parquet,
            producer=self.spec.producer,
            warmup=self.warmup,
            errors=self._error_names(),
            closed_ns=self.closed_ns,
        )

    def _error_names(self) -> dict[int, str]:
        said = {m["code"]: m["name"] for m in self._child.events() if m.get("event") == "error-name"}
        return {**dict(enumerate(self.spec.errors or (), start=1)), **said}

    def _count(self, outcome: Outcome, first: int | None = None) -> int:
        start = self.warmup if first is None else first
        return 0 if self._journal is None else self._journal.count(outcome, start)

    def _tell(self, command: dict[str, Any]) -> None:
        try:
            self._child.send(command)
        except ChildDied as died:
            raise WorkerFailed(str(died)) from died

    def _wait(self, event: str, timeout_s: float) -> dict[str, Any]:
        try:
            return self._child.wait(event, timeout_s)
        except ChildDied as died:
            refusals = [said["reason"] for said in self._child.events() if said.get("event") == "refused"]
            raise WorkerFailed(f"the client refused: {refusals[0]}" if refusals else str(died)) from died
