"""Whatever ends in the middle of a trial that nobody ended: it is said with its last words, costs that trial its pass,
and no other trial anything.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psutil
import pytest

from harness import space, trial
from harness.cli.codes import INCOMPLETE, exit_code
from harness.clusters.local.cluster import LocalCluster
from harness.events import STOOD_STILL, Verdict
from harness.janitor import Janitor
from harness.judge import judge
from harness.kinds import KINDS
from harness.store import TrialRecord
from harness.trial import Venue
from harness.trial.venue import Running
from harness.workers import oracle

from .single import planned

pytestmark = pytest.mark.timeout(180)
PACED = {"loads": [{"rate": 1000, "seconds": 1}], "partitions": 1}
IMPATIENT = {"delivery.timeout.ms": 1_500, "request.timeout.ms": 1_000}


def _run(venue: Venue, once: str, strike: Callable[[str], None], **parts: Any) -> TrialRecord:
    """A trial, judged, into which this strikes soon after it has begun to do that, with its topic."""
    single = planned(**parts)

    def doing(what: str) -> None:
        if what.startswith(once):
            threading.Timer(0.3, strike, (Running(single, venue).topic,)).start()

    return judge(trial.run(single, KINDS[single.kind], replace(venue, doing=doing))(), venue.journals)


def _in(role: str) -> Iterator[psutil.Process]:
    """The processes in this role: those started so, and the copies of a forkserver, which have its command line."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # another that has just ended
            command = child.cmdline()
            copied = "harness.roles.forkserver" in command and role in command and child.ppid() != os.getpid()
            if copied or {f"harness.roles.{role}", f"harness.wire.{role}"}.intersection(command):
                yield child


def _killing(role: str) -> Callable[[str], None]:
    def kill(topic: str) -> None:
        for child in _in(role):
            child.kill()

    return kill


