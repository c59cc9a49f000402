"""Child processes that never outlive the harness, spoken to in JSON lines.

A child reads one JSON object a line on stdin and writes one a line on stdout. On Linux the kernel kills it when the
harness dies (``PR_SET_PDEATHSIG``, set by ``guard.py`` before it becomes the child); elsewhere end-of-file on stdin
tells it to go. Every wait has a bound and ends early when the child ends.
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
from typing import Any

_GUARD = Path(__file__).with_name("guard.py")
Message = dict[str, Any]


class ChildDied(Exception):
    """The child ended before it had answered; the message has its exit status and the end of its log."""


class ChildSilent(Exception):
    """The child did not answer within the bound."""


def guarded(command: Sequence[str]) -> list[str]:
    """The command line that runs ``command`` so that it dies with this process. Start it from the main thread."""
    return [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), *command]


def python(module: str) -> list[str]:
    """The command line that runs a module of ``harness``. Nothing is imported from the working directory, which is
    anybody's: a stray ``numpy.py`` there is no numpy.
    """
    return [sys.executable, "-P", "-m", module]


class Child:
    """A running module of ``harness`` (``python -m module``), its first line on stdin being ``spec``."""

    def __init__(self, module: str, spec: Mapping[str, Any], log: Path) -> None:
        self.module = module
        self.log = log
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                guarded(python(module)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C is for the harness, which then ends its children in order
            )
        self.pid = self._process.pid
        self._events: queue.Queue[Message | None] = queue.Queue()
        self._kept: list[Message] = []
        self._told = 0
        self._reader = threading.Thread(target=self._read, name=f"read {module}", daemon=True)
        self._reader.start()
        self.send(spec)

    def send(self, message: Mapping[str, Any]) -> None:
        """Hands one message to the child. Raises ``ChildDied`` if it is gone."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._died() from error

    def tell(self, command: Mapping[str, Any]) -> int:
        """Sends a command with an ``id`` of its own, which it returns, for ``wait`` to know the answer by."""
        self._told += 1
        self.send({**command, "id": self._told})
        return self._told

    def ask(self, command: Mapping[str, Any], event: str, timeout_s: float) -> Message:
        """The answer to a command, of this ``event``. Raises as ``wait`` does."""
        return self.wait(event, timeout_s, to=self.tell(command))

    def wait(self, event: str, timeout_s: float, *, to: int | None = None) -> Message:
        """The next message whose ``event`` is this one; others are kept for ``events``. With ``to`` it is the answer to
        the command of this id. What the child says late to another command is an answer to nobody, and is dropped.

        Raises ``ChildSilent`` past the bound and ``ChildDied`` when the child ends first.
        """
        until = time.monotonic() + timeout_s
        while True:
            try:
                message = self._events.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise ChildSilent(f"{self.module} did not say {event!r} within {timeout_s:g} s") from None
            if message is None:
                self._events.put(None)
                raise self._died()
            if message.get("event") == event and message.get("id") == to:
                return message
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

    def end(self, timeout_s: float = 5.0) -> None:
        """Closes the child's stdin, which asks it to go; kills it when it has not gone within the bound."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout_s)
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
        tail = self.log.read_text("utf-8", "replace").strip().splitlines()[-3:]
        return ChildDied(f"{self.module} ended with status {self._process.returncode}: {' | '.join(tail) or 'no word'}")


def messages() -> Iterator[Message]:
    """For a child: what the parent says, one message at a time, until the parent goes."""
    for line in sys.stdin:
        yield json.loads(line)


async def obeyed(commands: Iterator[Message], obey: Callable[[Message], None]) -> None:
    """For a child with an event loop: has each message obeyed there, and returns when the parent goes."""
    import asyncio  # takes longer than all else here, and not every child has a loop

    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        try:
            for command in commands:
                loop.call_soon_threadsafe(obey, command)
        finally:
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, name="commands", daemon=True).start()
    await ended.wait()


def answer(command: Message, event: str, **fields: Any) -> None:
    """For a child: what it says to this command of the parent's, and to no other."""
    say(event, id=command["id"], **fields)


def say(event: str, **fields: Any) -> None:
    """For a child: one message to the parent."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()
