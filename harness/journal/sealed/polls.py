"""What a pipeline's workers read, as Parquet."""

from __future__ import annotations

import glob
import platform
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from harness.events import FORMAT, Consuming
from harness.journal.mapped import NONE, Int32, Int64, UInt8
from harness.journal.mapped.polls import opened
from harness.journal.sealed.parts import meta_of


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
    worker, epoch, rows = opened(journal)
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
