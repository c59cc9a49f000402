"""What there is to read of a trial, as columns; what it says is for the checks to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.events import Consuming
from harness.journal.mapped import Int64
from harness.journal.sealed import BatchColumns, ConsumedColumns, LogColumns, Parts, PollColumns, ProducerColumns
from harness.verify.compaction import KeyOf, superseded
from harness.verify.copies import Bools, Copies, match


@dataclass(frozen=True)
class ReadCommitted:
    """The other reading of the same log: after the recovery, and after ``transaction.timeout.ms`` has passed."""

    log: Parts[LogColumns]
    """What a consumer got with ``isolation.level=read_committed``."""
    stable: Int64
    """The last stable offset of each partition, by its number: there that consumer's reading ends."""

    def kept_back(self, copies: Copies, seen: Copies) -> Bools:
        """Which messages of a producer, of whose copies in all of the log none is ``seen`` here, have one from the last
        stable offset on.
        """
        waits: Bools = copies.landed & ~seen.landed
        unseen = np.flatnonzero(waits)
        waits[unseen] = copies.last(unseen) >= self.stable[copies.producer.partition[unseen]]
        return waits


@dataclass(frozen=True)
class GivenUp:
    """A call of the client that had not returned when it was waited for no longer."""

    call: str
    seconds: float


@dataclass(frozen=True)
class Readings:
    """Of one trial; what nobody read is None. Checks ask for them by name, those that follow from others as well.

    Raises ``ValueError`` if two journals are of one producer.
    """

    producers: Sequence[ProducerColumns] | None = None
    log: Parts[LogColumns] | None = None
    """All of it, as ``read_uncommitted`` reads it."""
    committed: ReadCommitted | None = None
    consumed: Parts[ConsumedColumns] | None = None
    inputs: Sequence[ProducerColumns] | None = None
    """What a pipeline had to process; the log is that of its outputs then, and nobody else's journal is of it."""
    given_up: Sequence[GivenUp] | None = None
    """The client's calls that did not return; None where nobody bounded any."""
    batches: BatchColumns | None = None
    """When a pipeline processed which of them."""
    polls: Sequence[PollColumns] | None = None
    """What each worker of a pipeline was given to read of its inputs."""
    key_of: KeyOf | None = None
    """The keys of messages, where the log is compacted; None where it is not."""
    report_within_ns: int | None = None
    """How long after a message was handed over its client has to have reported it; None where nothing bounds that."""

    def __post_init__(self) -> None:
        producers = self.producers or ()
        if len({producer.producer for producer in producers}) < len(producers):
            raise ValueError("two journals are of the same producer: their messages cannot be told apart")

    @cached_property
    def _matched(self) -> tuple[list[Copies], LogColumns] | None:
        return None if self.producers is None or self.log is None else match(self.producers, self.log)

    @property
    def copies(self) -> list[Copies] | None:
        """Each producer's messages, and where in the log they are."""
        return None if self._matched is None else self._matched[0]

    @cached_property
    def seen(self) -> list[Copies] | None:
        """The same, where in the other reading of the log they are."""
        if self.producers is None or self.committed is None:
            return None
        return match(self.producers, self.committed.log)[0]

    @property
    def strays(self) -> LogColumns | None:
        """The records that are no copies of any message."""
        return None if self._matched is None else self._matched[1]

    @cached_property
    def superseded(self) -> list[Bools] | None:
        """Which of each producer's messages compaction may have taken."""
        if self.producers is None or self.log is None:
            return None
        if self.key_of is None:
            return [np.zeros(len(producer), bool) for producer in self.producers]
        return [superseded(producer, self.log.whole(), self.key_of) for producer in self.producers]

    @cached_property
    def closed_ns(self) -> list[int] | None:
        """When nobody waited for each producer's reports any more; None if of one of them nobody noted that."""
        noted = [producer.closed_ns for producer in self.producers or () if producer.closed_ns is not None]
        return noted if self.producers is not None and len(noted) == len(self.producers) else None

    @cached_property
    def left_off(self) -> Mapping[int, int]:
        """By partition of the inputs the furthest offset at which the group would go on, as its workers noted when they
        began and committed, and 0 where none came to that; of none where there are no such notes.
        """
        if self.polls is None:
            return {}
        ends = {int(partition): 0 for its in self.inputs or () for partition in np.unique(its.partition)}
        for worker in self.polls:
            told = np.isin(worker.what, (Consuming.LEFT_OFF, Consuming.COMMITTED))
            for partition, offset in zip(worker.partition[told].tolist(), worker.first[told].tolist(), strict=True):
                ends[partition] = max(offset, ends.get(partition, 0))
        return ends
