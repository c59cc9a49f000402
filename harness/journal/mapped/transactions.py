"""What became of a producer's transactions: a mapped file beside its journal.

Laid out as ``docs/journal.md`` has it. Like the journal it is in shared memory, so that a producer which is killed in
the middle of a transaction has left that it had begun it, and of which messages it was.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

import numpy as np

from harness.events import Ending
from harness.journal.mapped.producer import Int32, Int64, UInt8, map_columns

MAGIC = b"KDHTXNS\n"
VERSION = 1
HEADER = struct.Struct("<8sIiQQ32x")  # magic, version, producer, messages, transactions, nothing
TIMES = (("begun_ns", "<i8"), ("ended_ns", "<i8"), ("done_ns", "<i8"))
BYTES = (("asked", "u1"), ("ending", "u1"), ("error", "u1"))


class TransactionJournal:
    """Columns, as numpy views on the mapped file. One has a row a message: ``transaction``, 0 for one that was in none,
    else one more than the number of the last that it was sent in, negative if it was sent in another before. The others
    have a row a transaction, by number: ``begun_ns`` (0: there is none), ``ended_ns`` (when its end was asked for),
    ``done_ns`` (when that was answered), ``asked`` (the ``Ending`` that was asked for), ``ending`` (the one that was
    confirmed) and ``error`` (a code as in the journal).
    """

    transaction: Int32
    begun_ns: Int64
    ended_ns: Int64
    done_ns: Int64
    asked: UInt8
    ending: UInt8
    error: UInt8

    def __init__(self, path: Path, producer: int, messages: int, transactions: int) -> None:
        self.producer, self.messages, self.room = producer, messages, transactions
        layout: list[tuple[str, str, int]] = [
            ("transaction", "<i4", messages + messages % 2)
        ]  # so that what comes then is aligned
        layout += [(name, kind, transactions) for name, kind in (*TIMES, *BYTES)]
        with path.open("r+b") as file:
            columns = map_columns(mmap.mmap(file.fileno(), size(messages, transactions)), HEADER.size, layout)
        for name, column in columns.items():
            setattr(self, name, column)

    @classmethod
    def create(cls, path: Path, producer: int, messages: int, transactions: int) -> TransactionJournal:
        """A new one with room for so many of both, without any."""
        with path.open("wb") as file:
            file.write(HEADER.pack(MAGIC, VERSION, producer, messages, transactions))
            file.truncate(size(messages, transactions))
        return cls(path, producer, messages, transactions)

    @classmethod
    def open(cls, path: Path) -> TransactionJournal:
        """One that is there. Raises ``ValueError`` for a file that is none."""
        with path.open("rb") as file:
            header = file.read(HEADER.size)
        if len(header) < HEADER.size or not header.startswith(MAGIC):
            raise ValueError(f"{path} has no transactions: it begins with {header[: len(MAGIC)]!r}, not {MAGIC!r}")
        _, version, producer, messages, transactions = HEADER.unpack(header)
        if version != VERSION:
            raise ValueError(f"{path} has transactions of version {version}; this harness reads version {VERSION}")
        if path.stat().st_size < size(messages, transactions):
            raise ValueError(f"{path} is cut off: it has not the {transactions} transactions that it says")
        return cls(path, producer, messages, transactions)

    def begun(self) -> int:
        """How many there are: rows are filled from the front."""
        return int(np.count_nonzero(self.begun_ns))

    def endings(self, messages: int) -> UInt8:
        """How the transaction of each of the first so many messages ended; ``COMMITTED`` of one that was in none."""
        of_none = np.uint8(Ending.COMMITTED)
        endings: UInt8 = np.append(self.ending, of_none)[np.abs(self.transaction[:messages]) - 1]
        return endings


def size(messages: int, transactions: int) -> int:
    """Of a file with room for so many of both, in bytes."""
    row = sum(np.dtype(kind).itemsize for _, kind in (*TIMES, *BYTES))
    return HEADER.size + 4 * (messages + messages % 2) + row * transactions


def beside(journal: Path) -> Path:
    """Where the transactions of the producer with this mapped journal are; there is no file if it makes none."""
    return journal.with_name(f"{journal.name}.transactions")
