"""A trial's topics as one space of partitions, so that a partition is a number wherever messages are made or judged.

With P partitions each, partition p of the trial is partition p % P of topic p // P.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Topics:
    """Some topics, each with as many partitions."""

    names: tuple[str, ...]
    partitions: int
    """Of each."""

    @classmethod
    def named(cls, first: str, count: int, partitions: int) -> Topics:
        """So many, each but the first by its number."""
        return cls((first, *(f"{first}.{number}" for number in range(1, count))), partitions)

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Topics:
        """As it was sent (``dataclasses.asdict``)."""
        return cls(tuple(message["names"]), int(message["partitions"]))

    @property
    def first(self) -> str:
        return self.names[0]

    @property
    def total(self) -> int:
        """How many partitions there are in all."""
        return len(self.names) * self.partitions

    def place(self, partition: int) -> tuple[str, int]:
        """Of one of all partitions its topic, and its number there."""
        topic, own = divmod(partition, self.partitions)
        return self.names[topic], own

    def partition(self, topic: str, own: int) -> int:
        """Which of all partitions one of a topic's is."""
        return self.names.index(topic) * self.partitions + own

    def gathered(self, of_topic: Callable[[str], Mapping[int, T]]) -> dict[int, T]:
        """What is known of each topic's partitions, by their numbers among all."""
        return {self.partition(topic, own): known for topic in self.names for own, known in of_topic(topic).items()}


def partitions_in_all(config: Mapping[str, Any]) -> int:
    """Of a trial's topics together, by its configuration: ``partitions`` of each of ``topics``."""
    return int(config.get("partitions", 1)) * int(config.get("topics", 1))
