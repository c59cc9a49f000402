"""What became of a producer's transactions: how each ended, against what a read_committed consumer got (KIP-98).

A message is *seen* if that consumer has a copy of it, and *kept back* if it has none, and one is in the log from the
last stable offset on.

- *aborted_visible*: of an aborted transaction, or of one whose commit nobody asked for, and seen. One that was sent in
  another transaction before may be seen because of that, and is none, if an earlier one may have been committed: its
  commit was asked for, and nobody heard of its end. Else it may be seen once because of its last one, and no more.
- *torn_transaction*: of a committed transaction of which something was seen, and neither seen nor kept back. One whose
  end nobody heard of was committed if a message is seen that was in no other which may have been.
- *fenced_visible*: of one whose commit was asked for when another producer of its ``transactional.id`` was there, and
  seen, if it was in no other which may have been committed.
- *hung_transaction*: kept back. An open transaction does that to everything behind it, this producer's or not, in a
  transaction or not; it loses nothing and tears nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly, Ending
from harness.journal.sealed import Transactions
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Bools, Copies
from harness.verify.readings import ReadCommitted


def _find(copies: Sequence[Copies], seen: Sequence[Copies], committed: ReadCommitted) -> Mapping[Anomaly, Found]:
    of_each = [_of(its, its_seen, committed) for its, its_seen in zip(copies, seen, strict=True)]
    return {
        anomaly: messages(copies, [np.flatnonzero(which[anomaly]) for which in of_each]) for anomaly in CHECK.anomalies
    }


def _of(copies: Copies, seen: Copies, committed: ReadCommitted) -> dict[Anomaly, Bools]:
    producer = copies.producer
    kept_back = committed.kept_back(copies, seen)
    return _with(producer.transactions, seen.landed, seen.several, kept_back, producer.fenced_ns)


def _with(
    transactions: Transactions | None, seen: Bools, several: Bools, kept_back: Bools, fenced_ns: int | None
) -> dict[Anomaly, Bools]:
    """Of each message whether that consumer has ``seen`` it, and got ``several`` copies of it."""
    found = {Anomaly.HUNG_TRANSACTION: kept_back}
    if transactions is None:
        nothing = np.zeros_like(seen)
        alone_have = (Anomaly.ABORTED_VISIBLE, Anomaly.TORN_TRANSACTION, Anomaly.FENCED_VISIBLE)
        return {**dict.fromkeys(alone_have, nothing), **found}
    number, again = transactions.number, transactions.again
    alone = transactions.alone
    ending = np.append(transactions.ending, np.uint8(Ending.OPEN))  # number -1, of none, is the one at the end
    to_commit = np.append(transactions.asked == Ending.COMMITTED, True)
    partly_seen, proved = np.zeros(len(ending), np.bool_), np.zeros(len(ending), np.bool_)
    partly_seen[number[seen]] = True
    proved[number[seen & alone]] = True
    never_committed = (ending == Ending.ABORTED) | ((ending == Ending.OPEN) & ~to_commit)
    committed = (ending == Ending.COMMITTED) | ((ending == Ending.OPEN) & to_commit & proved)
    of_one = number >= 0
    too_late = np.zeros(len(ending), np.bool_)
    if fenced_ns is not None:
        too_late[:-1] = (transactions.ended_ns > fenced_ns) & (transactions.asked == Ending.COMMITTED)
    too_often = never_committed[number] | (again & several)
    return {
        Anomaly.ABORTED_VISIBLE: of_one & too_often & seen & alone,
        Anomaly.TORN_TRANSACTION: of_one & (committed & partly_seen)[number] & ~seen & ~kept_back,
        Anomaly.FENCED_VISIBLE: of_one & (too_late & ~never_committed)[number] & seen & alone,
        **found,
    }


CHECK = Check(
    (Anomaly.ABORTED_VISIBLE, Anomaly.TORN_TRANSACTION, Anomaly.HUNG_TRANSACTION, Anomaly.FENCED_VISIBLE),
    ("copies", "seen", "committed"),
    _find,
)
