"""What a worker takes of what its consumer gives it, where its group takes partitions away and gives them back.

The consumer is written by hand: in what order a client tells of a rebalance and of records that it had ready before, no
broker can be made to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.clients.consumers import Polled, Rebalance
from harness.events import Consuming
from harness.journal.mapped import PollJournal
from harness.journal.sealed import read_polls, seal_polls
from harness.roles.reading import Reader


class Consumer:
    """Gives what it is told to, poll by poll."""

    def __init__(self, left_off: Mapping[int, int]) -> None:
        self.left_off = dict(left_off)
        self.told: list[Rebalance] = []
        self.records: list[Polled] = []

    def poll(self, most: int, timeout_s: float) -> list[Polled]:
        given, self.records = self.records, []
        return given

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        self.left_off |= offsets

    def committed(self, timeout_s: float) -> dict[int, int]:
        return dict(self.left_off)

    def events(self) -> list[Rebalance]:
        told, self.told = self.told, []
        return told

    def assigned(self) -> frozenset[int]:
        return frozenset()

    def group(self) -> Any: ...
    def close(self, timeout_s: float) -> None: ...


class Reading:
    """A reader and its consumer, and what it noted."""

    def __init__(self, folder: Path, *by_hand: int, **left_off: int) -> None:
        self.folder = folder
        self.consumer = Consumer({int(partition[1:]): offset for partition, offset in left_off.items()})
        self.reader = Reader(self.consumer, by_hand, PollJournal(folder / "w", 0, 0), 1)

    def polls(
        self, *records: tuple[int, int], told: tuple[Rebalance, ...] = ()
    ) -> tuple[list[tuple[int, int]], set[int]]:
        self.consumer.records, self.consumer.told = [Polled(*record, b"") for record in records], list(told)
        taken, moved = self.reader.poll(50, 0)
        return [(each.partition, each.offset) for each in taken], set(moved)

    def noted(self) -> list[tuple[str, int, int]]:
        seal_polls(self.folder / "w", self.folder / "t.polls-0.0.parquet")
        read = read_polls(self.folder, "t")
        assert read is not None
        (polls,) = read
        rows = zip(polls.what.tolist(), polls.partition.tolist(), polls.first.tolist(), strict=True)
        return [(Consuming(what).name.lower(), partition, first) for what, partition, first in rows]


def assigned(*partitions: int) -> Rebalance:
    return Rebalance("assigned", frozenset(partitions))


def revoked(*partitions: int) -> Rebalance:
    return Rebalance("revoked", frozenset(partitions))


def test_by_hand_it_begins_where_the_group_left_off(tmp_path: Path) -> None:
    reading = Reading(tmp_path, 0, 2, p0=7)
    assert reading.reader.position == {0: 7, 2: 0}
    assert reading.polls((0, 7), (0, 8)) == ([(0, 7), (0, 8)], set())
    reading.reader.commit(dict(reading.reader.position), 1)
    assert reading.consumer.left_off == {0: 9, 2: 0}
    assert reading.noted() == [("left_off", 0, 7), ("left_off", 2, 0), ("polled", 0, 7), ("committed", 0, 9)]


def test_in_a_group_it_begins_when_it_is_given_partitions(tmp_path: Path) -> None:
    reading = Reading(tmp_path, p1=4)
    assert reading.reader.position == {}
    assert reading.polls((1, 4), told=(assigned(1),)) == ([(1, 4)], {1})
    assert reading.reader.position == {1: 5}
    assert reading.noted() == [("assigned", 1, -1), ("left_off", 1, 4), ("polled", 1, 4)]


def test_what_is_taken_away_is_not_taken_on(tmp_path: Path) -> None:
    reading = Reading(tmp_path)
    reading.polls((0, 0), (1, 0), told=(assigned(0, 1),))
    assert reading.polls((0, 1), (1, 1), told=(revoked(0),)) == ([(1, 1)], {0})
    assert reading.reader.position == {1: 2}
    assert reading.polls(told=(Rebalance("lost", frozenset({1})),)) == ([], {1})
    assert reading.reader.position == {}
    noted = [(what, partition) for what, partition, _ in reading.noted()]
    assert noted[4:] == [("polled", 0), ("polled", 1), ("revoked", 0), ("polled", 1), ("lost", 1)]


@pytest.mark.parametrize("first", [3, 2])
def test_what_a_client_had_ready_before_a_rebalance_is_of_before(tmp_path: Path, first: int) -> None:
    """It was at 3 and the group at 2: what begins at 3 is of before, what begins at 2 is of now."""
    reading = Reading(tmp_path, p0=2)
    reading.polls((0, 2), told=(assigned(0),))
    taken, moved = reading.polls((0, first), (0, first + 1), told=(revoked(0), assigned(0)))
    assert (taken, moved) == ([] if first == 3 else [(0, 2), (0, 3)], {0})
    assert reading.reader.position == ({0: 2} if first == 3 else {0: 4})
