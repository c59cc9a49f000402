"""Child processes that never outlive the harness, spoken to in JSON lines.

A child reads one JSON object a line on stdin and writes one a line on stdout, whatever it is written in
(``docs/workers.md``). On Linux the kernel kills it when the harness dies (``PR_SET_PDEATHSIG``, set by ``guard.py``
before it becomes the child); elsewhere end-of-file on stdin tells it to go. Every wait has a bound, made by who waits
from what is waited for, and ends early when the child ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

_GUARD = Path(__file__).with_name("guard.py")
_LAST_WORDS = 300  # letters
_LEAVES_S = 5.0  # a child whose stdin has ended: it does so at once, but for a busy machine
Message = dict[str, Any]


class ChildFailed(Exception):
    """There is no answer from a child; the message says why."""


class ChildDied(ChildFailed):
    """The child ended before it had answered; the message has its exit status and the end of its log."""


class ChildSilent(ChildFailed):
    """The child did not answer within the bound."""


class ChildRefused(ChildFailed):
    """The child does not follow its spec or a command; the message is its reason."""


def guarded(command: Sequence[str]) -> list[str]:
    """The command line that runs ``command`` so that it dies with this process. Start it from the main thread."""
    return [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), *command]


def python(module: str) -> list[str]:
    """The command line that runs a module of ``harness``. Nothing is imported from the working directory, which is
    anybody's: a stray ``numpy.py`` there is no numpy.
    """
    return [sys.executable, "-P", "-m", module]


class Process(Protocol):
    """A running process, as ``subprocess.Popen`` has it."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    returncode: int | Any
    """None until it was noticed that it has ended."""

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


Launch = Callable[[IO[bytes]], Process]
"""Makes a process, with pipes to its stdin and from its stdout, and with this for its stderr."""


def spawned(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Launch:
    """A command of its own; its environment is this process's unless it is given one."""

    def launch(stderr: IO[bytes]) -> Process:
        return subprocess.Popen(
            guarded(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the harness, which then ends its children in order
        )

    return launch


class Child:
    """A running process in this ``role``, its first line on stdin being ``spec``."""

    def __init__(self, role: str, launch: Launch, spec: Mapping[str, Any], log: Path) -> None:
        self.role = role
        self.log = log
        with log.open("ab") as stderr:
            self._process = launch(stderr)
        self.pid = self._process.pid
        self._events: queue.Queue[Message | None] = queue.Queue()
        self._kept: list[Message] = []
        self._answers: list[Message] = []
        """Those that came before anybody waited for them."""
        self._told = 0
        self._reader = threading.Thread(target=self._read, name=f"read {role}", daemon=True)
        self._reader.start()
        self._send(spec)

    def tell(self, command: Mapping[str, Any]) -> int:
        """Sends a command with an ``id`` of its own, which it returns, for ``wait`` to know the answer by. Raises
        ``ChildDied`` if the child is gone.
        """
        self._told += 1
        self._send({**command, "id": self._told})
        return self._told

    def ask(self, command: Mapping[str, Any], event: str, within_s: float) -> Message:
        """The answer to a command, of this ``event``. Raises as ``wait`` does."""
        return self.wait(event, within_s, to=self.tell(command))

    def wait(self, event: str, within_s: float, *, to: int | None = None) -> Message:
        """The next message whose ``event`` is this one; others are kept for ``events``. With ``to`` it is the answer to
        the command of this id, else one that has none, as what it says of its spec. What the child says late to another
        command is an answer to nobody, and is dropped.

        Raises ``ChildSilent`` past the bound, ``ChildRefused``, and ``ChildDied`` when the child ends first.
        """
        until = time.monotonic() + within_s
        while True:
            try:
                message = (
                    self._answers.pop(0)
                    if self._answers
                    else self._events.get(timeout=max(0.0, until - time.monotonic()))
                )
            except queue.Empty:
                raise ChildSilent(f"the {self.role} did not say {event!r} within {within_s:g} s") from None
            if message is None:
                self._events.put(None)
                raise self._died()
            if message.get("id") == to and message.get("event") in (event, "refused"):
                if message["event"] == event:
                    return message
                raise ChildRefused(str(message.get("reason")))
            if "id" not in message:
                self._kept.append(message)

    def events(self) -> Iterator[Message]:
        """What has arrived and nobody waited for, once each, without waiting."""
        kept, self._kept = self._kept, []
        yield from kept
        while True:
            try:
                message = self._events.get_nowait()
            except queue.Empty:
                return
            if message is None:
                self._events.put(None)
                return
            if "id" in message:
                self._answers.append(message)
            else:
                yield message

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fail_if_dead(self) -> None:
        """Raises ``ChildDied`` if it has ended."""
        if not self.alive:
            raise self._died()

    def signal(self, number: int) -> None:
        """Sends it a signal; no error when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and reaped; one that the kernel does not let go within 10 s is left to it."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(10)

    def end(self) -> None:
        """Closes the child's stdin, with which it ends; one that does not is killed."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._process.stdin.close()
        try:
            self._process.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join(2)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            self.end()
        else:
            self.kill()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._died() from error

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with contextlib.suppress(ValueError, RecursionError):  # a library's own word, which may be no text
                    if isinstance(message := json.loads(line), dict):
                        self._events.put(message)
        self._events.put(None)

    def _died(self) -> ChildDied:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        tail = " | ".join(self.log.read_text("utf-8", "replace").strip().splitlines()[-3:])
        said = tail if len(tail) <= _LAST_WORDS else f"...{tail[-_LAST_WORDS:]}"
        return ChildDied(f"the {self.role} ended with status {self._process.returncode}: {said or 'no word'}")
