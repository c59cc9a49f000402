"""The journal: the only thing that crosses from running to judging.

While a producer runs, its columns live in one file mapped into its memory (``mapped``, laid out as ``docs/journal.md``
has it): one that is killed at any instant leaves every record it had made, with nothing to flush. When it is gone,
whoever started it seals that file as Parquet, and readers get plain numpy columns (``sealed``).
"""

from harness.journal.mapped import NONE, Int32, Int64, ProducerJournal, UInt8
from harness.journal.sealed import (
    ConsumedColumns,
    LogColumns,
    ProducerColumns,
    producers_of,
    read_consumed,
    read_log,
    read_producer,
    read_producers,
    seal,
    write_log,
)

__all__ = [
    "NONE",
    "ConsumedColumns",
    "Int32",
    "Int64",
    "LogColumns",
    "ProducerColumns",
    "ProducerJournal",
    "UInt8",
    "producers_of",
    "read_consumed",
    "read_log",
    "read_producer",
    "read_producers",
    "seal",
    "write_log",
]