@pytest.fixture
def then_a_pass(venue: Venue) -> Iterator[None]:
    """The next trial on the same venue is fine."""
    yield
    short = planned(performance={"loads": [{"rate": 200, "seconds": 0.3}], "partitions": 1})
    record = judge(trial.run(short, KINDS[short.kind], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT, record


after_it_a_pass = pytest.mark.usefixtures("then_a_pass")


@after_it_a_pass
def test_a_broker(venue: Venue, cluster: LocalCluster) -> None:
    """The leader, killed from outside: with acks=1 what it had acked is lost, which is no fault of Kafka's."""

    def kill(topic: str) -> None:
        view = cluster.view(topic)
        assert view is not None
        leader = next(node for node in cluster.nodes if node.id == view.partitions[0].leader)
        psutil.Process(leader.running.pid).kill()

    record = _run(venue, "measuring", kill, config={"acks": 1}, performance=PACED)
    assert record.status == "failed"
    assert record.reason is not None and "ended with status -9, unasked: " in record.reason
    assert record.verdict is Verdict.UNKNOWN
    assert record.throughput is None and record.latency_ms is None
    assert exit_code([record]) == INCOMPLETE


def test_a_client(venue: Venue) -> None:
    record = _run(venue, "measuring", _killing("producer"), performance=PACED)
    assert record.status == "completed"
    assert record.reason is not None and "the producer ended with status -9" in record.reason
    assert record.counts is not None and 0 < record.counts.acked <= record.counts.sent < 1_000
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert record.verdict is Verdict.UNKNOWN
    assert record.throughput is None and record.latency_ms is None


def test_a_client_that_somebody_stops(venue: Venue) -> None:
    """Nobody reports in his sleep: its silence breaks no bound, and what was measured meanwhile is nothing to go by."""

    def doze(topic: str) -> None:
        (worker,) = _in("producer")
        worker.suspend()
        threading.Timer(8, worker.resume).start()

    record = _run(venue, "measuring", doze, config={"delivery.timeout.ms": 1_500}, performance=PACED)
    (still,) = (event for event in record.fault.events if event["what"] == STOOD_STILL)
    assert 7 < still["seconds"] < 30
    assert record.reason is not None and "the client's process stood still for " in record.reason
    assert record.anomalies is not None and record.anomalies.unreported == 0
    assert record.verdict is Verdict.UNKNOWN


def test_a_client_while_a_fault_takes_its_time(venue: Venue) -> None:
    """Its silence is its death's, and no report was due: a script may pause for longer than any client's bound."""
    outage = {"name": "pause-controller", "after_acks": 100, "down_s": 20, "rate": 1000, "messages": 30_000}
    record = _run(
        venue,
        "injecting",
        _killing("producer"),
        config={"delivery.timeout.ms": 1_000, "request.timeout.ms": 500},
        faults={"recipes": [outage]},
    )
    assert record.reason is not None and "the producer ended with status -9" in record.reason
    assert record.anomalies is not None and record.anomalies.unreported == 0
    assert record.verdict is Verdict.UNKNOWN
    assert record.elapsed_s is not None and record.elapsed_s < 20


def test_a_proxy(venue: Venue) -> None:
    recipe = {"name": "lose-ack", "messages": 4_000, "rate": 2_000}
    record = _run(venue, "injecting", _killing("proxy"), faults={"recipes": [recipe]}, config=IMPATIENT)
    assert record.status == "failed"
    assert record.reason is not None and "the proxy ended with status -9" in record.reason
    assert record.verdict is Verdict.UNKNOWN


@after_it_a_pass
def test_a_consumer(venue: Venue) -> None:
    record = _run(venue, "measuring", _killing("consumer"), performance=PACED)
    assert record.reason is not None and "the consumer ended with status -9" in record.reason
    assert record.end_to_end_ms is None
    assert record.verdict is Verdict.UNKNOWN


@after_it_a_pass
def test_an_oracle(venue: Venue) -> None:
    record = _run(venue, "measuring", _killing("oracle"), performance=PACED)
    assert record.status == "failed"
    assert record.reason is not None and "the oracle ended with status -9" in record.reason
    assert record.verdict is Verdict.UNKNOWN


@after_it_a_pass
def test_an_oracle_that_does_not_answer(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answer, which comes too late, is not taken for the next one's: see the trial after this one."""
    for bound in ("STARTING_S", "HELD_UP_S"):
        monkeypatch.setattr(oracle, bound, 0.1)
    assert venue.oracle.pid is not None
    psutil.Process(venue.oracle.pid).suspend()
    with monkeypatch.context() as short:
        short.setattr(oracle, "reading_s", lambda records, size: 0.5)
        record = judge(trial.run(planned(performance=PACED), KINDS["performance"], venue)(), venue.journals)
    assert record.status == "failed"
    assert record.reason is not None and "did not say 'scanned' within 0.7 s" in record.reason
    assert record.verdict is Verdict.UNKNOWN


def test_a_janitor(venue: Venue) -> None:
    """Who cleans up is replaced with the cluster."""
    others = psutil.Process().children()
    with_its_own = replace(venue, janitor=Janitor())
    (its_own,) = [child for child in psutil.Process().children() if child not in others]
    record = _run(with_its_own, "measuring", lambda topic: its_own.kill(), performance=PACED)
    assert record.reason is not None and "the janitor" in record.reason
    assert record.verdict is Verdict.UNKNOWN


@after_it_a_pass
def test_a_client_that_the_disk_watch_stopped(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that has taken over from another."""
    record = _run(
        venue,
        "injecting",
        lambda topic: monkeypatch.setattr(space, "RESERVE_BYTES", 2**62),
        faults={"recipes": [{"name": "restart-producer", "after_acks": 100, "rate": 1000, "messages": 6_000}]},
    )
    assert record.reason is not None and record.reason.startswith("stopped: the disk was about to be full")
    assert record.counts is not None and record.counts.sent < 6_000
    assert record.verdict is Verdict.UNKNOWN


@after_it_a_pass
def test_a_load_whose_disk_is_about_to_be_full(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    record = _run(
        venue,
        "measuring",
        lambda topic: monkeypatch.setattr(space, "RESERVE_BYTES", 2**62),
        performance={"loads": [{"rate": 1000, "seconds": 3}], "partitions": 1},
    )
    assert record.reason is not None and record.reason.startswith("stopped: the disk was about to be full")
    assert record.throughput is None and record.latency_ms is None
    assert record.verdict is Verdict.UNKNOWN
    assert exit_code([record]) == INCOMPLETE
