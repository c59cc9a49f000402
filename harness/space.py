"""The disk is finite: what a trial will write is known before, and watched while it writes."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

RESERVE_BYTES = 2 * 10**9
"""Never written into: a broker whose disk is full halts, and so does everything else on this machine."""


def free_bytes(folder: Path) -> int:
    """Free bytes of the file system that holds this folder, or would, if it is not there yet."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


class DiskWatch:
    """While in its context, calls ``stop`` as long as the free space is within the reserve: who was started again
    meanwhile is stopped too. ``breached`` says that it was.
    """

    def __init__(self, folder: Path, stop: Callable[[], None], *, every_s: float = 0.5) -> None:
        self.breached = False
        self._folder = folder
        self._stop = stop
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> DiskWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._every_s):
            if free_bytes(self._folder) < RESERVE_BYTES:
                self.breached = True
                self._stop()
