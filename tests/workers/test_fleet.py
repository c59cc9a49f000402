"""One face over one producer or many: nothing of a load is lost or made by sharing it out, and all is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import trial
from harness.bounds import Bounds
from harness.events import Verdict
from harness.journal.sealed import read_producers
from harness.judge import judge
from harness.kinds import KINDS
from harness.plan import Trial
from harness.sweep import plan_of
from harness.trial import Venue
from harness.workers.fleet import Fleet
from harness.workload import parse

BOUNDS = Bounds(explained_s=5, undisturbed_s=5, asked_s=5, cluster_s=5)


@dataclass
class Producer:
    """Hands over all that it is started with, or as much as it is let, and has it acked."""

    most: int = 10**9
    total: int = 0
    warmup: int = 0
    number: int = 0
    fenced_ns: int | None = None
    killed = False
    barren: bool = False
    closing: bool = False
    closed: bool = False
    started: list[dict[str, Any]] = field(default_factory=list)

    def start(self, count: int, bounds: Bounds, **how: Any) -> None:
        self.started.append({"count": count, **how})
        self.total += min(count, self.most)

    @property
    def progress(self) -> Producer:
        """It keeps count by itself."""
        return self

    def sent(self) -> int:
        return self.total

    def moved(self) -> tuple[int, int]:
        return self.total, self.total

    def acks(self, first: int) -> int:
        return self.total - first

    def wait_ready(self) -> None: ...

    def again(self) -> Producer:
        if self.barren:
            raise OSError("no more processes")
        return Producer(total=self.total, warmup=self.warmup)

    def begin_close(self, within_s: float) -> None:
        assert not self.closed
        self.closing = True

    def close(self, within_s: float) -> None:
        self.closed = True

    def successor(self, producer: int) -> Producer:
        return Producer(number=producer)


def _fleet(producers: list[Producer]) -> Fleet:
    return Fleet(cast(Any, producers))


@given(st.integers(1, 5), st.integers(0, 50), st.integers(0, 1_000), st.none() | st.floats(1, 1e6))
def test_a_load_is_shared_out_and_counted_from_its_start(
    number: int, warmup: int, count: int, rate: float | None
) -> None:
    producers = [Producer() for _ in range(number)]
    fleet = _fleet(producers)
    fleet.start(warmup, BOUNDS)
    fleet.warmed_up()
    assert (fleet.sent(), fleet.acks(), [producer.warmup for producer in producers]) == (
        warmup,
        0,
        [producer.total for producer in producers],
    )
    fleet.start(count, BOUNDS, rate=rate)
    shares = [producer.started[-1] for producer in producers]
    assert sum(share["count"] for share in shares) == count == fleet.acks()
    assert max(share["count"] for share in shares) - min(share["count"] for share in shares) <= 1
    assert rate is None or sum(share["rate"] for share in shares) == pytest.approx(rate)
    assert fleet.sent() == warmup + count and fleet.over


@given(st.lists(st.integers(0, 300), min_size=1, max_size=4), st.integers(0, 1_000))
def test_who_takes_over_goes_on_where_each_was_killed(taken: list[int], count: int) -> None:
    fleet = _fleet([Producer(most=most) for most in taken])
    fleet.start(count, BOUNDS, rate=100, flush_every=7)
    handed_over = fleet.sent()
    assert fleet.over == (handed_over == count)
    fleet.succeed()
    fleet.go_on(BOUNDS)
    went_on = [cast(Any, worker).started[-1] for worker in fleet.workers]
    assert sum(each["count"] for each in went_on) == count - handed_over
    assert {each["flush_every"] for each in went_on} == {7}
    assert fleet.sent() == count == fleet.acks() and fleet.over


def test_who_has_taken_over_is_closed_though_the_next_one_could_not() -> None:
    fleet = _fleet([Producer(), Producer(barren=True)])
    with pytest.raises(OSError, match="no more processes"):
        fleet.succeed()
    fleet.close(1)
    assert [cast(Any, worker).closed for worker in fleet.workers] == [True, True]
    assert not cast(Any, fleet.workers[0]).barren and cast(Any, fleet.workers[1]).barren


def test_all_begin_to_close_before_any_is_waited_for() -> None:
    fleet = _fleet([Producer(), Producer()])
    fleet.fence()
    fleet.begin_close(1)
    assert [(each.closing, each.closed) for each in cast(Any, fleet.everyone)] == [(True, False)] * 4
    heard: list[str] = []

    class Heard(Producer):
        def begin_close(self, within_s: float) -> None:
            heard.append("begin")

        def close(self, within_s: float) -> None:
            heard.append("wait")

    _fleet([Heard(), Heard()]).close(1)
    assert heard == ["begin", "begin", "wait", "wait"]


@given(st.lists(st.integers(0, 300), min_size=1, max_size=4), st.integers(0, 1_000))
def test_who_fences_has_a_number_of_its_own_and_what_is_left(taken: list[int], count: int) -> None:
    first = [Producer(most=most, number=number) for number, most in enumerate(taken)]
    fleet = _fleet(first)
    fleet.start(count, BOUNDS, rate=100)
    handed_over = fleet.sent()
    fleet.fence()
    assert fleet.acks() == 0 and fleet.sent() == handed_over
    fleet.go_on(BOUNDS)
    assert fleet.sent() == count == handed_over + fleet.acks() and fleet.over
    assert [cast(Any, worker).number for worker in fleet.everyone] == [*range(2 * len(taken))]
    assert all(producer.fenced_ns for producer in first) and fleet.fenced == cast(Any, first)


def test_two_producers_are_killed_and_restarted_in_one_trial(venue: Venue) -> None:
    recipe = {"name": "restart-producer", "after_acks": 300, "rate": 1_000, "messages": 1_200}
    record = judge(trial.run(_planned(faults={"recipes": [recipe]}), KINDS["fault"], venue)(), venue.journals)
    assert record.reason is None and record.fault.fired, record
    producers = read_producers(venue.journals, record.id)
    assert [(each.producer, each.warmup, len(each)) for each in producers] == [(0, 50, 650), (1, 50, 650)]
    assert record.counts is not None and record.anomalies is not None
    assert record.counts.sent == record.counts.acked == 1_300
    assert record.anomalies.duplicate is not None
    assert record.counts.in_log == 1_300 + record.anomalies.duplicate
    assert (record.anomalies.lost, record.anomalies.unexpected) == (0, 0)


def test_two_producers_share_a_paced_load_over_two_topics_and_one_consumer_receives_it(venue: Venue) -> None:
    paced = {"loads": [{"rate": 400, "seconds": 1}], "partitions": 1}
    record = judge(trial.run(_planned({"topics": 2}, performance=paced), KINDS["performance"], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT, record
    first, second = read_producers(venue.journals, record.id)
    assert {first.host, second.host} != {None} and first.warmup and second.warmup
    assert record.latency_ms is not None and record.end_to_end_ms is not None
    assert record.latency_ms.count == record.end_to_end_ms.count == 400
    assert record.counts is not None and record.counts.sent == len(first) + len(second)


def _planned(config: dict[str, Any] | None = None, **parts: Any) -> Trial:
    workload = {
        "name": "fleet",
        "kafka": "4.4.0",
        "sweep": {"client": ["confluent-kafka"]},
        "config": {
            "acks": "all",
            "replication.factor": 3,
            "enable.idempotence": False,
            "linger.ms": 25,
            "producers": 2,
            **(config or {}),
        },
        **parts,
    }
    (planned,) = plan_of(parse(workload)).trials
    return planned
