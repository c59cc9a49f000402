"""Journals as they are kept: sealed as Parquet, read back as numpy columns."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Outcome
from harness.journal.mapped import NONE, Int32, Int64, ProducerJournal, TransactionJournal, UInt8
from harness.journal.mapped.producer import COLUMNS
from harness.journal.mapped.transactions import beside
from harness.journal.sealed.names import Names
from harness.journal.sealed.parts import ROWS, Columns, Parts, Stored, Together, meta_of, slices
from harness.journal.sealed.transactions import Transactions, read_transactions, sealed_beside, write_transactions

_SEAL_ROWS = 1 << 20
_TIMES = ("due_ns", "sent_ns", "done_ns")
# Columns of numbers that hardly repeat: a dictionary of them would double the time to write and to read.
_PARQUET: dict[str, Any] = {"compression": "zstd"}


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
    error: Names | None = None
    """The client's name of each message's error, None where it gave none; None if it gave none at all."""
    transactions: Transactions | None = None
    """None if it made none."""
    warmup: int = 0
    """The first so many messages warmed the client up: judged like the rest, left out of latency and rates."""
    closed_ns: int | None = None
    """When nobody waited for reports any more; None if nobody noted that."""
    fenced_ns: int | None = None
    """Since when another with its ``transactional.id`` was there; None if none was."""
    host: str | None = None
    """The machine it ran on; None if nobody noted that."""
    format: int = FORMAT
    """Before 3 the producer itself said FAILED or UNKNOWN for what is an ERROR since."""

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True)
class ConsumedColumns(Columns):
    """What an end-to-end consumer received while it was sent, in that order; its times are on the harness's clock."""

    producer: Int32
    sequence: Int64
    due_ns: Int64
    received_ns: Int64


def seal(
    journal: Path,
    parquet: Path,
    *,
    warmup: int,
    errors: Mapping[int, str],
    host: str,
    clock_offset_ns: int,
    closed_ns: int | None = None,
    fenced_ns: int | None = None,
) -> int:
    """Turns a finished producer's mapped file into Parquet and removes it. Returns the rows written.

    What was still pending ends as ``UNKNOWN``: nobody will hear of it any more. ``errors`` names the error codes,
    ``closed_ns`` is when nobody waited for reports any more, ``fenced_ns`` since when another with its
    ``transactional.id`` was there, both by the harness's clock; ``clock_offset_ns`` is what its
    own times on its ``host`` lack of that clock. Raises ``ValueError`` for a file that is no journal.
    """
    source = ProducerJournal.open(journal)
    transactions = TransactionJournal.open(beside(journal)) if beside(journal).exists() else None
    rows = source.sent()
    names = pa.array([errors.get(code, f"error {code}") for code in range(1, 256)], pa.string())
    meta = {
        "format": str(FORMAT),
        "producer": str(source.producer),
        "warmup": str(warmup),
        "host": host,
        "clock_offset_ns": str(clock_offset_ns),
    }
    if closed_ns is not None:
        meta["closed_ns"] = str(closed_ns)
    if fenced_ns is not None:
        meta["fenced_ns"] = str(fenced_ns)
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
            *([("transaction", pa.int32())] if transactions else []),
        ],
        meta,
    )
    partial = parquet.with_suffix(".partial")
    with pq.ParquetWriter(partial, schema, **_PARQUET, use_dictionary=["error"]) as writer:
        for part in slices(rows, _SEAL_ROWS):
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
            if transactions:
                columns.append(pa.array(transactions.transaction[part]))
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    if transactions:
        write_transactions(transactions, sealed_beside(parquet), errors, clock_offset_ns)
        beside(journal).unlink()
    partial.replace(parquet)
    journal.unlink()
    return rows


def producers_of(journals: Path, trial: str) -> list[Path]:
    """Where a trial's producers' journals are."""
    return sorted(journals.glob(f"{glob.escape(trial)}.producer-*.parquet"))


def read_producers(journals: Path, trial: str) -> list[ProducerColumns]:
    """All producers' journals of a trial, in the order of the numbers that they themselves say. Raises
    ``FileNotFoundError`` if there is none.
    """
    if not (found := producers_of(journals, trial)):
        raise FileNotFoundError(f"{journals} has no producer's journal of {trial}")
    return sorted(map(read_producer, found), key=lambda columns: columns.producer)


def read_producer(parquet: Path) -> ProducerColumns:
    """A sealed producer journal as columns, its times on the harness's clock."""
    with pq.ParquetFile(parquet) as file:
        meta = meta_of(file.schema_arrow)
        columns, error = _columns(file)
    for name in _TIMES if (offset_ns := int(meta.get("clock_offset_ns", 0))) else ():
        np.add(columns[name], offset_ns, out=columns[name], where=columns[name] != NONE)
    transaction = columns.pop("transaction", None)
    return ProducerColumns(
        producer=int(meta["producer"]),
        warmup=int(meta["warmup"]),
        closed_ns=int(meta["closed_ns"]) if "closed_ns" in meta else None,
        fenced_ns=int(meta["fenced_ns"]) if "fenced_ns" in meta else None,
        host=meta.get("host"),
        format=int(meta["format"]),
        **columns,
        error=error,
        transactions=None if transaction is None else read_transactions(sealed_beside(parquet), transaction),
    )


def consumed_of(journals: Path, trial: str) -> list[Path]:
    """Where what each consumer of a trial received is."""
    return sorted(journals.glob(f"{glob.escape(trial)}.consumer-*.parquet"))


def read_consumed(journals: Path, trial: str) -> Parts[ConsumedColumns] | None:
    """What all consumers of a trial received; None if there was none. Raises ``ValueError`` for a file of a newer
    format.
    """
    each = [Stored(parquet, ConsumedColumns) for parquet in consumed_of(journals, trial)]
    return Together(each) if each else None


def _columns(file: pq.ParquetFile) -> tuple[dict[str, Any], Names | None]:
    """All rows, in arrays that are filled part by part: a table of them would take as much room again. Of the errors
    None if there are none.
    """
    # The sequence is the row's number: it is stored for other readers.
    kinds = {name: kind for name, kind in (*COLUMNS, ("transaction", "<i4")) if name in file.schema_arrow.names}
    columns: dict[str, Any] = {name: np.empty(file.metadata.num_rows, kind) for name, kind in kinds.items()}
    codes: dict[str | None, int] = {None: 0}
    start = 0
    for batch in file.iter_batches(ROWS, columns=list(kinds)):
        part = slice(start, start := start + len(batch))
        for name, column in columns.items():
            read = batch[name]
            if name == "error":
                here = [codes.setdefault(each, len(codes)) for each in (*read.dictionary.to_pylist(), None)]
                column[part] = np.array(here, np.uint8)[read.indices.fill_null(len(here) - 1).to_numpy()]
            else:
                column[part] = (read.fill_null(NONE) if read.null_count else read).to_numpy()
    error = columns.pop("error")
    return columns, Names(error, tuple(codes)) if error.any() else None
