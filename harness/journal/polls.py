"""What the workers of a pipeline read: a mapped file of each, and the Parquet that is made of it.

Laid out as ``docs/journal.md`` has it. Like the journal it is in shared memory, so that a worker which is killed has
left what it had polled and what it had committed. It has rows, not columns, so that it grows: how often a group gives a
partition anew, and how much is polled again then, nobody knows before.
"""

from __future__ import annotations

import glob
import mmap
import platform
import struct
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Consuming
from harness.journal.mapped import NONE, Int32, Int64, UInt8
from harness.journal.parts import meta_of

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


@dataclass(frozen=True)
class PollColumns:
    """What one worker did, as it was sealed; its times are on the harness's clock."""

    worker: int
    epoch: int
    at_ns: Int64
    what: UInt8
    """A ``Consuming``."""
    partition: Int32
    first: Int64
    """Of what was polled the first offset; of what was committed, or left off at, the next one to read; else -1."""
    last: Int64
    """Of what was polled the last offset, with none between them that was not polled; else -1."""

    def __len__(self) -> int:
        return len(self.what)


def seal_polls(journal: Path, parquet: Path, clock_offset_ns: int = 0) -> int:
    """Turns the mapped file of a worker that has ended into Parquet and removes it. Returns the rows written.

    ``clock_offset_ns`` is what its times lack of the harness's clock. Raises ``ValueError`` for a file that is none.
    """
    worker, epoch, rows = _opened(journal)
    meta = {
        "format": str(FORMAT),
        "worker": str(worker),
        "epoch": str(epoch),
        "host": platform.node(),
        "clock_offset_ns": str(clock_offset_ns),
    }
    table = pa.table(
        {
            "at_ns": pa.array(rows["at_ns"]),
            "what": pa.array([Consuming(what).name.lower() for what in rows["what"]], pa.string()),
            "partition": pa.array(rows["partition"]),
            **{name: pa.array(rows[name], mask=rows[name] == NONE) for name in ("first", "last")},
        }
    )
    partial = parquet.with_suffix(".partial")
    pq.write_table(table.replace_schema_metadata(meta), partial, compression="zstd")
    partial.replace(parquet)
    journal.unlink()
    return len(rows)


def polls_of(journals: Path, trial: str) -> list[Path]:
    """Where what a trial's workers read is."""
    return sorted(journals.glob(f"{glob.escape(trial)}.polls-*.parquet"))


def read_polls(journals: Path, trial: str) -> list[PollColumns] | None:
    """What each worker of a trial read, by number and epoch; None if nobody noted any."""
    read = [_read(path) for path in polls_of(journals, trial)]
    return sorted(read, key=lambda polls: (polls.worker, polls.epoch)) or None


def read_whole_polls(journals: Path, trial: str) -> list[PollColumns] | None:
    """The same, and None if that of a number or an epoch before the last is not there: what one worker had read would
    look as if nobody had.
    """
    read = read_polls(journals, trial) or []
    begun = Counter(polls.worker for polls in read)
    whole = [(worker, epoch) for worker in range(len(begun)) for epoch in range(begun[worker])]
    return read if read and [(polls.worker, polls.epoch) for polls in read] == whole else None


def _read(parquet: Path) -> PollColumns:
    table = pq.read_table(parquet)
    meta = meta_of(table.schema)
    numbers = {what.name.lower(): what.value for what in Consuming}
    return PollColumns(
        worker=int(meta["worker"]),
        epoch=int(meta["epoch"]),
        at_ns=table["at_ns"].to_numpy() + int(meta.get("clock_offset_ns", 0)),
        what=np.array([numbers[what] for what in table["what"].to_pylist()], np.uint8),
        partition=table["partition"].to_numpy(),
        first=table["first"].fill_null(NONE).to_numpy(),
        last=table["last"].fill_null(NONE).to_numpy(),
    )


def _opened(path: Path) -> tuple[int, int, Any]:
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
