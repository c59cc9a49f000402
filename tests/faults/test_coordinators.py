"""Whom a step hits that is about a coordinator: whoever is one then, whatever else it leads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.faults.stage import RecipeFailed
from harness.faults.steps import AwaitHealthy, Kill, Pause, Restart, Resume, Send, Sleep, Target

from .played import Played

TARGETS = pytest.mark.parametrize("target", ["txn-coordinator", "group-coordinator"])


@TARGETS
def test_it_stays_that_node_until_it_is_started_again(target: Target) -> None:
    played = Played(
        (Send(10), Kill(target), Sleep(3.0), Restart(target), AwaitHealthy(), Pause(target), Resume(target))
    )
    kill, restart, pause, resume = (played.of(what)["node"] for what in ("kill", "restart", "pause", "resume"))
    assert kill == restart != pause == resume, "another coordinates since it was killed"


@TARGETS
def test_where_there_is_none_a_line_says_so(target: Target) -> None:
    stage = replace(Played(()).stage, coordinated={})
    with pytest.raises(RecipeFailed, match=r"this trial has no (transaction|group), so no coordinator of it to hit"):
        stage.nodes(target)
