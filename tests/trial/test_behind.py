"""What goes on beside a sweep: it is over before anything is measured, and what it left is seen to by who waits."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from harness import trial
from harness.events import Verdict
from harness.judge import judge
from harness.kinds import KINDS
from harness.trial import Behind, Venue

from .single import planned


def test_results_are_seen_to_in_order_by_who_waits_for_them() -> None:
    said: list[str] = []
    behind, gate = Behind(said.append), threading.Event()
    done: list[tuple[int, str]] = []

    def seen(result: int) -> None:
        done.append((result, threading.current_thread().name))

    def creates() -> int:
        gate.set()
        return 2

    behind.do("reading", lambda: int(gate.wait(10)), seen)
    behind.do("creating", creates, seen)
    assert not done and not said
    behind.end()
    assert done == [(1, "MainThread"), (2, "MainThread")]
    assert said == ["reading", "creating"]
    behind.end()
    assert len(done) == 2


def test_what_fails_is_raised_once_and_the_rest_is_waited_for() -> None:
    behind = Behind()
    done: list[str] = []
    behind.do("failing", lambda: int("none"))
    behind.do("the rest", lambda: "the rest", done.append)
    with pytest.raises(ValueError, match="none"):
        behind.end()
    assert done == ["the rest"]
    behind.end()


def test_a_wait_that_somebody_interrupts_loses_nothing() -> None:
    gate = threading.Event()

    def interrupted(what: str) -> None:
        if not gate.is_set():
            gate.set()
            raise KeyboardInterrupt

    behind = Behind(interrupted)
    done: list[bool] = []
    behind.do("reading", lambda: gate.wait(10), done.append)
    with pytest.raises(KeyboardInterrupt):
        behind.end()
    assert not done
    behind.end()
    assert done == [True]


def test_who_leaves_waits_no_longer_and_hears_of_no_failure() -> None:
    behind, gate = Behind(), threading.Event()
    done: list[bool] = []
    behind.do("failing", lambda: int("none"), lambda _: done.append(False))
    behind.do("done", lambda: True, done.append)
    behind.do("hanging", lambda: gate.wait(10), done.append)
    began = time.monotonic()
    behind.leave(0.5)
    assert time.monotonic() - began < 5
    gate.set()
    behind.end()
    assert done == [True]


@pytest.mark.timeout(60)
def test_no_load_is_measured_while_anything_goes_on_beside(venue: Venue) -> None:
    over: list[float] = []

    def doing(what: str) -> None:
        if what == "measuring":
            assert len(over) == 1

    single = planned(performance={"loads": [{"rate": 200, "seconds": 0.5}]})
    behind = Behind()
    behind.do("reading", lambda: time.sleep(2), lambda _: over.append(time.monotonic()))
    left = trial.run(single, KINDS[single.kind], replace(venue, doing=doing, behind=behind))
    record = judge(left(), venue.journals)
    assert record.verdict is Verdict.KEPT, record.verdict_reason
    assert len(over) == 1
