"""What became of a producer's transactions: how each ended, against what a read_committed consumer got (KIP-98)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.events import Anomaly, Ending
from harness.journal import Int32, Int64, LogColumns, UInt8

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Transactions:
    """The transactions of one producer."""

    number: Int32
    """Of each message, by sequence, the transaction it was sent in; -1 for one that was in none, or never sent."""
    ending: UInt8
    """Of each transaction, by number, how it ended: an ``Ending``."""


@dataclass(frozen=True)
class ReadCommitted:
    """The other reading of the same log: after the recovery, and after ``transaction.timeout.ms`` has passed."""

    log: LogColumns
    """What a consumer got with ``isolation.level=read_committed``."""
    stable: Int64
    """The last stable offset of each partition, by its number: there that consumer's reading ends."""
    transactions: Mapping[int, Transactions]
    """By producer; one that is not here had none."""


def of_transactions(transactions: Transactions | None, seen: Bools, kept_back: Bools) -> dict[Anomaly, Bools]:
    """Which of one producer's messages have which anomaly.

    Of each message: whether a read_committed consumer has ``seen`` it, and whether it is ``kept_back``: in the log, but
    only from the last stable offset on.

    - *aborted_visible*: of an aborted transaction, and seen.
    - *torn_transaction*: of a committed transaction of which something was seen, and neither seen nor kept back.
    - *hung_transaction*: kept back. An open transaction does that to everything behind it, this producer's or not, in a
      transaction or not; it loses nothing and tears nothing.
    """
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
