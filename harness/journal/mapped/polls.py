"""What the workers of a pipeline read: a mapped file of each.

Laid out as ``docs/journal.md`` has it. Like the journal it is in shared memory, so that a worker which is killed has
left what it had polled and what it had committed. It has rows, not columns, so that it grows: how often a group gives a
partition anew, and how much is polled again then, nobody knows before.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from harness.events import Consuming
from harness.journal.mapped.producer import NONE

MAGIC = b"KDHPOLL\n"
VERSION = 1
HEADER = struct.Struct("<8sIii44x")  # magic, version, worker, epoch, nothing
ROW = np.dtype(
    {
        "names": ["at_ns", "first", "last", "partition", "what"],
        "formats": ["<i8", "<i8", "<i8", "<i4", "u1"],
        "offsets": [0, 8, 16, 24, 28],
        "itemsize": 32,
    }
)
_MORE_ROWS = 4096


class PollJournal:
    """What one worker read and committed, a row a deed, in the order in which it was done."""

    def __init__(self, path: Path, worker: int, epoch: int) -> None:
        """A new one. ``epoch`` is how many worked under this number before."""
        with path.open("wb") as file:
            file.write(HEADER.pack(MAGIC, VERSION, worker, epoch))
        self._path, self._next = path, 0
        self._rows: Any = np.zeros(0, ROW)

    def note(self, what: Consuming, partition: int, first: int = NONE, last: int = NONE) -> None:
        """A deed is there for whoever reads the file when this returns."""
        if self._next == len(self._rows):
            self._grow()
        row = self._rows[self._next]
        row["at_ns"], row["first"], row["last"], row["partition"] = time.monotonic_ns(), first, last, partition
        row["what"] = what  # the last, so that nobody sees a row that is not whole
        self._next += 1

    def polled(self, places: Sequence[tuple[int, int]]) -> None:
        """Records by partition and offset, in the order in which they came: a row for each run without a gap."""
        begins = [i for i in range(len(places)) if i == 0 or places[i] != (places[i - 1][0], places[i - 1][1] + 1)]
        for begin, end in pairwise([*begins, len(places)]):
            partition, first = places[begin]
            self.note(Consuming.POLLED, partition, first, places[end - 1][1])

    def _grow(self) -> None:
        size = HEADER.size + (self._next + _MORE_ROWS) * ROW.itemsize
        with self._path.open("r+b") as file:
            file.truncate(size)
            self._rows = np.frombuffer(mmap.mmap(file.fileno(), size), ROW, offset=HEADER.size)


def opened(path: Path) -> tuple[int, int, Any]:
    """Worker, epoch and rows of a mapped file: those up to the first that was not written."""
    content = path.read_bytes()
    if len(content) < HEADER.size or not content.startswith(MAGIC):
        raise ValueError(f"{path} says nothing of polls: it begins with {content[: len(MAGIC)]!r}, not {MAGIC!r}")
    _, version, worker, epoch = HEADER.unpack_from(content)
    if version != VERSION:
        raise ValueError(f"{path} has polls of version {version}; this harness reads version {VERSION}")
    whole = (len(content) - HEADER.size) // ROW.itemsize
    rows = np.frombuffer(content, ROW, whole, HEADER.size)
    return worker, epoch, rows[: int(np.argmin(np.append(rows["what"], 0) != 0))]
