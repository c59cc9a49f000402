"""What a check is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from harness.events import Anomaly
from harness.journal.mapped import Int64
from harness.verify.copies import Copies, Witness
from harness.verify.readings import Readings

MOST_WITNESSES = 10


@dataclass(frozen=True)
class Found:
    """How often an anomaly was found, and its first ten witnesses."""

    count: int
    witnesses: Sequence[Witness]


@dataclass(frozen=True)
class Check:
    """A pure function of readings that counts anomalies, each of which is its own alone."""

    anomalies: tuple[Anomaly, ...]
    """All that it counts."""
    needs: tuple[str, ...]
    """The readings that ``find`` gets, in this order, by their names in ``Readings``."""
    find: Callable[..., Mapping[Anomaly, Found]]

    def of(self, readings: Readings) -> dict[Anomaly, Found]:
        """What it finds; nothing, not even a zero, where something that it needs was not read."""
        given = [getattr(readings, name) for name in self.needs]
        if any(reading is None for reading in given):
            return {}
        found = self.find(*given)
        return {anomaly: found[anomaly] for anomaly in self.anomalies}


def messages(copies: Sequence[Copies], having: Iterable[Int64]) -> Found:
    """An anomaly of messages: of each producer the sequences that have it, ascending."""
    each = list(zip(copies, having, strict=True))
    few = (its.witnesses(sequences[:MOST_WITNESSES]) for its, sequences in each)
    shown = sorted(chain.from_iterable(few), key=lambda witness: (witness["sequence"], witness["producer"]))
    return Found(sum(len(sequences) for _, sequences in each), shown[:MOST_WITNESSES])
