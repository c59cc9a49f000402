"""Cleans up after a harness that was killed: a process of its own that outlives it for the moment it takes.

The harness tells it of every process and folder it makes; when the harness is gone, in whatever way, the janitor's
stdin ends, and it kills those processes that are still the same ones, runs the commands that undo what else was done,
and removes those folders.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from harness import folders
from harness.process import python

_GONE_S = 10.0
_SILENT: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
Told = dict[str, Any]
"""Of a process ``pid`` and ``began``, of a ``folder``, or of a command to ``undo`` by, ``within_s`` and its ``number``;
or that one is not to be run any more, by its number as ``undone``.
"""


class JanitorDied(Exception):
    """Nobody would clean up after what the harness starts; the message says so in one line."""


class Janitor:
    """The harness's side, for any thread. Tell it before anything can go wrong; ``close`` waits until it has cleaned
    up.
    """

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._numbers, self._telling = itertools.count(), threading.Lock()
        self._process = subprocess.Popen(
            python("harness.janitor"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a closed terminal end the harness, not this
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def process(self, pid: int) -> None:
        """A child of the harness to kill, none that has its id after it. Raises ``JanitorDied`` with the child killed:
        nothing runs that nobody would end.
        """
        with contextlib.suppress(ProcessLookupError):
            try:
                self._tell({"pid": pid, "began": began(pid)})
            except JanitorDied:
                os.kill(pid, signal.SIGKILL)
                raise

    def folder(self, path: Path) -> None:
        """A folder to remove with all it holds. Raises ``JanitorDied``."""
        self._tell({"folder": str(path.absolute())})

    def undo(self, command: Sequence[str], within_s: float) -> int:
        """A command that undoes what is done next, if nobody else does; killed after ``within_s``. Returns its number,
        for ``undone``. Those that are left are run one after the other, the last one first. Raises ``JanitorDied``.
        """
        number = next(self._numbers)
        self._tell({"undo": list(command), "within_s": within_s, "number": number})
        return number

    def undone(self, number: int) -> None:
        """Somebody has seen to it: it is not to be run any more. Raises ``JanitorDied``."""
        self._tell({"undone": number})

    def close(self, timeout_s: float = 20.0) -> None:
        """Everything told of is gone when this returns; if the janitor did not do it, the harness does."""
        assert self._process.stdin is not None
        timeout_s += sum(each["within_s"] for each in _left(self._told))
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(timeout_s) == 0:
                return
        self._process.kill()
        clean_up(self._told)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GONE_S)

    def _tell(self, what: Told) -> None:
        assert self._process.stdin is not None
        line = json.dumps(what).encode() + b"\n"
        try:
            with self._telling:
                self._told.append(what)
                self._process.stdin.write(line)
                self._process.stdin.flush()
        except BrokenPipeError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GONE_S)
            status = self._process.returncode
            raise JanitorDied(f"the janitor, which cleans up after the harness, ended with status {status}") from None


def began(pid: int) -> float:
    """When a process began, on a clock that nobody sets: a process with the same id and another beginning is another.

    Raises ``ProcessLookupError`` if there is none.
    """
    try:
        if sys.platform != "linux":
            return psutil.Process(pid).create_time()  # which the kernel noted then
        # Ticks since boot. The second field, the command's name, is in parentheses and may hold anything.
        return float(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, psutil.NoSuchProcess):
        raise ProcessLookupError(f"no process {pid}") from None


def clean_up(told: Sequence[Told]) -> None:
    """Kills the processes, undoes by commands what was not undone, and removes the folders when processes are gone, or
    will not go.
    """
    processes = [each for each in told if "pid" in each and _runs(each)]
    for each in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each["pid"], signal.SIGKILL)
    until = time.monotonic() + _GONE_S
    while any(map(_runs, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    for each in reversed(_left(told)):
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(each["undo"], timeout=each["within_s"], check=False, **_SILENT)
    for each in told:
        if "folder" in each:
            folders.remove(Path(each["folder"]))


def _left(told: Sequence[Told]) -> list[Told]:
    """What is to be undone and was not."""
    undone = {each["undone"] for each in told if "undone" in each}
    return [each for each in told if "undo" in each and each["number"] not in undone]


def _runs(told: Told) -> bool:
    """Not so when it is dead and merely not yet reaped: it holds no port and no file any more."""
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        return began(told["pid"]) == told["began"] and psutil.Process(told["pid"]).status() != psutil.STATUS_ZOMBIE
    return False


def main() -> None:
    """Listens until the harness is gone, then cleans up."""
    told = []
    for line in sys.stdin.buffer:
        with contextlib.suppress(ValueError):  # of a harness that was killed in the middle of a line
            told.append(json.loads(line))
    clean_up(told)


if __name__ == "__main__":
    main()
