"""How long nothing was acked, and how long it took until everything was again.

Both are about what a broker confirmed. With acks=0 none confirms anything: the client counts messages as sent while
the leader is dead, so a gap or a recovery read from that would be the client's own, and there is None.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.events import Outcome
from harness.journal import NONE, Int32, ProducerColumns
from harness.measure.measured import Bools, Measured


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
    slowest_ns = _slowest_ns(measured, sent_to, since & measured.acked)
    return None if slowest_ns is None else (slowest_ns - fault_start_ns) / 1e9


def recovered_after_heal_s(producers: Sequence[ProducerColumns], healed_ns: int) -> float | None:
    """How long after the fault was undone every partition had acked again; the slowest partition's time.

    Any ack since then counts, also of a message that had waited all the while: it shows that the client goes on.
    Partitions with no message that was waited for then, or was sent since, do not count. None if one of the others
    never acked again, if there are none, or with acks=0.
    """
    measured = Measured.of(producers)
    if measured is None:
        return None
    waited_for = _waited_for(measured, healed_ns)
    acked = waited_for & measured.acked
    slowest_ns = _slowest_ns(measured, np.unique(measured.partition[waited_for]), acked)
    return None if slowest_ns is None else (slowest_ns - healed_ns) / 1e9


def waited_after_heal_s(producers: Sequence[ProducerColumns], healed_ns: int) -> float | None:
    """How long reports were waited for since the fault was undone; None if there were none to wait for, with acks=0, or
    if nobody noted when the waiting ended.
    """
    measured = Measured.of(producers)
    closed_ns = [producer.closed_ns for producer in producers if producer.closed_ns is not None]
    if measured is None or not closed_ns or max(closed_ns) < healed_ns or not _waited_for(measured, healed_ns).any():
        return None
    return (max(closed_ns) - healed_ns) / 1e9


def _waited_for(measured: Measured, since_ns: int) -> Bools:
    """The messages without a report then, or sent later; with acks=0 none, for nobody reports those."""
    waited_for: Bools = (measured.done_ns == NONE) | (measured.done_ns > since_ns)
    waited_for &= measured.outcome != Outcome.UNCONFIRMED
    return waited_for


def _slowest_ns(measured: Measured, partitions: Int32, acked: Bools) -> int | None:
    """When the last of these partitions had its first of these acks; None if one never had, or there are none."""
    if len(partitions) == 0:
        return None
    never = np.iinfo(np.int64).max
    first_ack_ns = np.full(int(partitions.max()) + 1, never)
    np.minimum.at(first_ack_ns, measured.partition[acked], measured.done_ns[acked])
    slowest_ns = int(first_ack_ns[partitions].max())
    return None if slowest_ns == never else slowest_ns
