"""How long nothing was acked, and how long it took until everything was again.

Both are about what a broker confirmed. With acks=0 none confirms anything: the client counts messages as sent while
the leader is dead, so a gap or a recovery read from that would be the client's own, and there is None.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.events import Outcome
from harness.journal import ProducerColumns
from harness.measure.measured import Measured


def longest_gap_s(producers: Sequence[ProducerColumns]) -> float | None:
    """The longest time without an ack after the warm-up; None with acks=0, or if nothing was sent.

    Gaps are counted from the first message sent to the last one done, both ends included: a cluster that never
    answers is one gap.
    """
    measured = Measured.of(producers)
    if measured is None or (measured.outcome == Outcome.UNCONFIRMED).any():
        return None
    acks_ns = np.sort(measured.done_ns[measured.acked])
    marks_ns = np.concatenate([[measured.sent_ns.min()], acks_ns, [measured.end_ns]])
    return float(np.diff(marks_ns).max() / 1e9)


def recovery_s(producers: Sequence[ProducerColumns], fault_start_ns: int) -> float | None:
    """How long after the fault began every partition had acked again; the slowest partition's time.

    A partition has recovered with the first ack of a message that was due after the fault began: acks of earlier ones
    may have been on their way already. Partitions that nothing was sent to since do not count. None if one of the
    others never acked again, if nothing was sent since, or with acks=0. ``fault_start_ns`` is on the journals' clock.
    """
    measured = Measured.of(producers)
    if measured is None:
        return None
    since = measured.due_ns >= fault_start_ns
    sent_to = np.unique(measured.partition[since])
    if len(sent_to) == 0:
        return None
    acked = since & measured.acked
    never = np.iinfo(np.int64).max
    first_ack_ns = np.full(int(sent_to.max()) + 1, never)
    np.minimum.at(first_ack_ns, measured.partition[acked], measured.done_ns[acked])
    slowest_ns = int(first_ack_ns[sent_to].max())
    return None if slowest_ns == never else (slowest_ns - fault_start_ns) / 1e9
