"""Faults of a trial with several topics: what is done to all of them, and what to one partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from harness.faults.act.step import carry_out
from harness.faults.steps import AwaitHealthy, Kill, LoseDisk, LosePower
from harness.topics import Topics
from harness.wire import WireRule

from .played import Played

TWO = Topics.named("t", 2, 2)


class Disks:
    """Each topic has both its partitions on each disk, and takes a hundred bytes in memory."""

    def lose_power(self, node: int, topic: str) -> int:
        assert topic in TWO.names
        return 100

    def lose(self, node: int, topic: str) -> list[int]:
        assert topic in TWO.names
        return [0, 1]


def two() -> Played:
    """Nothing was played yet."""
    played = Played([])
    played.cluster.create_topic("t.1", 2, 3, {})
    played.stage = replace(played.stage, topics=TWO)
    played.cluster.disks = cast(Any, Disks())
    return played


def test_a_disk_loses_what_it_has_of_each() -> None:
    played = two()
    for _ in carry_out([Kill("leader"), LosePower("leader"), LoseDisk("leader")], played.stage):
        played.now_ns += 100_000_000
    assert played.of("power-lost")["bytes_lost"] == 200
    assert played.of("disk-lost")["partitions"] == [0, 1, 2, 3]


def test_a_cluster_is_whole_when_each_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def becoming_healthy(topic: str, timeout_s: float) -> Iterator[None]:
        assert not played.deeds("healthy")
        asked.append(topic)
        yield

    played = two()
    asked: list[str] = []
    monkeypatch.setattr(played.cluster, "becoming_healthy", becoming_healthy)
    assert len(list(carry_out([AwaitHealthy()], played.stage))) == 2
    assert asked == ["t", "t.1"] and played.deeds("healthy") == [(None, "healthy")]


@pytest.mark.parametrize(("partition", "place"), [(0, ("t", 0)), (1, ("t", 1)), (2, ("t.1", 0)), (3, ("t.1", 1))])
def test_a_rule_of_a_partition_is_of_its_topic(partition: int, place: tuple[str, int]) -> None:
    played = two()
    played.stage.put_rules([WireRule(action="lose-ack", partition=partition), WireRule(action="lose-ack")])
    of_one, of_any = played.proxy.book.rules
    assert (of_one.topic, of_one.partition) == place
    assert (of_any.topic, of_any.partition) == (None, None)
