"""The events of a trial, replayed: from each to the next, which nodes were down and which replicas in sync."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]
"""A stored event: ``at_ns``, ``what`` and the evidence."""

_FALLS = frozenset({"kill", "pause", "shutdown", "ended", "disconnect"})
_RISES = frozenset({"restart", "resume", "reconnect"})


@dataclass(frozen=True)
class State:
    """What held after one event and until the next."""

    after: str
    """What that event was."""
    down: frozenset[int]
    """Nodes that are dead, frozen or off the network. One that is cut off is none: it goes on, and acks may too."""
    in_sync: Mapping[int, frozenset[int]]
    """By partition."""

    def acks_without(self, partition: int, replica: int, min_insync: int) -> bool:
        """Whether acks=all could be acked here while this replica was not in sync: an ack needs all that are."""
        in_sync = self.in_sync.get(partition, frozenset())
        return replica not in in_sync and len(in_sync) >= min_insync and not in_sync & self.down


def replay(events: Sequence[Event]) -> Iterator[State]:
    """A state an event. ``events`` are in the order of their times."""
    down: frozenset[int] = frozenset()
    in_sync: dict[int, frozenset[int]] = {}
    for event in events:
        what = event["what"]
        if what in _FALLS and "node" in event:
            down |= {event["node"]}
        elif what in _RISES and "node" in event:
            down -= {event["node"]}
        elif what == "isr":
            in_sync = {**in_sync, event.get("partition", 0): frozenset(event["isr"])}
        yield State(what, down, in_sync)
