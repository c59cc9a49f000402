"""The batches of a pipeline that had no fault: which inputs were in each, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT
from harness.journal.mapped import Int32, Int64


@dataclass(frozen=True)
class BatchColumns:
    """A row a batch and partition of the inputs, in the order of the batches."""

    batch: Int32
    """From 1."""
    partition: Int32
    end: Int64
    """Behind the last input of the partition that is in this batch or in one before."""
    polled_ns: Int64
    """When the worker had the first of its inputs, of whichever partition."""
    done_ns: Int64
    """When the batch was over for the worker: its outputs acked with at-most-once, its offsets committed with
    at-least-once, its transaction with exactly-once.
    """


_KINDS = {"batch": np.int32, "partition": np.int32, "end": np.int64, "polled_ns": np.int64, "done_ns": np.int64}


def write_batches(parquet: Path, said: Sequence[Mapping[str, Any]]) -> None:
    """Stores what a worker said of its batches."""
    rows = [
        (each["batch"], int(partition), end, each["polled_ns"], each["done_ns"])
        for each in said
        for partition, end in each["ends"].items()
    ]
    columns = zip(*rows, strict=True) if rows else [()] * len(_KINDS)
    table = pa.table({name: np.array(of, kind) for (name, kind), of in zip(_KINDS.items(), columns, strict=True)})
    partial = parquet.with_suffix(".partial")
    pq.write_table(table.replace_schema_metadata({"format": str(FORMAT)}), partial, compression="zstd")
    partial.replace(parquet)


def read_batches(parquet: Path) -> BatchColumns | None:
    """What ``write_batches`` stored; None if nobody did."""
    if not parquet.exists():
        return None
    table = pq.read_table(parquet)
    return BatchColumns(*(table[field.name].to_numpy() for field in fields(BatchColumns)))
