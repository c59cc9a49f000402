"""The messages that figures are made of: all producers' together, without those that warmed them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.events import Outcome
from harness.journal import Int32, Int64, ProducerColumns, UInt8

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """Columns as in ``ProducerColumns``, a row a message, at least one; in the order of their sequences within a
    producer, and of no matter otherwise.
    """

    due_ns: Int64
    sent_ns: Int64
    done_ns: Int64
    partition: Int32
    outcome: UInt8

    @classmethod
    def of(cls, producers: Sequence[ProducerColumns]) -> Measured | None:
        """None if nothing was sent after the warm-up."""
        if not any(len(producer) > producer.warmup for producer in producers):
            return None
        return cls(*(_joined(producers, name) for name in cls.__dataclass_fields__))

    @property
    def acked(self) -> Bools:
        acked: Bools = self.outcome == Outcome.ACKED
        return acked

    @property
    def counted(self) -> Bools:
        """As ``counted`` says."""
        return counted(self.outcome)

    @property
    def end_ns(self) -> int:
        """When the last message was done, or sent if nothing was ever heard of it."""
        return int(max(self.done_ns.max(), self.sent_ns.max()))


def counted(outcome: UInt8) -> Bools:
    """Acked, or with acks=0 counted as sent by the client, which is all that anybody knows there."""
    of_these: Bools = (outcome == Outcome.ACKED) | (outcome == Outcome.UNCONFIRMED)
    return of_these


def measured_from_ns(producers: Sequence[ProducerColumns]) -> int:
    """When the first message after the warm-up was due: second 0 of everything a record says."""
    firsts = [int(p.due_ns[p.warmup]) for p in producers if len(p) > p.warmup]
    return min(firsts, default=max((int(p.due_ns[-1]) for p in producers if len(p)), default=0))


def _joined(producers: Sequence[ProducerColumns], column: str) -> Any:
    parts = [getattr(producer, column)[producer.warmup :] for producer in producers]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
