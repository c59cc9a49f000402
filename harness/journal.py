"""The journal: the only thing that crosses from running to judging.

While a worker runs, its columns live in one file mapped into its memory (``ProducerJournal``): a worker that is
killed at any instant leaves every record it had made, with nothing to flush. When it is gone, whoever started it
seals that file as Parquet. Readers get plain numpy columns (``ProducerColumns``, ``LogColumns``).
"""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Outcome

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_COLUMNS: tuple[tuple[str, type[np.generic]], ...] = (
    ("due_ns", np.int64),
    ("sent_ns", np.int64),
    ("done_ns", np.int64),
    ("offset", np.int64),
    ("partition", np.int32),
    ("outcome", np.uint8),
    ("error", np.uint8),
)
ROW_BYTES = sum(np.dtype(dtype).itemsize for _, dtype in _COLUMNS)
_SEAL_ROWS = 1 << 20
_MADV_POPULATE_WRITE = 23  # linux/mman.h, since Linux 5.14
# Columns of numbers that hardly repeat: a dictionary of them would double the time to write and to read.
_PARQUET: dict[str, Any] = {"compression": "zstd"}
NONE = -1
"""In ``done_ns`` and ``offset``: there is none."""


class ProducerJournal:
    """What one producer did, a row a message; the row's number is the message's sequence.

    Columns (numpy views on the mapped file): ``due_ns``, ``sent_ns``, ``done_ns`` (CLOCK_MONOTONIC), ``offset``
    (-1: none), ``partition``, ``outcome`` (``Outcome``), ``error`` (0: none, else an index into ``ErrorTable``).
    """

    due_ns: Int64
    sent_ns: Int64
    done_ns: Int64
    offset: Int64
    partition: Int32
    outcome: UInt8
    error: UInt8

    def __init__(self, path: Path, capacity: int) -> None:
        self.capacity = capacity
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), capacity * ROW_BYTES)
        start = 0
        for name, dtype in _COLUMNS:
            setattr(self, name, np.frombuffer(self._map, dtype, capacity, start))
            start += capacity * np.dtype(dtype).itemsize

    @classmethod
    def create(cls, path: Path, capacity: int) -> ProducerJournal:
        """A new, empty journal for at most ``capacity`` messages, its memory at hand: a page fault for each ninety
        messages would be measured as the client's own cost.
        """
        with path.open("wb") as file:
            file.truncate(max(1, capacity) * ROW_BYTES)
        journal = cls(path, max(1, capacity))
        with contextlib.suppress(OSError):  # an older kernel, or another: then each page comes when it is touched
            journal._map.madvise(_MADV_POPULATE_WRITE)
        return journal

    @classmethod
    def open(cls, path: Path) -> ProducerJournal:
        return cls(path, path.stat().st_size // ROW_BYTES)

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


@dataclass(frozen=True)
class ProducerColumns:
    """A sealed producer journal. All columns have one length; row i is sequence i. ``PENDING`` is never in it."""

    producer: int
    due_ns: Int64
    sent_ns: Int64
    done_ns: Int64
    offset: Int64
    partition: Int32
    outcome: UInt8
    error: npt.NDArray[np.object_] | None = None
    """The client's name of each message's error, None where it gave none; None if it gave none at all."""
    warmup: int = 0
    """The first so many messages warmed the client up: judged like the rest, left out of latency and rates."""
    closed_ns: int | None = None
    """When nobody waited for reports any more; None if nobody noted that."""

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True)
class LogColumns:
    """What the oracle scan found, in any order; ``producer`` and ``sequence`` mean nothing where not valid."""

    partition: Int32
    offset: Int64
    producer: Int32
    sequence: Int64
    valid: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.offset)


