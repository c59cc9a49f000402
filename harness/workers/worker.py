"""The harness's side of a producer worker: start it, tell it what to send, watch its journal, seal what it leaves."""

from __future__ import annotations

import contextlib
import platform
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness import roles
from harness.bounds import HELD_UP_S, STARTING_S, Bounds
from harness.clients.named import another
from harness.events import CLIENT_DIED, GAVE_UP, TransactionPoint
from harness.janitor import Janitor
from harness.journal.sealed import seal
from harness.load.spec import Spec
from harness.process import ChildDied, ChildFailed, ChildRefused, ChildSilent, Message
from harness.workers.movement import Hang, Movement
from harness.workers.progress import Progress

_LATE_S = 2.0  # behind a client that was closed within its bound
_LOOK_S = 0.5  # how often it is looked whether anything moves


class WorkerFailed(Exception):
    """The worker refused its configuration, died or fell silent; the message says which."""


class Worker:
    """A running producer worker. Ends with ``close`` or ``kill``; ``seal`` then makes its journal Parquet."""

    def __init__(self, spec: Spec, log: Path, janitor: Janitor, start: roles.Start = roles.start) -> None:
        self.spec = spec
        self.total = 0
        self.warmup = 0
        self.stopped: str | None = None
        """Why the load stopped short, if it did."""
        self.hung: Hang | None = None
        """If it did because nothing moved any more, or if some of it has no report."""
        self.effective: dict[str, Any] | None = None
        self.version: str | None = None
        self.most_waiting_bytes: int | None = None
        self.cpu_s: float | None = None
        self.killed = False
        self.fenced_ns: int | None = None
        """Since when another with its ``transactional.id`` is there, if one is."""
        self.closed_ns: int | None = None
        """When its reports were not waited for any more; None if it did not answer: it may not have listened either."""
        self.progress = Progress(Path(spec.journal), transactional=spec.transactions is not None)
        self._log, self._janitor = log, janitor
        self._child = start(roles.producing(spec.client), asdict(spec), log)
        self._segment: tuple[int, Bounds] | None = None
        self._said: list[Message] = []
        self._stops = 0
        self._closing: int | None = None
        janitor.process(self._child.pid)

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_ready(self) -> None:
        """Raises ``WorkerFailed`` when the client refuses its configuration."""
        try:
            said = self._wait("ready", STARTING_S + (self.spec.transactions.init_s if self.spec.transactions else 0))
        except ChildSilent as silent:
            raise WorkerFailed(str(silent)) from silent
        except ChildRefused as refused:
            raise WorkerFailed(f"the client refused: {refused}") from refused
        self.effective, self.version = said["effective"], said["version"]
        if (problem := another(roles.driven(asdict(self.spec)), said["version"])) is not None:
            raise WorkerFailed(problem)
        self.most_waiting_bytes = said["most_waiting_bytes"]
        self.progress.open()

    def start(
        self,
        count: int,
        bounds: Bounds,
        *,
        rate: float | None = None,
        flush_every: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Starts a segment of the load and returns at once."""
        command = {"do": "send", "count": count, "rate": rate, "flush_every": flush_every, "seconds": seconds}
        self._start(command, bounds)

    def resend(self, bounds: Bounds) -> None:
        """Starts sending again what has no report, and returns at once."""
        self._start({"do": "resend"}, bounds)

    def stop_at(self, point: TransactionPoint, ordinal: int) -> None:
        """It stops at this point of the so manieth transaction that it begins from now on, from 1."""
        self._stops += 1
        self._tell({"do": "stop", "point": point.value, "transaction": ordinal})

    def stands(self) -> bool:
        """Whether it has come to where it was last told to stop."""
        return len([each for each in self._heard() if each.get("event") == "stopped"]) >= self._stops

    def go_on(self) -> None:
        """It goes on where it stopped."""
        self._tell({"do": "go"})

    def finish(self) -> int:
        """Waits until the segment is handed over and reported, as long as anything moves, when nothing is done to the
        client any more. Returns how many messages have no report by then.

        Where nothing moved for longer than the bounds allow it returns with what is missing, and ``hung`` says so; it
        raises ``WorkerFailed`` only for a worker that died.
        """
        assert self._segment is not None
        sending, bounds = self._segment[0], self._segment[1].undisturbed
        movement = Movement(self.progress.moved, time.monotonic_ns)
        flushing = self._tell({"do": "flush", **_patience(bounds)})
        try:
            said = self._answer("sent", sending, movement, bounds)
            self.total, self.stopped = said["total"], _death(said) or self.stopped
            flushed = self._answer("flushed", flushing, movement, bounds)
            self.stopped = _death(flushed) or self.stopped
            still_s = flushed["still_s"]
        except ChildSilent:
            self.hung = Hang(movement.still_s(), bounds.explained_s, self.progress.pending(), answers=False)
        else:
            if still_s is not None:
                self.hung = Hang(still_s, bounds.explained_s, self.progress.pending(), answers=True)
        return self.progress.pending() if self.hung else 0

    def fail_if_dead(self) -> None:
        """Raises ``WorkerFailed``, with its last words, if it has ended and was not killed."""
        if self.killed:
            return
        try:
            self._child.fail_if_dead()
        except ChildDied as died:
            raise WorkerFailed(str(died)) from died

    def begin_close(self, within_s: float) -> None:
        """Has the worker end, and returns at once; ``close`` waits for it."""
        if self._closing is not None:
            return
        if self.hung is None or self.hung.answers:
            self.closed_ns = self.closed_ns or time.monotonic_ns()
        with contextlib.suppress(ChildFailed, WorkerFailed):
            self._closing = self._tell({"do": "close", "timeout_s": within_s})

    def close(self, within_s: float) -> None:
        """Ends the worker, in order if its client can be closed within the bound."""
        self.begin_close(within_s)
        try:
            self.cpu_s = self._wait("closed", within_s + _LATE_S, self._closing)["cpu_s"]
        except (ChildFailed, WorkerFailed):
            self._child.kill()
        self._child.end()

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

    def successor(self, producer: int) -> Worker:
        """A new worker of its ``transactional.id``, with this number and a journal of its own."""
        return Worker(
            replace(self.spec, producer=producer, journal=f"{self.spec.journal}.{producer}"), self._log, self._janitor
        )

    def seal(self, parquet: Path) -> int:
        """After the worker's end: its journal as Parquet. Returns the messages in it."""
        return seal(
            Path(self.spec.journal),
            parquet,
            warmup=self.warmup,
            errors=self._error_names(),
            host=platform.node(),
            clock_offset_ns=0,
            closed_ns=self.closed_ns,
            fenced_ns=self.fenced_ns,
        )

    def stood_still(self) -> list[tuple[int, int]]:
        """Between which times (CLOCK_MONOTONIC, in ns) its process did not run, as it said itself when it did again."""
        said = (each for each in self._heard() if each.get("event") == "stood-still")
        return [(each["since_ns"], each["until_ns"]) for each in said]

    def given_up(self) -> list[Message]:
        """The calls of its client that did not return: each ``call``, for how many ``seconds``, and until ``at_ns``."""
        return [each for each in self._heard() if each.get("event") == GAVE_UP]

    def transaction_error(self) -> str | None:
        """What its client said instead of ending its last transaction as it was asked to, by its own name."""
        code = self.progress.transaction_error()
        return self._error_names().get(code, f"error {code}") if code else None

    def _error_names(self) -> dict[int, str]:
        said = {each["code"]: each["name"] for each in self._heard() if each.get("event") == "error-name"}
        return {**dict(enumerate(self.spec.errors or (), start=1)), **said}

    def _heard(self) -> list[Message]:
        """All that it has said so far and nobody had asked for."""
        self._said += self._child.events()
        return self._said

    def _start(self, command: Message, bounds: Bounds) -> None:
        assert self.effective is not None, "a load is for a client that is ready"
        self._segment = self._tell({**command, **_patience(bounds)}), bounds

    def _tell(self, command: Message) -> int:
        try:
            return self._child.tell(command)
        except ChildDied as died:
            raise WorkerFailed(str(died)) from died

    def _answer(self, event: str, to: int, movement: Movement, bounds: Bounds) -> Message:
        """Raises ``ChildSilent`` when the worker does not say by itself that nothing moves any more."""
        while True:
            try:
                return self._wait(event, _LOOK_S, to)
            except ChildSilent:
                if movement.still_s() > max(bounds.patience_s, bounds.call_s) + HELD_UP_S:
                    raise

    def _wait(self, event: str, within_s: float, to: int | None = None) -> Message:
        try:
            return self._child.wait(event, within_s, to=to)
        except ChildDied as died:
            raise WorkerFailed(str(died)) from died


def _patience(bounds: Bounds) -> Message:
    return {"patience_s": bounds.patience_s, "call_s": bounds.call_s}


def _death(said: Message) -> str | None:
    died = said.get("died")
    return f"{CLIENT_DIED}: {died}" if died else None
