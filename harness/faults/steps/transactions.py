"""What becomes of producers in the middle of a transaction."""

from __future__ import annotations

from dataclasses import dataclass

from harness.events import TransactionPoint
from harness.faults.steps.step import Step


@dataclass(frozen=True)
class StopClient(Step):
    """The producer is told to stop at this point of a transaction: of the so manieth from now on, from 1, or of the
    first behind it that comes there.
    """

    point: TransactionPoint
    ordinal: int


@dataclass(frozen=True)
class AwaitStopped(Step):
    """Until it has stopped there."""


@dataclass(frozen=True)
class AwaitExpired(Step):
    """Until the coordinator has aborted what the stopped producer has open, for it takes too long: no transaction is
    open any more.
    """


@dataclass(frozen=True)
class GoOn(Step):
    """The producer that stopped goes on where it is."""


@dataclass(frozen=True)
class FenceClient(Step):
    """A second producer with the ``transactional.id`` of the first is there, has a journal of its own, and goes on with
    what is left of the load. The first is as it was.
    """


@dataclass(frozen=True)
class AwaitCommitted(Step):
    """Until so many messages of the load at work are committed."""

    count: int


@dataclass(frozen=True)
class AwaitGoneOn(Step):
    """Until the producer that went on can send no more, as one that is fenced, or has sent all that it had to send."""
