"""What became of each input of a pipeline: its outputs bear its producer and its sequence.

- *skipped*: acked, and no output, though the group goes on behind it. Where a pipeline ended too soon, what nobody had
  committed is somebody's to do yet. *redelivered*: outputs beyond each input's first, summed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.events import Anomaly, Outcome
from harness.journal.sealed import LogColumns, Parts, ProducerColumns
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Bools, match


def _find(
    inputs: Sequence[ProducerColumns], log: Parts[LogColumns], left_off: Mapping[int, int]
) -> Mapping[Anomaly, Found]:
    outputs, _ = match([_as_output(its, log) for its in inputs], log)
    skipped = [
        np.flatnonzero((its.outcome == Outcome.ACKED) & ~their.landed & _passed_by(its, left_off))
        for its, their in zip(inputs, outputs, strict=True)
    ]
    twice = messages(outputs, [np.flatnonzero(its.several) for its in outputs])
    beyond_first = sum(its.beyond_first for its in outputs)
    return {Anomaly.SKIPPED: messages(outputs, skipped), Anomaly.REDELIVERED: replace(twice, count=beyond_first)}


def _as_output(inputs: ProducerColumns, log: Parts[LogColumns]) -> ProducerColumns:
    """In the partitions in which the outputs are: that follows from the sequence, whoever worked."""
    partition = inputs.partition.copy()
    for part in log.parts():
        its_own = np.flatnonzero(part.valid & (part.producer == inputs.producer) & (part.sequence < len(inputs)))
        partition[part.sequence[its_own]] = part.partition[its_own]
    return replace(inputs, partition=partition)


def _passed_by(inputs: ProducerColumns, left_off: Mapping[int, int]) -> Bools:
    """Which are before where the group goes on; all of them where nobody noted that."""
    if not left_off:
        return np.ones(len(inputs), bool)
    ends = np.zeros(1 + max(*left_off, int(inputs.partition.max(initial=0))), np.int64)
    ends[list(left_off)] = list(left_off.values())
    return inputs.offset < ends[inputs.partition]


CHECK = Check((Anomaly.SKIPPED, Anomaly.REDELIVERED), ("inputs", "log", "left_off"), _find)
