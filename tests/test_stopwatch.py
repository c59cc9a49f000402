"""How long a sweep did what is all of its time, whatever it did in between."""

from __future__ import annotations

import pytest

from harness import watcher
from harness.watcher import Stopwatch
from tests.load.by_hand import Clock
from tests.report.synthetic_records import one


class Listener:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def fetching(self, *bytes_: object) -> None:
        self.heard.append(bytes_)

    def doing(self, what: object) -> None:
        self.heard.append(what)

    starts = ended = doing


def test_time_goes_to_what_was_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, listener = Clock(), Listener()
    monkeypatch.setattr(watcher, "time", clock)
    stopwatch = Stopwatch(listener)
    clock.pass_s(1)
    for what, seconds in (("measuring", 2), ("reading the log back", 3), ("measuring", 4)):
        stopwatch.doing(what)
        clock.pass_s(seconds)
    stopwatch.ended(one())
    took_s = {"planning and looking at what is there": 1, "measuring": 6, "reading the log back": 3}
    assert stopwatch.took_s == took_s
    clock.pass_s(1)
    assert stopwatch.took_s == {**took_s, "measuring": 7}
    assert listener.heard[:-1] == ["measuring", "reading the log back", "measuring"]
