"""*reordered*: of one producer and partition, the messages whose first copy (the one of the lowest offset) lies before
the first copy of any earlier sequence. A later copy is a duplicate and reorders nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly
from harness.journal import Int64
from harness.verify.checks.check import Check, Found, messages
from harness.verify.copies import Copies


def _find(copies: Sequence[Copies]) -> Mapping[Anomaly, Found]:
    return {Anomaly.REORDERED: messages(copies, map(_reordered, copies))}


def _reordered(copies: Copies) -> Int64:
    landed, partition = np.flatnonzero(copies.landed), copies.producer.partition
    keys = partition[landed]
    # A stable sort keeps each partition's messages in order; numpy has a radix sort for keys of one or two bytes.
    grouped = landed[np.argsort(keys.astype(np.min_scalar_type(keys.max(initial=0))), kind="stable")]
    starts = np.flatnonzero(np.diff(partition[grouped])) + 1
    behind = []
    for of_partition in np.split(grouped, starts):
        offsets = copies.first[of_partition]
        behind.append(of_partition[1:][offsets[1:] < np.maximum.accumulate(offsets[:-1])])
    return np.sort(np.concatenate(behind))


CHECK = Check((Anomaly.REORDERED,), ("copies",), _find)
