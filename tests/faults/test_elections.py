"""An unclean election is told as what it was, however late the brokers hear who leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from harness.bounds import Bounds
from harness.clusters.admin import PartitionView, TopicView
from harness.faults.act import nodes  # noqa: F401  it registers the step
from harness.faults.act.step import carry_out
from harness.faults.stage import Stage
from harness.faults.steps import ElectUnclean
from harness.topics import Topics
from harness.workers.fleet import Fleet

from ..fake_cluster import FakeCluster
from .played import Producer, Proxy


class Electing(FakeCluster):
    """Its controller gives these answers in turn; the brokers say who leads so many looks after it was elected."""

    def __init__(self, answers: list[str], looks: int) -> None:
        super().__init__()
        self._answers, self._looks = iter(answers), looks

    def elect_unclean(self, topic: str) -> str:
        return next(self._answers)

    def view(self, topic: str, node: int | None = None) -> TopicView:
        if node != 2:
            return TopicView(frozenset(self.addresses), {0: PartitionView(1, 0, (1, 2, 3), (1,))})
        self._looks -= 1
        return TopicView(frozenset(self.addresses), {0: PartitionView(-1 if self._looks >= 0 else 3, 1, (1, 2, 3), ())})


@pytest.mark.parametrize(
    ("answers", "looks", "answer", "nobody_led"),
    [
        (["none"], 1, "none", True),
        (["none", "election_not_needed", "election_not_needed"], 3, "none", True),
        (["eligible_leaders_not_available", "none", "election_not_needed"], 3, "none", True),
        (["election_not_needed"], 1, "election_not_needed", True),  # the answer to the first request was lost
        (["election_not_needed"], 0, "election_not_needed", False),
    ],
)
def test_who_elected_stays_on_record(answers: list[str], looks: int, answer: str, nobody_led: bool) -> None:
    proxy = Proxy()
    cluster = Electing(answers, looks)
    bounds = Bounds(explained_s=60, undisturbed_s=60, asked_s=60, cluster_s=60)
    stage = Stage(cluster, Topics(("t",), 1), Fleet([cast(Any, Producer(proxy))]), cast(Any, proxy), bounds)
    waiting: Iterator[None] = carry_out([ElectUnclean()], stage)
    for _ in waiting:
        pass
    (elected,) = [event for event in stage.events if event.what == "elected"]
    assert (elected.detail["answer"], elected.detail["nobody_led"]) == (answer, nobody_led)
