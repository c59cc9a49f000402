"""What compaction took is not lost, and what it cannot have taken is."""

from __future__ import annotations

import numpy as np
import pytest

from harness.journal.mapped import Int64
from harness.load.shape import Shape
from harness.verify import Readings, find

from .histories import ACKED, UNCONFIRMED, Record, log, producer


def pairs(sequence: Int64) -> Int64:
    """0 and 1 have the same key, 2 and 3, ..."""
    return np.asarray(sequence // 2)


def lost(records: list[Record], compacted: bool = True, outcome: bool = True) -> list[int]:
    acked_at = (0, 1, 2, 3, 4, 5) if outcome else ()
    mine = producer(*[(0, ACKED if outcome else UNCONFIRMED)] * 6, acked_at=acked_at)
    findings = find(Readings([mine], log(*records), key_of=pairs if compacted else None))
    return [witness["sequence"] for witness in findings.witnesses.get("lost", [])]


@pytest.mark.parametrize("acked", [True, False])
def test_a_message_that_a_newer_one_of_its_key_stands_for_is_not_lost(acked: bool) -> None:
    newest: list[Record] = [(0, 1, 0, 1), (0, 3, 0, 3), (0, 5, 0, 5)]
    assert lost(newest, outcome=acked) == []
    assert lost(newest, compacted=False, outcome=acked) == [0, 2, 4]


@pytest.mark.parametrize("acked", [True, False])
def test_the_newest_of_its_key_is_lost(acked: bool) -> None:
    oldest: list[Record] = [(0, 0, 0, 0), (0, 2, 0, 2), (0, 4, 0, 4)]
    assert lost(oldest, outcome=acked) == [1, 3, 5]
    assert lost([], outcome=acked) == [0, 1, 2, 3, 4, 5]


def test_a_key_is_one_of_its_partition() -> None:
    assert lost([(1, 9, 0, 1), (0, 3, 0, 3), (0, 5, 0, 5)]) == [0, 1]


def test_a_newer_one_may_be_of_another_producer() -> None:
    assert lost([(0, 1, 0, 1), (0, 3, 0, 3), (0, 4, 0, 4), (0, 9, 7, 5)]) == []


def test_what_is_damaged_stands_for_nothing() -> None:
    assert lost([(0, 1, 0, 1, False), (0, 3, 0, 3), (0, 5, 0, 5)]) == [0, 1]


def test_the_keys_are_those_of_the_trials_shape() -> None:
    shape, sequence = Shape(keys=4), np.arange(100)
    keys = shape.key(sequence)
    same = shape.key_number(sequence)[:, None] == shape.key_number(sequence)
    assert (same == (np.array(keys)[:, None] == np.array(keys))).all()
