"""Waiting for a firing: it is seen whenever it is told, and every event is looked at once, however long it takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bounds import Bounds
from harness.events import FaultEvent
from harness.faults.act import wire  # noqa: F401  it registers the step
from harness.faults.act.step import do
from harness.faults.stage import RecipeFailed, Stage
from harness.faults.steps import AwaitFired
from harness.topics import Topics
from harness.workers.fleet import Fleet

from ..fake_cluster import FakeCluster


class Event(FaultEvent):
    """An event that counts how often anybody looks at it."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "what":
            Event.looks += 1
        return super().__getattribute__(name)


class Telling:
    """A proxy that tells so many firings of ``delay`` at each question, and in the end one of ``hold``."""

    def __init__(self, numbers: list[int]) -> None:
        self._firings = [[_firing("delay")] * number for number in numbers] + [[_firing("hold")]]

    def fired(self) -> list[dict[str, Any]]:
        return self._firings.pop(0) if self._firings else []

    def fail_if_dead(self) -> None: ...


class Idle:
    """A producer with nothing to send."""

    killed = False

    @property
    def progress(self) -> Idle:
        """It keeps count by itself."""
        return self

    def moved(self) -> tuple[int, int]:
        return 0, 0

    def fail_if_dead(self) -> None: ...


def _firing(action: str) -> dict[str, Any]:
    return {"event": "fired", "action": action, "at_ns": 1, "rule": 0}


def stage(numbers: list[int], events: list[FaultEvent]) -> Stage:
    clock_ns = itertools.count(step=10**7)
    return Stage(
        FakeCluster(),
        Topics(("topic",), 1),
        Fleet([cast(Any, Idle())]),
        cast(Any, Telling(numbers)),
        Bounds(explained_s=5, undisturbed_s=5, asked_s=5, cluster_s=5),
        clock_ns=lambda: next(clock_ns),
        events=events,
    )


def wait(stage: Stage, step: AwaitFired) -> int:
    """How often it asked before it was told."""
    waiting = do(step, stage)
    assert isinstance(waiting, Iterator)
    return sum(1 for _ in waiting)


@given(st.integers(0, 50), st.lists(st.integers(0, 3), max_size=200))
def test_each_event_is_looked_at_once(before: int, numbers: list[int]) -> None:
    Event.looks = 0
    there = stage(numbers, [Event(0, "kill", {}) for _ in range(before)])
    assert wait(there, AwaitFired("hold")) == len(numbers)
    assert Event.looks == before
    assert [event.what for event in there.events[before:]] == ["delay"] * sum(numbers) + ["hold"]


def test_a_firing_that_was_told_before_is_seen() -> None:
    assert wait(stage([1, 1], [FaultEvent(0, "hold", {})]), AwaitFired("hold")) == 0


def test_one_that_never_comes_is_said() -> None:
    with pytest.raises(RecipeFailed, match=r"no request met refuse, and nothing moved for 10\.\d s: the load is over"):
        wait(stage([], []), AwaitFired("refuse"))
