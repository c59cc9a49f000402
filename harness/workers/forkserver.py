"""Children that are copies of a process which has loaded what they run on: loading it takes longer than most trials do.

``harness.roles.forkserver`` is that process, one for each role and client. What is copied has run nothing yet, so each
child begins as one that is started anew would. On Linux alone: elsewhere a copy of a process with threads may not run.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from harness import roles
from harness.bounds import STARTING_S
from harness.clients.named import Named
from harness.janitor import Janitor
from harness.process import Child, Process, guarded

_OF_NONE = roles.driven({})
_GONE_S = 10.0


class Gone(Exception):
    """There is no copy to be had of it any more."""


class Copy:
    """A ``harness.process.Process`` that the forkserver has for its child."""

    def __init__(self, pid: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = stdin
        self.stdout: IO[bytes] | None = stdout
        self.returncode: int | None = None
        self._over, self._lock = threading.Event(), threading.Lock()
        # What is signalled by it is this process, or nothing, whoever has the id by then.
        self._handle: int | None = None
        with contextlib.suppress(ProcessLookupError):
            self._handle = os.pidfd_open(pid)

    def ended(self, returncode: int) -> None:
        """Told by who waits for it."""
        with self._lock:
            self.returncode = returncode
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
        self._over.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        with self._lock, contextlib.suppress(ProcessLookupError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forkserver:
    """One of a role and a client. Start it from the main thread; it ends with ``close``, and its children with it."""

    def __init__(self, role: str, client: Named, log: Path, checkout: Path | None = None) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs, log.open("ab") as stderr:
            self._process = subprocess.Popen(
                guarded(roles.forkserver(role, client)),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=roles.environment(role, client, checkout),
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._born: queue.Queue[int | None] = queue.Queue()
        self._ended: dict[int, int] = {}
        self._copies: dict[int, Copy] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name=f"read forkserver {role}", daemon=True)
        self._reader.start()

    def copy(self, stderr: IO[bytes]) -> Process:
        """A child of it, which waits for its spec. Raises ``Gone``."""
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        stdin, stdout = os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb")
        try:
            socket.send_fds(self._socket, [b"f"], [theirs_in, theirs_out, stderr.fileno()])
            pid = self._born.get(timeout=STARTING_S)
        except (OSError, queue.Empty):
            pid = None
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        if pid is None:
            stdin.close()
            stdout.close()
            raise Gone
        copy = Copy(pid, stdin, stdout)
        with self._lock:
            if pid in self._ended:
                copy.ended(self._ended.pop(pid))
            else:
                self._copies[pid] = copy
        return copy

    def close(self) -> None:
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # then it is left to the kernel
            self._process.wait(_GONE_S)
            self._reader.join(_GONE_S)
        self._socket.close()

    def _read(self) -> None:
        with self._socket.makefile("rb") as lines:
            for line in lines:
                match json.loads(line):
                    case {"born": pid}:
                        self._born.put(pid)
                    case {"ended": pid, "status": status}:
                        self._has_ended(pid, status)
        # They are killed with it, which the kernel sees to.
        for pid in list(self._copies):
            self._has_ended(pid, -signal.SIGKILL)
        self._born.put(None)

    def _has_ended(self, pid: int, status: int) -> None:
        with self._lock:
            copy = self._copies.pop(pid, None)
            if copy is None:
                self._ended[pid] = status
            else:
                copy.ended(status)


class Forkservers:
    """Of each role and client that was wanted; gone with ``close``. All from the main thread. With a ``checkout`` they
    are as the harness is there.
    """

    def __init__(self, folder: Path, janitor: Janitor, checkout: Path | None = None) -> None:
        self._folder, self._janitor, self._checkout = folder, janitor, checkout
        self._of: dict[tuple[str, Named], Forkserver] = {}

    def prepare(self, role: str, client: Named = _OF_NONE) -> None:
        """It begins to load, unless it is there."""
        if sys.platform == "linux" and role in roles.COPIED and (role, client) not in self._of:
            made = Forkserver(role, client, self._folder / f"forkserver-{role}.log", self._checkout)
            self._of[role, client] = made
            self._janitor.process(made.pid)

    def start(self, role: str, spec: Mapping[str, Any], log: Path) -> Child:
        """A child in this role, as ``roles.start``: a copy, where there is one to be had."""
        client = roles.driven(spec)
        self.prepare(role, client)
        if (of := self._of.get((role, client))) is not None:
            try:
                return Child(role, of.copy, spec, log)
            except Gone:
                self._of.pop((role, client)).close()
        return roles.start(role, spec, log, self._checkout)

    def close(self) -> None:
        while self._of:
            self._of.popitem()[1].close()
