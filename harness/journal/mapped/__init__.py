"""What a worker leaves while it runs: files mapped into its memory, laid out as ``docs/journal.md`` has them."""

from harness.journal.mapped.polls import PollJournal
from harness.journal.mapped.producer import NONE, Int32, Int64, ProducerJournal, UInt8
from harness.journal.mapped.transactions import TransactionJournal

__all__ = ["NONE", "Int32", "Int64", "PollJournal", "ProducerJournal", "TransactionJournal", "UInt8"]
