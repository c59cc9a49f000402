"""What ``cleanup.policy=compact`` may have taken from a log: of each key all but its newest message."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.journal.mapped import NONE, Int64
from harness.journal.sealed import LogColumns, ProducerColumns
from harness.verify.copies import Bools

Partitions = npt.NDArray[np.int32]
KeyOf = Callable[[Int64], Int64]
"""The number of the key that the message of each sequence has."""


def superseded(producer: ProducerColumns, log: LogColumns, key_of: KeyOf) -> Bools:
    """Which of a producer's messages have a newer one of their key in their partition of the log: that they are not
    there says nothing. Of one whose offset nobody knows it is one that was handed over later by the same producer.
    """
    sequence = np.arange(len(producer))
    its = key_of(sequence)
    rows = np.flatnonzero(log.valid)
    own = rows[log.producer[rows] == producer.producer]
    by_offset = _greatest(log.partition[rows], key_of(log.sequence[rows]), log.offset[rows], producer.partition, its)
    by_sequence = _greatest(log.partition[own], key_of(log.sequence[own]), log.sequence[own], producer.partition, its)
    newer: Bools = np.where(producer.offset != NONE, by_offset > producer.offset, by_sequence > sequence)
    return newer


def _greatest(partition: Partitions, key: Int64, value: Int64, of_partition: Partitions, of_key: Int64) -> Int64:
    """For each partition and key that is asked for the greatest value that there is, or -1."""
    pairs = np.stack([np.concatenate([partition, of_partition]), np.concatenate([key, of_key])])
    _, number = np.unique(pairs, axis=1, return_inverse=True)
    number = number.ravel()
    greatest = np.full(int(number.max(initial=-1)) + 1, -1, np.int64)
    np.maximum.at(greatest, number[: len(value)], value)
    return np.asarray(greatest[number[len(value) :]])
