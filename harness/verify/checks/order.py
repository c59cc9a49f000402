"""*reordered*: of one producer and partition, the messages whose first copy (the one of the lowest offset) lies before
the first copy of any earlier sequence. A later copy is a duplicate and reorders nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly
from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import slices
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Copies


def _find(copies: Sequence[Copies]) -> Mapping[Anomaly, Found]:
    return {Anomaly.REORDERED: messages(copies, map(_reordered, copies))}


def _reordered(copies: Copies) -> Int64:
    furthest = np.full(int(copies.producer.partition.max(initial=0)) + 1, NONE)  # by partition, so far
    return np.concatenate(
        [np.zeros(0, np.int64), *(_behind(copies, part, furthest) for part in slices(len(copies.first)))]
    )


def _behind(copies: Copies, part: slice, furthest: Int64) -> Int64:
    """Of these messages those whose first copy lies before the furthest of their partition, which goes on from here."""
    landed, first, partition = np.flatnonzero(copies.landed[part]), copies.first[part], copies.producer.partition[part]
    keys = partition[landed]
    # A stable sort keeps each partition's messages in order; numpy has a radix sort for keys of one or two bytes.
    grouped = landed[np.argsort(keys.astype(np.min_scalar_type(keys.max(initial=0))), kind="stable")]
    starts = np.flatnonzero(np.diff(partition[grouped])) + 1
    behind = []
    for of_partition in np.split(grouped, starts) if len(grouped) else ():
        offsets, its = first[of_partition], partition[of_partition[0]]
        before = np.maximum.accumulate(np.append(furthest[its], offsets))
        behind.append(of_partition[offsets < before[:-1]])
        furthest[its] = before[-1]
    return part.start + np.sort(np.concatenate(behind)) if behind else np.zeros(0, np.int64)


CHECK = Check((Anomaly.REORDERED,), ("copies",), _find)
