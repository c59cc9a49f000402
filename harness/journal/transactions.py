"""What became of a producer's transactions: a mapped file beside its journal, and the Parquet that is made of it.

Laid out as ``docs/journal.md`` has it. Like the journal it is in shared memory, so that a producer which is killed in
the middle of a transaction has left that it had begun it, and of which messages it was.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Ending
from harness.journal.mapped import NONE, Int32, Int64, UInt8, map_columns

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


def sealed_beside(parquet: Path) -> Path:
    """Where its sealed table is."""
    return parquet.with_name(parquet.name.replace(".producer-", ".transactions-"))


@dataclass(frozen=True)
class Transactions:
    """Those of one producer, as they were sealed."""

    number: Int32
    """Of each message, by sequence, the last transaction that it was sent in; -1 for one that was in none."""
    again: npt.NDArray[np.bool_]
    """Of each message whether it was sent in another before: its copies may be of either."""
    ending: UInt8
    """Of each transaction, by number, how it ended: an ``Ending``."""
    asked: UInt8
    """How its producer wanted it to end; ``OPEN`` where it did not come to that."""
    begun_ns: Int64
    ended_ns: Int64
    """When that was asked for; -1 where it was not."""
    done_ns: Int64
    """When it was answered; -1 where it was not."""
    error: npt.NDArray[np.object_]
    """What the client said instead, by its own name; None where it said nothing else."""

    def __len__(self) -> int:
        return len(self.ending)

    @cached_property
    def alone(self) -> npt.NDArray[np.bool_]:
        """Of each message whether it was in no transaction but its last one that may have been committed: what is sent
        again was in none whose end was confirmed, but of one whose commit was asked for nobody may have heard the end.
        """
        doubtful = (self.ending == Ending.OPEN) & (self.asked == Ending.COMMITTED)
        before = np.zeros(len(self) + 1, np.bool_)  # number -1, of none, is the one at the end
        before[1:-1] = np.logical_or.accumulate(doubtful)[:-1]
        return ~self.again | ~before[self.number]


def write_transactions(source: TransactionJournal, parquet: Path, errors: Mapping[int, str], clock_ns: int) -> None:
    """Seals the table of a producer that has ended. ``errors`` names the codes, ``clock_ns`` is what its times lack of
    the harness's clock.
    """
    rows = source.begun()
    times = {name: getattr(source, name)[:rows] for name, _ in TIMES}
    names = [None, *(errors.get(code, f"error {code}") for code in range(1, 256))]
    table = pa.table(
        {
            **{name: pa.array(of + clock_ns, pa.int64(), mask=of == 0) for name, of in times.items()},
            **{name: pa.array(getattr(source, name)[:rows]) for name in ("asked", "ending")},
            "error": pa.array([names[code] for code in source.error[:rows]], pa.string()),
        }
    )
    partial = parquet.with_suffix(".partial")
    meta = {"format": str(FORMAT), "producer": str(source.producer)}
    pq.write_table(table.replace_schema_metadata(meta), partial, compression="zstd")
    partial.replace(parquet)


def read_transactions(parquet: Path, transaction: Int32) -> Transactions:
    """The sealed table of a producer, with the ``transaction`` of each of its messages, as in the mapped file."""
    table = pq.read_table(parquet)
    times = {name: table[name].fill_null(NONE).to_numpy() for name, _ in TIMES}
    errors = np.array(table["error"].to_pylist(), np.object_)
    number, again = np.abs(transaction) - np.int32(1), transaction < 0
    ending, asked = table["ending"].to_numpy(), table["asked"].to_numpy()
    return Transactions(number, again, ending, asked, **times, error=errors)
