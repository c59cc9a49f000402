"""A producer's journal as a mapped file, laid out as ``docs/journal.md`` has it."""

from __future__ import annotations

import contextlib
import mmap
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.events import Outcome

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

MAGIC = b"KDHJRNL\n"
VERSION = 1
HEADER = struct.Struct("<8sIiQ40x")  # magic, version, producer, capacity, nothing
COLUMNS = (
    ("due_ns", "<i8"),
    ("sent_ns", "<i8"),
    ("done_ns", "<i8"),
    ("offset", "<i8"),
    ("partition", "<i4"),
    ("outcome", "u1"),
    ("error", "u1"),
)
ROW_BYTES = sum(np.dtype(kind).itemsize for _, kind in COLUMNS)
_MADV_POPULATE_WRITE = 23  # linux/mman.h, since Linux 5.14
NONE = -1
"""In ``done_ns`` and ``offset``: there is none."""


class ProducerJournal:
    """What one producer did, a row a message; the row's number is the message's sequence.

    Columns (numpy views on the mapped file): ``due_ns``, ``sent_ns``, ``done_ns`` (CLOCK_MONOTONIC), ``offset``
    (-1: none), ``partition``, ``outcome`` (``Outcome``), ``error`` (0: none, else the code of a name that the producer
    has said).
    """

    due_ns: Int64
    sent_ns: Int64
    done_ns: Int64
    offset: Int64
    partition: Int32
    outcome: UInt8
    error: UInt8

    def __init__(self, path: Path, producer: int, capacity: int) -> None:
        self.producer, self.capacity = producer, capacity
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), HEADER.size + capacity * ROW_BYTES)
        layout = [(name, kind, capacity) for name, kind in COLUMNS]
        for name, column in map_columns(self._map, HEADER.size, layout).items():
            setattr(self, name, column)

    @classmethod
    def create(cls, path: Path, capacity: int, producer: int) -> ProducerJournal:
        """A new, empty journal for at most ``capacity`` messages, its memory at hand: a page fault for each ninety
        messages would be measured as the client's own cost.
        """
        capacity = max(1, capacity)
        with path.open("wb") as file:
            file.write(HEADER.pack(MAGIC, VERSION, producer, capacity))
            file.truncate(HEADER.size + capacity * ROW_BYTES)
        journal = cls(path, producer, capacity)
        with contextlib.suppress(OSError):  # an older kernel, or another: then each page comes when it is touched
            journal._map.madvise(_MADV_POPULATE_WRITE)
        return journal

    @classmethod
    def open(cls, path: Path) -> ProducerJournal:
        """One that is there. Raises ``ValueError`` for a file that is none."""
        with path.open("rb") as file:
            return cls(path, *_described(path, file.read(HEADER.size)))

    def sent(self) -> int:
        """How many messages were handed to the client: rows are filled from the front."""
        outcome = self.outcome
        low, high = 0, self.capacity
        while low < high:
            middle = (low + high) // 2
            if outcome[middle] == Outcome.UNSENT:
                high = middle
            else:
                low = middle + 1
        return low

    def count(self, outcome: Outcome, start: int = 0) -> int:
        """How many of the messages from sequence ``start`` on have this outcome, now."""
        return int(np.count_nonzero(self.outcome[start : self.sent()] == outcome))


def map_columns(mapped: mmap.mmap, start: int, layout: Iterable[tuple[str, str, int]]) -> dict[str, Any]:
    """Views on columns that lie one behind the other from ``start`` on: name, type and rows of each."""
    columns = {}
    for name, kind, rows in layout:
        columns[name] = np.frombuffer(mapped, kind, rows, start)
        start += rows * np.dtype(kind).itemsize
    return columns


def _described(path: Path, header: bytes) -> tuple[int, int]:
    """Producer and capacity, as the header says them."""
    if len(header) < HEADER.size or not header.startswith(MAGIC):
        raise ValueError(f"{path} is no producer's journal: it begins with {header[: len(MAGIC)]!r}, not {MAGIC!r}")
    _, version, producer, capacity = HEADER.unpack(header)
    if version != VERSION:
        raise ValueError(f"{path} is a journal of version {version}; this harness reads version {VERSION}")
    wanted, there = HEADER.size + capacity * ROW_BYTES, path.stat().st_size
    if there < wanted:
        raise ValueError(f"{path} is cut off: {capacity} messages take {wanted} bytes, and it has {there}")
    return producer, capacity
