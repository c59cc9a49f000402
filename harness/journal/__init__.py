"""The journal: the only thing that crosses from running to judging.

While a producer runs, its columns live in one file mapped into its memory (``mapped``, laid out as ``docs/journal.md``
has it): one that is killed at any instant leaves every record it had made, with nothing to flush. When it is gone,
whoever started it seals that file as Parquet, and readers get plain numpy columns (``sealed``). What was found in the
log is kept in the same way (``log``).
"""

from harness.journal.batches import BatchColumns, read_batches, write_batches
from harness.journal.log import LogColumns, read_committed, read_log, write_committed, write_log
from harness.journal.mapped import NONE, Int32, Int64, ProducerJournal, UInt8
from harness.journal.names import Names
from harness.journal.parts import Columns, Parts, Stored, slices
from harness.journal.polls import PollColumns, PollJournal, read_polls, read_whole_polls, seal_polls
from harness.journal.sealed import (
    ConsumedColumns,
    ProducerColumns,
    consumed_of,
    producers_of,
    read_consumed,
    read_producer,
    read_producers,
    seal,
)
from harness.journal.transactions import TransactionJournal, Transactions

__all__ = [
    "NONE",
    "BatchColumns",
    "Columns",
    "ConsumedColumns",
    "Int32",
    "Int64",
    "LogColumns",
    "Names",
    "Parts",
    "PollColumns",
    "PollJournal",
    "ProducerColumns",
    "ProducerJournal",
    "Stored",
    "TransactionJournal",
    "Transactions",
    "UInt8",
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
