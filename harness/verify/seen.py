"""What a run itself saw, as far as promises rest on it: who led, who was in sync, whom the fault struck and when.

A rule rests on premises (the leader leads on, somebody in sync stays whole). Whether they held is not for a fault's
name to say but for the run: a machine that is held up deposes leaders, and two faults at once leave what neither does
alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from harness.events import OBSERVED, Outcome
from harness.journal.mapped import NONE, Int64, UInt8
from harness.journal.sealed import ProducerColumns, slices
from harness.verify.copies import Bools
from harness.verify.states import Event, State, replay

_ENDS_PROCESS = frozenset({"kill", "shutdown", "ended", "restart"})
_NO_DEEDS = OBSERVED | {"healthy"}
_NO_ERROR = "none"  # Kafka's own name for it
_EVER = np.iinfo(np.int64)
_CHECKPOINT_NS = 500_000_000
"""What was forced to disk is noted as such this much later at the most (the checkpoint's interval in the fault profile,
and what it takes); until then the loss of power that is played here takes it.
"""


@dataclass(frozen=True)
class Noted:
    """What a producer noted of some messages."""

    sent_ns: Int64
    """When each was handed to its client."""
    reported_ns: Int64
    """When its client said what became of it, whatever that was; -1 if it never did."""
    outcome: UInt8

    @property
    def acked(self) -> Bools:
        """Or counted as sent, with acks=0."""
        acked: Bools = (self.outcome == Outcome.ACKED) | (self.outcome == Outcome.UNCONFIRMED)
        return acked


@dataclass(frozen=True, eq=False)
class Seen:
    """The events of one trial, in any order, and what its producers noted; ``partitions`` is how many there are."""

    events: Sequence[Event]
    partitions: int
    noted: Sequence[Noted]
    """Of all messages after the warm-up."""
    gave_up: bool
    """Of some message the client said that it does not know, or said nothing: it may still be on its way."""
    after_ns: int = _EVER.min
    until_ns: int = _EVER.max
    """Only messages that were handed over since the one and up to the other are meant."""

    @classmethod
    def of(cls, events: Sequence[Event], partitions: int, producers: Sequence[ProducerColumns]) -> Seen:
        noted = [
            Noted(*(getattr(producer, name)[producer.warmup :][part] for name in ("sent_ns", "done_ns", "outcome")))
            for producer in producers
            for part in slices(len(producer) - producer.warmup)
        ]
        silent = (((each.outcome == Outcome.UNKNOWN) | (each.outcome == Outcome.PENDING)).any() for each in noted)
        return cls(events, partitions, noted, gave_up=any(silent))

    def in_turn(self, parts: int) -> list[Seen]:
        """What was seen during each of several faults that ran one after the other: each ends when its load is sent."""
        ends = [event["at_ns"] for event in self._ordered if event["what"] == "sent"][: parts - 1]
        bounds = [_EVER.min, *ends, *[_EVER.max] * (parts - len(ends))]
        return [self._between(start, end) for start, end in pairwise(bounds)]

    def at_once(self, part: str) -> Seen:
        """What was seen of one of several faults at once, and of nobody's."""
        return replace(self, events=[event for event in self.events if event.get("part", part) == part])

    @cached_property
    def watched(self) -> bool:
        """Whether somebody noted who led each partition; else nobody can say who led on."""
        return self._terms.keys() >= set(range(self.partitions))

    @property
    def led_on(self) -> bool:
        """Every partition had one leader in one epoch, from before the load until after the recovery."""
        return all(len(terms) == 1 for terms in self._terms.values())

    @property
    def one_leader_each(self) -> bool:
        """Of each partition no other broker ever led, though there may have been times when nobody did."""
        return all(len({leader for leader, _ in terms if leader >= 0}) == 1 for terms in self._terms.values())

    @property
    def unclean(self) -> bool:
        """A replica that was not in sync was made to lead, or may have been: nobody led when that was asked for."""
        return any(
            event["what"] == "elected" and (event.get("answer") == _NO_ERROR or event.get("nobody_led", False))
            for event in self._ordered
        )

    def forgot(self, *, flushed: bool) -> frozenset[int]:
        """The brokers whose disks lost what they had. Where every message is ``flushed`` before it is acked, no power
        loss takes an acked one that had the time to be noted as such.
        """
        return frozenset(
            event["node"]
            for event in self._ordered
            if event["what"] == "disk-lost"
            or (event["what"] == "power-lost" and not (flushed and self._settled(event["at_ns"])))
        )

    def kept_all(self, min_insync: int, *, eligible: bool, flushed: bool) -> bool:
        """Whether of each partition some replica had all that acks=all acked and could lead with it: its disk stayed
        whole, its process never ended (one that ends in disorder is not eligible when it is back, KIP-966), and no ack
        was possible while it was out of sync. Without eligible leader replicas it has to have been in sync all along.
        """
        fell = self.forgot(flushed=flushed) | self._ended
        return bool(self._replicas) and all(
            any(self._kept(partition, replica, min_insync, eligible) for replica in replicas - fell)
            for partition, replicas in self._replicas.items()
        )

    def everyone_had_all(self, min_insync: int) -> bool:
        """Whether, until somebody came to lead for the last time, no ack of acks=all was possible without every
        replica: then it does not matter which of them leads.
        """
        last = max((i for i, state in enumerate(self._states) if state.after == "leader"), default=0)
        return not any(
            state.acks_without(partition, replica, min_insync)
            for state in self._states[:last]
            for partition, replicas in self._replicas.items()
            for replica in replicas
        )

    @property
    def sent(self) -> int:
        """How many messages there were."""
        return sum(int(np.count_nonzero(self._meant(its))) for its in self.noted)

    @property
    def struck_under_load(self) -> bool:
        """Whether the fault's first deed came while some message was still to come, or had no report yet."""
        deeds = [event["at_ns"] for event in self._ordered if event["what"] not in _NO_DEEDS]
        return bool(deeds) and self._any(lambda its: (its.reported_ns == NONE) | (its.reported_ns >= deeds[0]))

    @property
    def delivered(self) -> bool:
        """Whether any message after the warm-up was acked (acks=0: counted as sent)."""
        return self._any(lambda its: its.acked)

    @property
    def acked_before_kill(self) -> bool:
        """Whether a broker was killed when some message had been acked."""
        kills = [event["at_ns"] for event in self._ordered if event["what"] == "kill"]
        return bool(kills) and self._any(lambda its: its.acked & (its.reported_ns <= kills[-1]))

    @property
    def frozen_s(self) -> float:
        """For how long a node was frozen, the longest of them."""
        fell: dict[int, int] = {}
        longest_ns = 0
        for event in self._ordered:
            if event["what"] == "pause":
                fell[event["node"]] = event["at_ns"]
            elif event["what"] == "resume" and event["node"] in fell:
                longest_ns = max(longest_ns, event["at_ns"] - fell.pop(event["node"]))
        return longest_ns / 1e9

    def _kept(self, partition: int, replica: int, min_insync: int, eligible: bool) -> bool:
        if eligible:
            return not any(state.acks_without(partition, replica, min_insync) for state in self._states)
        return all(replica in state.in_sync[partition] for state in self._states if partition in state.in_sync)

    def _settled(self, at_ns: int) -> bool:
        since_ns = at_ns - _CHECKPOINT_NS
        return not self._any(lambda its: its.acked & (its.reported_ns <= at_ns) & (its.reported_ns > since_ns))

    def _any(self, of: Callable[[Noted], Bools]) -> bool:
        """Whether it is so of any message."""
        return any((of(its) & self._meant(its)).any() for its in self.noted)

    def _meant(self, its: Noted) -> Bools:
        meant: Bools = (its.sent_ns > self.after_ns) & (its.sent_ns <= self.until_ns)
        return meant

    def _between(self, start_ns: int, end_ns: int) -> Seen:
        """What happened in this time, and who led when it began."""
        led = {
            event.get("partition", 0): event
            for event in self._ordered
            if event["what"] == "leader" and event["at_ns"] <= start_ns
        }
        return replace(
            self,
            events=[*led.values(), *(event for event in self.events if start_ns < event["at_ns"] <= end_ns)],
            after_ns=start_ns,
            until_ns=end_ns,
        )

    @cached_property
    def _ordered(self) -> list[Event]:
        return sorted(self.events, key=lambda event: event["at_ns"])

    @cached_property
    def _states(self) -> list[State]:
        return list(replay(self._ordered))

    @cached_property
    def _terms(self) -> dict[int, set[tuple[int, int]]]:
        """Of each partition every (leader, epoch)."""
        found: dict[int, set[tuple[int, int]]] = {}
        for event in self._ordered:
            if event["what"] == "leader":
                found.setdefault(event.get("partition", 0), set()).add((event["leader"], event["epoch"]))
        return found

    @cached_property
    def _replicas(self) -> dict[int, frozenset[int]]:
        """By partition, whoever was ever in sync: a topic begins with all of its replicas so."""
        found: dict[int, frozenset[int]] = {}
        for state in self._states:
            for partition, in_sync in state.in_sync.items():
                found[partition] = found.get(partition, frozenset()) | in_sync
        return found

    @cached_property
    def _ended(self) -> frozenset[int]:
        return frozenset(event["node"] for event in self._ordered if event["what"] in _ENDS_PROCESS and "node" in event)
