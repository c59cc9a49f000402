"""*unreported*: reported later than the client has to, or not at all though it was waited for longer than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly, Outcome
from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import ProducerColumns, slices
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Copies


def _find(copies: Sequence[Copies], closed_ns: Sequence[int], within_ns: int) -> Mapping[Anomaly, Found]:
    each = zip(copies, closed_ns, strict=True)
    return {Anomaly.UNREPORTED: messages(copies, [_late(its.producer, closed, within_ns) for its, closed in each])}


def _late(producer: ProducerColumns, closed_ns: int, within_ns: int) -> Int64:
    late = np.zeros(len(producer), np.bool_)
    for part in slices(len(producer)):
        until = np.where(producer.done_ns[part] == NONE, closed_ns, producer.done_ns[part])
        late[part] = (until - producer.sent_ns[part] > within_ns) & (producer.outcome[part] != Outcome.UNSENT)
    return np.flatnonzero(late)


CHECK = Check((Anomaly.UNREPORTED,), ("copies", "closed_ns", "report_within_ns"), _find)
