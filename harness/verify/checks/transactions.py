"""What became of a producer's transactions: how each ended, against what a read_committed consumer got (KIP-98).

A message is *seen* if that consumer has a copy of it, and *kept back* if it is in the log, but only from the last
stable offset on.

- *aborted_visible*: of an aborted transaction, and seen.
- *torn_transaction*: of a committed transaction of which something was seen, and neither seen nor kept back.
- *hung_transaction*: kept back. An open transaction does that to everything behind it, this producer's or not, in a
  transaction or not; it loses nothing and tears nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly, Ending
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Bools, Copies
from harness.verify.readings import ReadCommitted, Transactions


def _find(copies: Sequence[Copies], committed: ReadCommitted) -> Mapping[Anomaly, Found]:
    of_each = [_of(its, committed) for its in copies]
    return {
        anomaly: messages(copies, [np.flatnonzero(which[anomaly]) for which in of_each]) for anomaly in CHECK.anomalies
    }


def _of(copies: Copies, committed: ReadCommitted) -> dict[Anomaly, Bools]:
    producer = copies.producer
    seen = Copies.of(producer, committed.log).landed
    landed = np.flatnonzero(copies.landed)
    kept_back = np.zeros(len(producer), np.bool_)
    kept_back[landed] = copies.first[landed] >= committed.stable[producer.partition[landed]]
    return _with(committed.transactions.get(producer.producer), seen, kept_back)


def _with(transactions: Transactions | None, seen: Bools, kept_back: Bools) -> dict[Anomaly, Bools]:
    found = {Anomaly.HUNG_TRANSACTION: kept_back}
    if transactions is None:
        nothing = np.zeros_like(seen)
        return {Anomaly.ABORTED_VISIBLE: nothing, Anomaly.TORN_TRANSACTION: nothing, **found}
    number = transactions.number
    ending = np.append(transactions.ending, np.uint8(Ending.OPEN))[number]  # number -1 is the one at the end
    committed = ending == Ending.COMMITTED
    partly_seen = np.zeros(len(transactions.ending) + 1, np.bool_)
    partly_seen[number[seen]] = True
    return {
        Anomaly.ABORTED_VISIBLE: (ending == Ending.ABORTED) & seen,
        Anomaly.TORN_TRANSACTION: committed & partly_seen[number] & ~seen & ~kept_back,
        **found,
    }


CHECK = Check(
    (Anomaly.ABORTED_VISIBLE, Anomaly.TORN_TRANSACTION, Anomaly.HUNG_TRANSACTION), ("copies", "committed"), _find
)
