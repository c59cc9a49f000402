"""The messages that figures are made of: all producers' together, without those that warmed them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.events import Outcome
from harness.journal.mapped import Int32, Int64, UInt8
from harness.journal.sealed import ProducerColumns, slices

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """Columns as in ``ProducerColumns``, a row a message, at least one; of one producer, by its sequences."""

    due_ns: Int64
    sent_ns: Int64
    done_ns: Int64
    partition: Int32
    outcome: UInt8

    @property
    def acked(self) -> Bools:
        acked: Bools = self.outcome == Outcome.ACKED
        return acked

    @property
    def counted(self) -> Bools:
        """As ``counted`` says."""
        return counted(self.outcome)


def parts(producers: Sequence[ProducerColumns]) -> list[Measured]:
    """All that was sent after the warm-up, some messages at a time; empty if nothing was."""
    return [
        Measured(*(getattr(producer, name)[producer.warmup :][part] for name in Measured.__dataclass_fields__))
        for producer in producers
        for part in slices(len(producer) - producer.warmup)
    ]


def end_ns(measured: Sequence[Measured]) -> int:
    """When the last message was done, or sent if nothing was ever heard of it."""
    return int(max(max(part.done_ns.max(), part.sent_ns.max()) for part in measured))


def counted(outcome: UInt8) -> Bools:
    """Acked, or with acks=0 counted as sent by the client, which is all that anybody knows there."""
    of_these: Bools = (outcome == Outcome.ACKED) | (outcome == Outcome.UNCONFIRMED)
    return of_these


def measured_from_ns(producers: Sequence[ProducerColumns]) -> int:
    """When the first message after the warm-up was due: second 0 of everything a record says."""
    firsts = [int(p.due_ns[p.warmup]) for p in producers if len(p) > p.warmup]
    return min(firsts, default=max((int(p.due_ns[-1]) for p in producers if len(p)), default=0))
