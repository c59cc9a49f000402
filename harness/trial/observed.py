"""Who led and who was in sync while a trial ran: behind its events, for it is no evidence of a fault."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping

from harness.clusters.admin import PartitionView
from harness.clusters.observer import Observer, leads
from harness.events import FaultEvent
from harness.trial.venue import Running


@contextlib.contextmanager
def all_along(running: Running) -> Iterator[None]:
    """Every change of it, which costs the cluster a request every now and then."""
    with Observer(running.venue.cluster, running.topics) as observer:
        yield
    running.events += observer.events


@contextlib.contextmanager
def before_and_after(running: Running) -> Iterator[None]:
    """Where nothing is to be held up: nobody looks on meanwhile."""
    running.events += _leaders(running)
    yield
    running.events += _leaders(running)


def _leaders(running: Running) -> list[FaultEvent]:
    def partitions_of(topic: str) -> Mapping[int, PartitionView]:
        view = running.venue.cluster.view(topic)
        return {} if view is None else view.partitions

    partitions = running.topics.gathered(partitions_of)
    return [leads(number, partition, time.monotonic_ns()) for number, partition in partitions.items()]