def seal(
    journal: Path,
    parquet: Path,
    *,
    producer: int,
    warmup: int,
    errors: Mapping[int, str],
    closed_ns: int | None = None,
) -> int:
    """Turns a finished producer's mapped file into Parquet and removes it. Returns the rows written.

    What was still pending ends as ``UNKNOWN``: nobody will hear of it any more. ``errors`` names the error codes,
    ``closed_ns`` is when nobody waited for reports any more.
    """
    source = ProducerJournal.open(journal)
    rows = source.sent()
    names = pa.array([errors.get(code, f"error {code}") for code in range(1, 256)], pa.string())
    meta = {"format": str(FORMAT), "producer": str(producer), "warmup": str(warmup)}
    if closed_ns is not None:
        meta["closed_ns"] = str(closed_ns)
    schema = pa.schema(
        [
            ("sequence", pa.int64()),
            ("partition", pa.int32()),
            ("due_ns", pa.int64()),
            ("sent_ns", pa.int64()),
            ("done_ns", pa.int64()),
            ("outcome", pa.uint8()),
            ("error", pa.dictionary(pa.uint8(), pa.string())),
            ("offset", pa.int64()),
        ],
        meta,
    )
    partial = parquet.with_suffix(".partial")
    with pq.ParquetWriter(partial, schema, **_PARQUET, use_dictionary=["error"]) as writer:
        for start in range(0, rows, _SEAL_ROWS):
            part = slice(start, min(rows, start + _SEAL_ROWS))
            outcome = source.outcome[part].copy()
            outcome[outcome == Outcome.PENDING] = Outcome.UNKNOWN
            done, offset, error = source.done_ns[part], source.offset[part], source.error[part]
            columns = [
                pa.array(np.arange(part.start, part.stop)),
                pa.array(source.partition[part]),
                pa.array(source.due_ns[part]),
                pa.array(source.sent_ns[part]),
                pa.array(done, mask=done == NONE),
                pa.array(outcome),
                pa.DictionaryArray.from_arrays(pa.array(error - np.uint8(1), mask=error == 0), names),
                pa.array(offset, mask=offset == NONE),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    partial.replace(parquet)
    journal.unlink()
    return rows


def read_producer(parquet: Path) -> ProducerColumns:
    """A sealed producer journal as columns."""
    # The sequence is the row's number: it is stored for other readers.
    table = pq.read_table(parquet, columns=[*(name for name, _ in _COLUMNS)])
    meta = _meta(table)
    return ProducerColumns(
        producer=int(meta["producer"]),
        warmup=int(meta["warmup"]),
        closed_ns=int(meta["closed_ns"]) if "closed_ns" in meta else None,
        due_ns=_numpy(table, "due_ns"),
        sent_ns=_numpy(table, "sent_ns"),
        done_ns=_numpy(table, "done_ns", NONE),
        offset=_numpy(table, "offset", NONE),
        partition=_numpy(table, "partition"),
        outcome=_numpy(table, "outcome"),
        error=_names(table["error"]),
    )


def write_log(parquet: Path, log: LogColumns) -> None:
    """Stores what an oracle scan found."""
    names = ("partition", "offset", "producer", "sequence", "valid")
    table = pa.table({name: getattr(log, name) for name in names}).replace_schema_metadata({"format": str(FORMAT)})
    partial = parquet.with_suffix(".partial")
    pq.write_table(table, partial, **_PARQUET, use_dictionary=False)
    partial.replace(parquet)


def read_log(parquet: Path) -> LogColumns:
    """A stored oracle scan as columns."""
    table = pq.read_table(parquet)
    _meta(table)
    return LogColumns(*(_numpy(table, name) for name in ("partition", "offset", "producer", "sequence", "valid")))


def _meta(table: pa.Table) -> dict[str, str]:
    meta = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if int(meta.get("format", 0)) > FORMAT:
        raise ValueError(f"the journal has format {meta['format']}; this harness reads up to {FORMAT}")
    return meta


def _names(column: pa.ChunkedArray) -> npt.NDArray[np.object_] | None:
    """A dictionary column as an object array that shares one string a name, None for null; None if all are."""
    if column.null_count == len(column):
        return None
    encoded = column.unify_dictionaries().combine_chunks()
    names = np.array([*encoded.dictionary.to_pylist(), None], np.object_)
    shared: npt.NDArray[np.object_] = names[encoded.indices.fill_null(len(names) - 1).to_numpy()]
    return shared


def _numpy(table: pa.Table, name: str, absent: int | None = None) -> Any:
    column = table[name]
    if absent is not None and column.null_count:
        column = column.fill_null(absent)
    return column.to_numpy()
