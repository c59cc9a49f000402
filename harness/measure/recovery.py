"""How long nothing was acked, and how long it took until everything was again.

Both are about what a broker confirmed. With acks=0 none confirms anything: the client counts messages as sent while
the leader is dead, so a gap or a recovery read from that would be the client's own, and there is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from harness.events import Outcome
from harness.journal.mapped import NONE
from harness.journal.sealed import ProducerColumns
from harness.measure.measured import Bools, Measured, end_ns, parts


def longest_gap_s(producers: Sequence[ProducerColumns]) -> float | None:
    """The longest time without an ack after the warm-up; None with acks=0, or if nothing was sent.

    Gaps are counted from the first message sent to the last one done, both ends included: a cluster that never
    answers is one gap.
    """
    measured = parts(producers)
    if not measured or any((part.outcome == Outcome.UNCONFIRMED).any() for part in measured):
        return None
    ends_ns = [min(part.sent_ns.min() for part in measured), end_ns(measured)]
    marks_ns = np.concatenate([ends_ns, *(part.done_ns[part.acked] for part in measured)])
    marks_ns.sort()
    return float(np.diff(marks_ns).max() / 1e9)


def recovery_s(producers: Sequence[ProducerColumns], fault_start_ns: int) -> float | None:
    """How long after the fault began every partition had acked again; the slowest partition's time.

    A partition has recovered with the first ack of a message that was due after the fault began: acks of earlier ones
    may have been on their way already. Partitions that nothing was sent to since do not count. None if one of the
    others never acked again, if nothing was sent since, or with acks=0. ``fault_start_ns`` is on the journals' clock.
    """
    slowest_ns = _slowest_ns((part, part.due_ns >= fault_start_ns) for part in parts(producers))
    return None if slowest_ns is None else (slowest_ns - fault_start_ns) / 1e9


def recovered_after_heal_s(producers: Sequence[ProducerColumns], healed_ns: int) -> float | None:
    """How long after the fault was undone every partition had acked again; the slowest partition's time.

    Any ack since then counts, also of a message that had waited all the while: it shows that the client goes on.
    Partitions with no message that was waited for then, or was sent since, do not count. None if one of the others
    never acked again, if there are none, or with acks=0.
    """
    slowest_ns = _slowest_ns((part, _waited_for(part, healed_ns)) for part in parts(producers))
    return None if slowest_ns is None else (slowest_ns - healed_ns) / 1e9


def waited_after_heal_s(producers: Sequence[ProducerColumns], healed_ns: int) -> float | None:
    """How long reports were waited for since the fault was undone; None if there were none to wait for, with acks=0, or
    if nobody noted when the waiting ended.
    """
    closed_ns = [producer.closed_ns for producer in producers if producer.closed_ns is not None]
    if not closed_ns or max(closed_ns) < healed_ns:
        return None
    if not any(_waited_for(part, healed_ns).any() for part in parts(producers)):
        return None
    return (max(closed_ns) - healed_ns) / 1e9


def _waited_for(measured: Measured, since_ns: int) -> Bools:
    """The messages without a report then, or sent later; with acks=0 none, for nobody reports those."""
    waited_for: Bools = (measured.done_ns == NONE) | (measured.done_ns > since_ns)
    waited_for &= measured.outcome != Outcome.UNCONFIRMED
    return waited_for


def _slowest_ns(asked: Iterable[tuple[Measured, Bools]]) -> int | None:
    """When the last of the partitions of these messages had the first ack of one of them; None if one never had, or
    there are none.
    """
    never = np.iinfo(np.int64).max
    first_ack_ns: dict[int, int] = {}
    for measured, these in asked:
        partitions = np.unique(measured.partition[these])
        here_ns = np.full(int(partitions.max(initial=0)) + 1, never)
        acked = these & measured.acked
        np.minimum.at(here_ns, measured.partition[acked], measured.done_ns[acked])
        for partition in partitions.tolist():
            first_ack_ns[partition] = min(int(here_ns[partition]), first_ack_ns.get(partition, never))
    slowest_ns = max(first_ack_ns.values(), default=never)
    return None if slowest_ns == never else slowest_ns
