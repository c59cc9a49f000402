"""Cleans up after a harness that was killed: a process of its own that outlives it for the moment it takes.

The harness tells it of every process and folder it makes; when the harness is gone, in whatever way, the janitor's
stdin ends, and it kills those processes that are still the same ones and removes those folders.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from harness.clusters import storage

_GONE_S = 10.0


class Janitor:
    """The harness's side. Tell it before anything can go wrong; ``close`` waits until it has cleaned up."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.janitor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C and a closed terminal end the harness, not this
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def process(self, pid: int) -> None:
        """A process to kill. Its start time is kept with it, so that a recycled id is never hit."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._tell({"pid": pid, "started": psutil.Process(pid).create_time()})

    def folder(self, path: Path) -> None:
        """A folder to remove with all it holds."""
        self._tell({"folder": str(path.resolve())})

    def keep(self, path: Path) -> None:
        """This folder stays after all."""
        self._tell({"keep": str(path.resolve())})

    def close(self, timeout_s: float = 20.0) -> None:
        """Everything told of is gone when this returns."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, what: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()


def main() -> None:
    """Listens until the harness is gone, then cleans up."""
    processes: list[tuple[int, float]] = []
    folders: dict[str, None] = {}
    for line in sys.stdin:
        told = json.loads(line)
        if "pid" in told:
            processes.append((told["pid"], told["started"]))
        elif "folder" in told:
            folders[told["folder"]] = None
        else:
            folders.pop(told["keep"], None)
    killed = []
    for pid, started in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == started:
                process.kill()
                killed.append(process)
    until = time.monotonic() + _GONE_S
    while any(_runs(process) for process in killed) and time.monotonic() < until:
        time.sleep(0.02)
    for folder in folders:
        for data in Path(folder).glob("**/data"):
            storage.unlock(data)  # a fault may have made it read-only
        shutil.rmtree(folder, ignore_errors=True)


def _runs(process: psutil.Process) -> bool:
    """Not so when it is dead and merely not yet reaped: it holds no port and no file any more."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    main()
