"""Journals and logs written by hand, a tuple a message."""

from __future__ import annotations

import numpy as np

from harness.events import Outcome
from harness.journal.mapped import NONE
from harness.journal.sealed import LogColumns, Names, ProducerColumns
from harness.verify import Findings

ACKED, FAILED, UNKNOWN, UNCONFIRMED = Outcome.ACKED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNCONFIRMED
Record = tuple[int, int, int, int] | tuple[int, int, int, int, bool]


def producer(
    *messages: tuple[int, Outcome],
    number: int = 0,
    acked_at: tuple[int, ...] = (),
    done_ns: tuple[int, ...] = (),
    closed_ns: int | None = None,
) -> ProducerColumns:
    """Messages as (partition, outcome), sent and, unless ``done_ns`` says otherwise, reported at 0, 1, 2, ... ns."""
    partitions, outcomes = zip(*messages, strict=True) if messages else ((), ())
    times = np.arange(len(messages), dtype=np.int64)
    offsets = np.array(acked_at, np.int64) if acked_at else np.full(len(messages), NONE, np.int64)
    errors = [f"error of {i}" if outcome in (FAILED, UNKNOWN) else None for i, outcome in enumerate(outcomes)]
    return ProducerColumns(
        producer=number,
        due_ns=times,
        sent_ns=times,
        done_ns=np.array(done_ns, np.int64) if done_ns else times,
        offset=offsets,
        partition=np.array(partitions, np.int32),
        outcome=np.array(outcomes, np.uint8),
        error=Names.of(errors),
        closed_ns=closed_ns,
    )


def log(*records: Record) -> LogColumns:
    """Records as (partition, offset, producer, sequence), and False for one that is damaged."""
    rows = [(*record, True)[:5] for record in records]
    columns = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    dtypes = (np.int32, np.int64, np.int32, np.int64, np.bool_)
    return LogColumns(*(np.array(column, dtype) for column, dtype in zip(columns, dtypes, strict=True)))


def found(findings: Findings) -> dict[str, int]:
    """The anomalies that are not zero."""
    return {name: count for name, count in findings.anomalies.model_dump().items() if count}
