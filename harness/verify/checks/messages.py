"""What became of each message: what its client said of it, against its copies in the log.

- *lost*: acked or unconfirmed, and no copy, which no compaction can have taken either.
- *duplicate*: copies beyond each message's first, summed.
- *unknown_landed*, *unknown_absent*, *failed_landed*: by outcome, with a copy or without. PENDING is unknown.
- *misplaced*: acked with an offset, and landed, but with no copy at that offset: also of two acks that share one, since
  a log holds one record there. A message that is lost is lost and nothing else, for its offset may have been written
  anew; a client that gave no offset contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.events import Anomaly, Outcome
from harness.journal.mapped import NONE, Int64
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Bools, Copies


def _find(copies: Sequence[Copies], superseded: Sequence[Bools]) -> Mapping[Anomaly, Found]:
    of_each = [_of(its, gone) for its, gone in zip(copies, superseded, strict=True)]
    found = {anomaly: messages(copies, [which[anomaly] for which in of_each]) for anomaly in CHECK.anomalies}
    beyond_first = sum(its.beyond_first for its in copies)
    return found | {Anomaly.DUPLICATE: replace(found[Anomaly.DUPLICATE], count=beyond_first)}


def _of(copies: Copies, superseded: Bools) -> dict[Anomaly, Int64]:
    outcome, landed = copies.producer.outcome, copies.landed
    claimed = (outcome == Outcome.ACKED) | (outcome == Outcome.UNCONFIRMED)
    unknown = (outcome == Outcome.UNKNOWN) | (outcome == Outcome.PENDING)
    return {
        Anomaly.LOST: np.flatnonzero(claimed & ~landed & ~superseded),
        Anomaly.DUPLICATE: np.flatnonzero(copies.several),
        Anomaly.UNKNOWN_LANDED: np.flatnonzero(unknown & landed),
        Anomaly.UNKNOWN_ABSENT: np.flatnonzero(unknown & ~landed),
        Anomaly.FAILED_LANDED: np.flatnonzero((outcome == Outcome.FAILED) & landed),
        Anomaly.MISPLACED: _misplaced(copies),
    }


def _misplaced(copies: Copies) -> Int64:
    producer = copies.producer
    told = (producer.outcome == Outcome.ACKED) & (producer.offset != NONE)
    return np.flatnonzero(told & copies.landed & ~copies.lies_at(producer.offset))


CHECK = Check(
    (
        Anomaly.LOST,
        Anomaly.DUPLICATE,
        Anomaly.UNKNOWN_LANDED,
        Anomaly.UNKNOWN_ABSENT,
        Anomaly.FAILED_LANDED,
        Anomaly.MISPLACED,
    ),
    ("copies", "superseded"),
    _find,
)
