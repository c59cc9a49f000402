"""Watches who leads the partitions of topics and who is in sync, while something else is being done to the cluster."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from types import TracebackType

from harness.clusters import Cluster, admin
from harness.events import FaultEvent
from harness.topics import Topics

_EVERY_S = 0.05
_TIMEOUT_S = 0.25
_AVOID_S = 1.0
_CATCH_UP_S = 0.5
_LOOKS_A_COMPARISON = 4
_COMPARISON_S = 0.05


class Observer:
    """From start to stop, an event for each change of the topics' partitions: ``leader`` and ``isr``, with
    ``partition``, its number among all.

    The first view counts as a change, and there is a last look when it stops. Brokers are asked with Metadata requests,
    at most one every 50 ms and over a connection each: 1 % of a core here and some 4 % of one in a broker that is not
    warm. One broker is asked as long as it answers, since views of several interleave; one that does not answer within
    250 ms, frozen or dead, is left alone for a second. The next one may have been frozen until now: for half a second
    only a newer leader epoch counts. Now and then another one is asked as well, for a broker that is cut off from the
    controller goes on telling what was: whoever knows a newer leader epoch is the one that is asked from then on.
    """

    def __init__(self, cluster: Cluster, topics: Topics) -> None:
        self.events: list[FaultEvent] = []
        """In order; whole when it has stopped."""
        self._cluster = cluster
        self._topics = topics
        self._asked = next(iter(cluster.addresses))
        self._trusted_from = 0.0
        self._silent_until = dict.fromkeys(cluster.addresses, 0.0)
        self._seen: dict[int, admin.PartitionView] = {}
        self._others = itertools.cycle(cluster.addresses)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"observer of {topics.first}", daemon=True)

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(_TIMEOUT_S * 8)

    def _watch(self) -> None:
        stopping, looks = False, 0
        while not stopping:
            stopping = self._stopping.wait(_EVERY_S)  # and then looks once more: the last change may be new
            if time.monotonic() >= self._silent_until[self._asked]:
                self._look()
            looks += 1
            if looks % _LOOKS_A_COMPARISON == 0:
                self._compare(next(self._others))

    def _look(self) -> None:
        try:
            partitions = self._seen_by(self._asked, _TIMEOUT_S)
        except admin.AdminError:
            self._silent_until[self._asked] = time.monotonic() + _AVOID_S
        else:
            if partitions:
                self._note(partitions)
                return
        self._asked = min(self._silent_until, key=lambda node: (self._silent_until[node], node == self._asked))
        self._trusted_from = time.monotonic() + _CATCH_UP_S

    def _compare(self, other: int) -> None:
        try:
            known = self._seen_by(other, _COMPARISON_S)
        except admin.AdminError:
            return
        newer = {
            n: view for n, view in known.items() if n in self._seen and view.leader_epoch > self._seen[n].leader_epoch
        }
        if newer:
            self._asked = other
            self._note(newer)
            self._trusted_from = time.monotonic() + _CATCH_UP_S  # of the other partitions it may know less

    def _seen_by(self, node: int, timeout_s: float) -> Mapping[int, admin.PartitionView]:
        """Raises ``AdminError``."""
        told = admin.partitions_of(self._cluster.addresses[node], self._topics.names, timeout_s, self._cluster.security)
        return self._topics.gathered(lambda topic: told.get(topic, {}))

    def _note(self, partitions: Mapping[int, admin.PartitionView]) -> None:
        caught_up, now_ns = time.monotonic() >= self._trusted_from, time.monotonic_ns()
        for number, view in partitions.items():
            seen = self._seen.get(number)
            if not stale(seen, view, caught_up=caught_up):
                self.events += changes(number, seen, view, now_ns)
                self._seen[number] = view


def stale(seen: admin.PartitionView | None, view: admin.PartitionView, *, caught_up: bool) -> bool:
    """Whether a view may be older than what was seen: of an older leader epoch, or of the same by a broker that may
    have slept until now, and so may not have ``caught_up`` with changes of the ISR.
    """
    if seen is None:
        return False
    return view.leader_epoch < seen.leader_epoch or (view.leader_epoch == seen.leader_epoch and not caught_up)


def changes(
    partition: int, seen: admin.PartitionView | None, view: admin.PartitionView, at_ns: int
) -> list[FaultEvent]:
    """What is new in a view of a partition, as events."""
    events = []
    if seen is None or (view.leader, view.leader_epoch) != (seen.leader, seen.leader_epoch):
        events.append(leads(partition, view, at_ns))
    if seen is None or set(view.isr) != set(seen.isr):
        isr = {"partition": partition, "isr": sorted(view.isr), "leader": view.leader}
        events.append(FaultEvent(at_ns, "isr", isr))
    return events


def leads(partition: int, view: admin.PartitionView, at_ns: int) -> FaultEvent:
    """Who leads, as an event."""
    return FaultEvent(at_ns, "leader", {"partition": partition, "leader": view.leader, "epoch": view.leader_epoch})
