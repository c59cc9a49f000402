"""What a worker of a pipeline reads: its consumer, where it is in each partition, and the journal of both."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from harness.clients.consumers import Consumer, ConsumerFailed, Polled
from harness.events import Consuming
from harness.journal.mapped import PollJournal

_AGAIN_S = 0.2


class Reader:
    """Reads on from where its group has left off, in the partitions that it has by hand, or that the group gives it.

    What it was given back of a group counts from the next poll on: before, nothing is taken from it.
    """

    def __init__(self, consumer: Consumer, by_hand: Collection[int], polls: PollJournal, patience_s: float) -> None:
        """Raises ``ConsumerFailed`` if nobody says within ``patience_s`` where it begins."""
        self._consumer, self._polls, self._patience_s = consumer, polls, patience_s
        self._committed: dict[int, int] = {}
        self.position: dict[int, int] = {}
        """The next offset to read, of each partition that it has."""
        self._begin(by_hand)

    def poll(self, most: int, timeout_s: float) -> tuple[list[Polled], frozenset[int]]:
        """Records, and the partitions that it lost or begins anew: what was not processed of them is another's to do.

        Raises ``ConsumerFailed``.
        """
        before = dict(self.position)
        polled = self._consumer.poll(most, timeout_s)
        moved = self._rebalanced()
        taken = [each for each in polled if each.partition in self.position]
        for partition in moved & before.keys() & self.position.keys():
            # A client may have had them ready before the group took the partition away and gave it back.
            first = next((each.offset for each in taken if each.partition == partition), None)
            if first == before[partition] != self.position[partition]:
                taken = [each for each in taken if each.partition != partition]
        self._polls.polled([(each.partition, each.offset) for each in taken])
        self.position |= {each.partition: each.offset + 1 for each in taken}
        return taken, moved

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        """Waits until the group has. Raises ``ConsumerFailed``."""
        self._consumer.commit(offsets, timeout_s)
        self.committed(offsets)

    def committed(self, offsets: Mapping[int, int]) -> None:
        """The group has, by whatever way."""
        for partition, offset in offsets.items():
            if self._committed.get(partition) != offset:
                self._polls.note(Consuming.COMMITTED, partition, offset)
        self._committed |= offsets

    def group(self) -> Any:
        """Who it is in the group, as its client tells it a producer. Raises ``ConsumerFailed``."""
        return self._consumer.group()

    def close(self, timeout_s: float) -> None:
        self._consumer.close(timeout_s)

    def _rebalanced(self) -> frozenset[int]:
        """Takes note of what the group gave and took since the last poll."""
        moved, begins = frozenset[int](), frozenset[int]()
        for told in self._consumer.events():
            for partition in sorted(told.partitions):
                self._polls.note(Consuming[told.what.upper()], partition)
                self.position.pop(partition, None)
            moved |= told.partitions
            begins = begins | told.partitions if told.what == "assigned" else begins - told.partitions
        self._begin(begins)
        return moved

    def _begin(self, partitions: Iterable[int]) -> None:
        if not partitions:
            return
        left_off = self._left_off()
        for partition in sorted(partitions):
            self.position[partition] = self._committed[partition] = left_off.get(partition, 0)
            self._polls.note(Consuming.LEFT_OFF, partition, self.position[partition])

    def _left_off(self) -> dict[int, int]:
        """What the group has committed. A coordinator that is new, or was just elected, has to be asked again."""
        until = time.monotonic() + self._patience_s
        while True:
            try:
                return self._consumer.committed(self._patience_s)
            except ConsumerFailed as failed:
                if failed.hung_s is not None or time.monotonic() > until:
                    raise
            time.sleep(_AGAIN_S)
