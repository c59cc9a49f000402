"""Readings of a log as they are kept: what the oracle found in it, all of it or what is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT
from harness.journal.mapped import Int32, Int64
from harness.journal.sealed.parts import Columns, Stored


@dataclass(frozen=True)
class LogColumns(Columns):
    """What the oracle scan found, in any order; ``producer`` and ``sequence`` mean nothing where not valid."""

    partition: Int32
    offset: Int64
    producer: Int32
    sequence: Int64
    valid: npt.NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence[LogColumns]) -> LogColumns:
        """As one, of so many records as they have together."""
        number, place = np.zeros(0, np.int32), np.zeros(0, np.int64)
        none = cls(number, place, number, place, np.zeros(0, np.bool_))
        return cls(*(np.concatenate([getattr(part, name) for part in (none, *parts)]) for name in _NAMES))


_NAMES = tuple(field.name for field in fields(LogColumns))


def write_log(parquet: Path, log: LogColumns) -> None:
    """Stores what an oracle scan found."""
    _write(parquet, log, {})


def read_log(parquet: Path) -> Stored[LogColumns]:
    """A stored oracle scan. Raises ``ValueError`` for one of a newer format."""
    return Stored(parquet, LogColumns)


def write_committed(parquet: Path, log: LogColumns, stable: Int64) -> None:
    """Stores what an oracle scan found with ``read_committed``, and where that ended: the last stable offset of each
    partition, by its number.
    """
    _write(parquet, log, {"stable": json.dumps(stable.tolist())})


def read_committed(parquet: Path) -> tuple[Stored[LogColumns], Int64] | None:
    """What ``write_committed`` stored; None if nobody read the log in that way. Raises ``ValueError`` for what does not
    say where it ended, and as ``read_log`` does.
    """
    if not parquet.exists():
        return None
    log = read_log(parquet)
    if "stable" not in log.meta:
        raise ValueError(f"{parquet.name} does not say where it ended: it is no reading of what is committed")
    return log, np.array(json.loads(log.meta["stable"]), np.int64)


def _write(parquet: Path, log: LogColumns, says: Mapping[str, str]) -> None:
    table = pa.table({name: getattr(log, name) for name in _NAMES})
    table = table.replace_schema_metadata({"format": str(FORMAT), **says})
    partial = parquet.with_suffix(".partial")
    # Columns of numbers that hardly repeat: a dictionary of them would double the time to write and to read.
    pq.write_table(table, partial, compression="zstd", use_dictionary=False)
    partial.replace(parquet)
