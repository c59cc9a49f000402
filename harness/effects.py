"""What a fault does to the promise, as data: the words in which rules speak of faults, whatever those are called.

Plain and closed, so that it can be stored and read elsewhere (``dataclasses.asdict``). Nodes are those of partition 0
when the fault strikes, as in ``harness.faults.steps``; times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.events import NO_FAULT

Whom = Literal["leader", "follower", "followers", "controller", "txn-coordinator", "group-coordinator", "all", "each"]
"""``all`` are the brokers at once, ``each`` are they one after the other, the leader first. A coordinator is one of
them, which may lead a partition, follow in it, or have no part in it.
"""
COORDINATORS: tuple[Whom, ...] = ("txn-coordinator", "group-coordinator")
How = Literal["killed", "shut down", "ended", "frozen", "cut off", "disconnected"]
"""Shut down it hands over first; ``ended`` by itself, for its disk fails. A leader that is cut off is so from the
controller, followers are from the leader; clients reach all of them. Disconnected it runs on, and nobody reaches it.
"""
Elects = Literal["nobody", "after a session", "in another partition", "another"]
"""Who can lead next: whether the leader of every partition surely leads on, does so unless a freeze outlasts a session,
does so in partition 0 alone, or another one may come to lead. From the least to the most.
"""


@dataclass(frozen=True)
class FaultLoad:
    """Under which the fault is made to strike."""

    messages: int
    message_size: int
    """Bytes of a value."""
    warmup: int
    """Messages sent, and reported, before."""
    rate: float | None = None
    """Messages a second; None is as fast as it goes."""
    flush_every: int | None = None
    """So many messages are one request; None where nothing is flushed."""


@dataclass(frozen=True)
class Away:
    """Nodes that are not there for a while, or not for everybody."""

    whom: Whom
    how: How
    seconds: float = 0.0
    """So long at least, beside what the cluster takes to react."""
    before: bool = False
    """When the load begins they are away."""
    noticed: bool = False
    """Before they are back another leads in their place, or they are out of sync."""


@dataclass(frozen=True)
class Requests:
    """What becomes of some of the client's requests and of their answers."""

    fate: Literal["lost", "refused"]
    written: bool
    """The broker has written what is in them."""
    error: int = 0
    """With which they are refused: Kafka's code."""
    silent: bool = False
    """The connection stays: only time tells the client."""
    amid_others: bool = False
    """Those behind are on their way already, for all answers are late."""


@dataclass(frozen=True)
class Line:
    """What becomes of the way between client and brokers."""

    how: Literal["late", "slow", "held", "reset", "refused"]
    """Each answer or request is late; too few bytes pass, or none; connections end and no new one is taken, or only
    that.
    """
    seconds: float | None = None
    """How late, else how long; None is to the load's end."""
    bytes_per_s: float | None = None
    """Of a slow one."""


@dataclass(frozen=True)
class Producer:
    """What becomes of the application that sends."""

    how: Literal["killed", "taken over", "frozen", "fenced"]
    """Taken over by a new producer, which no broker knows unless by a ``transactional.id``; fenced by one of its own
    that is there beside it."""
    seconds: float = 0.0
    """How long it is frozen."""
    resends: bool = False
    """The new one sends again what the killed one had no report for, or had not committed."""


HowWorker = Literal["killed", "replaced", "stalled", "joined"]


@dataclass(frozen=True)
class PipelineWorker:
    """What becomes of a worker of a pipeline, at which point of a batch's life."""

    how: HowWorker
    """Replaced, it is frozen while another does its work, and wakes up; stalled, it is so until its group has given its
    partitions to others. Joined, another comes, and later one goes, each between batches.
    """
    point: str = ""


@dataclass(frozen=True)
class Forgets:
    """What disks no longer have when their brokers start again."""

    whose: Whom
    what: Literal["unflushed", "everything"]


@dataclass(frozen=True)
class Effects:
    """Of one fault with given parameters; by default nothing happens."""

    load: FaultLoad | None = None
    under_load: bool = False
    """It strikes while a paced load goes on: later it proves nothing."""
    elects: Elects = "nobody"
    behind_leads: bool = False
    """A replica that is behind is made to lead."""
    away: tuple[Away, ...] = ()
    requests: Requests | None = None
    line: Line | None = None
    producer: Producer | None = None
    point: str = ""
    """Of a producer's transaction, at which it strikes; empty if at none for certain."""
    worker: PipelineWorker | None = None
    forgets: Forgets | None = None

    @property
    def do_anything(self) -> bool:
        """Whether anything happens."""
        anywhere = self.away or self.behind_leads or self.requests or self.line or self.forgets
        return bool(anywhere or self.producer or self.worker)

    @property
    def only_the_controller(self) -> bool:
        """It takes nothing away but the controller, so that nobody is elected and no session ends meanwhile."""
        rest = self.behind_leads or self.requests or self.line or self.producer or self.forgets
        return bool(self.away) and not rest and all(away.whom == "controller" for away in self.away)


AtOnce = Mapping[str, Effects | None]
"""Of faults that are at work at the same time, by their names, which events bear; None of one that nobody knows."""
InTurn = Sequence[AtOnce]
"""Of faults one after the other."""
PEACE: InTurn = ({NO_FAULT: Effects()},)
"""Nothing is done."""
