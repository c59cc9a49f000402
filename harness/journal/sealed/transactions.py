"""What became of a producer's transactions, as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Ending
from harness.journal.mapped import NONE, Int32, Int64, TransactionJournal, UInt8
from harness.journal.mapped.transactions import TIMES


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
