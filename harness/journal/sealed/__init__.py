"""Journals as Parquet: written when a worker has ended, and read back as plain numpy columns."""

from harness.journal.sealed.batches import BatchColumns, read_batches, write_batches
from harness.journal.sealed.log import LogColumns, read_committed, read_log, write_committed, write_log
from harness.journal.sealed.names import Names
from harness.journal.sealed.parts import Columns, Parts, Stored, slices
from harness.journal.sealed.polls import PollColumns, read_polls, read_whole_polls, seal_polls
from harness.journal.sealed.producers import (
    ConsumedColumns,
    ProducerColumns,
    consumed_of,
    producers_of,
    read_consumed,
    read_producer,
    read_producers,
    seal,
)
from harness.journal.sealed.transactions import Transactions

__all__ = [
    "BatchColumns",
    "Columns",
    "ConsumedColumns",
    "LogColumns",
    "Names",
    "Parts",
    "PollColumns",
    "ProducerColumns",
    "Stored",
    "Transactions",
    "consumed_of",
    "producers_of",
    "read_batches",
    "read_committed",
    "read_consumed",
    "read_log",
    "read_polls",
    "read_producer",
    "read_producers",
    "read_whole_polls",
    "seal",
    "seal_polls",
    "slices",
    "write_batches",
    "write_committed",
    "write_log",
]
