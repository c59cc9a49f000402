"""Trials that go wrong: their data is kept, their verdict is never a pass. And such that merely take long."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer

from harness import bounds, trial
from harness.bounds import Bounds
from harness.clients import confluent
from harness.clusters.local.cluster import LocalCluster
from harness.events import Verdict
from harness.faults import FAULTS
from harness.faults.fault import Fault, Script, in_order
from harness.faults.parameters import UnderLoad
from harness.faults.steps import AwaitAcks, PauseClient
from harness.journal.sealed import read_producer
from harness.judge import judge
from harness.kinds import KINDS
from harness.load.codec import Codec
from harness.plan import Trial
from harness.security import Security
from harness.trial import Venue
from harness.trial.venue import Running
from harness.wire import Proxy
from harness.workers import worker

from .single import planned

pytestmark = pytest.mark.timeout(180)
_IMPATIENT = {"delivery.timeout.ms": 1_500, "request.timeout.ms": 1_000}


def test_a_proxy_that_clients_can_pass_by_proves_nothing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    class OfTwo(Proxy):
        """A proxy that has heard of two of the three brokers."""

        def __init__(self, brokers: Mapping[int, str], log: Path, security: Security) -> None:
            super().__init__(dict(list(brokers.items())[:2]), log, security)

    monkeypatch.setattr(sys.modules["harness.trial.produce"], "Proxy", OfTwo)
    single = planned(faults={"recipes": [{"name": "lose-ack", "messages": 100, "skip": 0, "times": 1}]})
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.reason is not None and "clients can pass the proxy by" in record.reason
    assert record.verdict is Verdict.UNKNOWN


def test_a_client_that_hangs_ends_within_its_bound_and_is_no_pass(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAULTS, "hang", _hang())
    for module in (bounds, worker):
        monkeypatch.setattr(module, "HELD_UP_S", 0.5)
    monkeypatch.setattr(confluent, "RECONNECT_S", 0.1)
    # How long it is asked to end in order, in vain.
    monkeypatch.setattr(sys.modules["harness.trial.produce"], "CLOSING_S", 0.5)
    began = time.monotonic()
    hanging = planned(config=_IMPATIENT, faults={"recipes": [{"name": "hang", "messages": 5_000}]})
    record = judge(trial.run(hanging, KINDS[hanging.kind], venue)(), venue.journals)
    assert record.fault.fired
    assert record.status == "completed" and record.reason is not None
    assert "the client hung" in record.reason and "its process does not answer" in record.reason
    assert "of which its settings and the fault explain 6.5 s" in record.reason
    assert record.verdict is Verdict.UNKNOWN
    assert record.counts is not None and record.counts.acked and record.counts.sent < 5_050
    assert time.monotonic() - began < 60


def _hang() -> Fault:
    """The producer's process freezes under load and never goes on."""
    return Fault(
        name="hang",
        summary="",
        parameters=UnderLoad,
        script=lambda parameters: Script(load=parameters.load, during=(AwaitAcks(100), PauseClient())),
        fired=in_order("pause-client"),
        estimate_s=lambda parameters, config: 5.0,
    )


def test_a_load_of_any_length_is_waited_for_while_it_moves(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 s where nothing may stand still for 3."""
    monkeypatch.setattr(Bounds, "patience_s", 3.0)
    monkeypatch.setattr(worker, "HELD_UP_S", 0.0)
    slow = planned(faults={"recipes": [{"name": "lose-ack", "messages": 500, "rate": 100, "every": 60}]})
    record = judge(trial.run(slow, KINDS[slow.kind], venue)(), venue.journals)
    assert record.reason is None and record.fault.fired
    assert record.counts is not None and record.counts.acked == 550


def test_a_queue_that_outlasts_its_load_is_waited_for(venue: Venue) -> None:
    """The leader is frozen for longer than the load lasts."""
    queueing = planned(
        config={"buffer.memory": 64_000_000, "replication.factor": 1},
        performance={
            "loads": [{"rate": "max", "seconds": 0.3, "messages": 40_000, "message_size": 16_000}],
            "partitions": 1,
        },
    )

    def doing(what: str) -> None:
        if what == "measuring":
            frozen = _freeze_leader(queueing, venue)
            assert venue.cluster.processes is not None
            threading.Timer(1.0, venue.cluster.processes.resume, (frozen,)).start()

    record = judge(trial.run(queueing, KINDS[queueing.kind], replace(venue, doing=doing))(), venue.journals)
    assert record.load["most_waiting_bytes"] == 64_000_000
    assert record.reason is None and record.errors == {}
    assert record.verdict is Verdict.KEPT
    assert record.counts is not None and record.counts.sent == record.counts.acked
    assert record.throughput is not None and record.throughput.span_s > 0.9


def _freeze_leader(single: Trial, venue: Venue) -> int:
    leader = _leader(single, venue)
    assert venue.cluster.processes is not None
    venue.cluster.processes.pause(leader)
    return leader


def _leader(single: Trial, venue: Venue) -> int:
    view = venue.cluster.view(Running(single, venue).topic)
    assert view is not None
    return view.partitions[0].leader


def test_what_a_follower_in_sync_has_not_yet_is_not_lost(venue: Venue) -> None:
    """It is frozen while the leader acks by itself, for less than ``replica.lag.time.max.ms``, and then needs dozens of
    fetches of a megabyte.
    """
    load = {"rate": "max", "seconds": 1, "messages": 80_000, "message_size": 1_000}
    lagging = planned(config={"acks": "1"}, performance={"loads": [load], "partitions": 1})

    def doing(what: str) -> None:
        if what == "measuring":
            leader = _leader(lagging, venue)
            assert venue.cluster.processes is not None
            venue.cluster.processes.pause(max(node for node in venue.cluster.addresses if node != leader))

    record = judge(trial.run(lagging, KINDS[lagging.kind], replace(venue, doing=doing))(), venue.journals)
    assert record.reason is None and record.verdict is Verdict.KEPT, record
    assert record.counts is not None and record.counts.in_log == record.counts.acked > 0


def test_a_load_as_fast_as_it_goes_leaves_no_more_in_the_queue_than_kafkas_own_client_would(venue: Venue) -> None:
    load = {"rate": "max", "seconds": 0.5, "messages": 40_000, "message_size": 16_000}
    single = planned(config={"replication.factor": 1}, performance={"loads": [load]})
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT
    assert record.load["most_waiting_bytes"] == 32 * 1024 * 1024
    sent = read_producer(venue.journals / f"{record.id}.producer-0.parquet")
    for now_ns in sent.sent_ns[:: len(sent) // 50]:
        assert ((sent.sent_ns < now_ns) & (sent.done_ns > now_ns)).sum() * 16_000 <= 32 * 1024 * 1024


def test_what_is_lost_silently_is_missed_in_time(venue: Venue) -> None:
    silent = planned(client="kafka-python", faults={"recipes": [{"name": "lose-ack", "silent": True, "messages": 400}]})
    record = judge(trial.run(silent, KINDS[silent.kind], venue)(), venue.journals)
    assert record.reason is None
    assert record.verdict is Verdict.REPRODUCED, record
    assert record.counts is not None and record.counts.acked == 450


def test_what_the_harness_itself_gave_up_is_no_word_of_the_client(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A performance trial with a client that stands still for longer than is waited: never a pass, never an error."""
    monkeypatch.setattr(Bounds, "patience_s", 0.7)

    def doing(what: str) -> None:
        if what == "measuring":
            _freeze_leader(stalled, venue)

    stalled = planned(performance={"loads": [{"rate": 1_000, "seconds": 1}], "partitions": 1})
    record = judge(trial.run(stalled, KINDS[stalled.kind], replace(venue, doing=doing))(), venue.journals)
    assert record.reason is not None and "messages have no report, and nothing moved for" in record.reason
    assert record.verdict is Verdict.UNKNOWN
    assert record.errors is not None and set(record.errors) == {"no report"}


def test_a_fault_that_never_fires_is_not_exercised(venue: Venue) -> None:
    single = planned(faults={"recipes": [{"name": "lose-ack", "messages": 200, "skip": 1000}]})
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert not record.fault.fired
    assert record.verdict is Verdict.NOT_EXERCISED
    assert record.verdict_reason is not None and "did not fire" in record.verdict_reason


def test_the_same_trials_messages_of_another_run_are_never_taken_for_its_own(venue: Venue) -> None:
    """Neither for copies, nor for what was lost; all that differs in them is the run."""
    single = planned(
        config={"acks": "0", "replication.factor": 3, "enable.idempotence": False, "linger.ms": 25},
        faults={"recipes": [{"name": "lose-request", "messages": 100, "skip": 0, "times": 1}]},
    )
    other = Running(single, replace(venue, run_id="another"))
    values = Codec(other.run_key, single.load.message_size).encode(np.arange(150), np.arange(150))
    intruder = Producer({"bootstrap.servers": venue.cluster.bootstrap, "log_level": 0})

    def doing(what: str) -> None:
        if what.startswith("injecting"):
            for value in values:
                intruder.produce(Running(single, venue).topic, value, partition=0)
            assert intruder.flush(20) == 0

    record = judge(trial.run(single, KINDS[single.kind], replace(venue, doing=doing))(), venue.journals)
    assert record.anomalies is not None and record.counts is not None and record.counts.sent == 150
    assert record.anomalies.lost and record.anomalies.duplicate == 0
    assert record.anomalies.unexpected == 150


def test_a_paced_trial_measures_from_due_times_to_the_consumer(venue: Venue) -> None:
    single = planned(performance={"loads": [{"rate": 200, "seconds": 2}], "partitions": 2})
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT, record
    assert record.latency_ms is not None and record.end_to_end_ms is not None and record.service_ms is not None
    assert record.latency_ms.count == record.end_to_end_ms.count == 400
    assert 0 < record.latency_ms.p50 <= record.latency_ms.max
    assert record.throughput is not None and record.throughput.messages_per_s > 0
    assert record.counts is not None and record.counts.in_log == record.counts.sent
    led = [(event["what"], event["partition"]) for event in record.fault.events]
    assert led == [("leader", 0), ("leader", 1)] * 2, "before and after"


def test_more_replicas_in_sync_than_there_are_is_as_many_as_there_are(venue: Venue) -> None:
    config = {"acks": "all", "replication.factor": 1, "min.insync.replicas": 3}
    single = planned(config=config, performance={"loads": [{"rate": 200, "seconds": 0.5}], "partitions": 1})
    record = judge(trial.run(single, KINDS[single.kind], venue)(), venue.journals)
    assert record.verdict is Verdict.KEPT and record.counts is not None, record
    assert record.counts.acked == record.counts.sent > 0
    assert record.effective is not None
    assert (record.config["min.insync.replicas"], record.effective["min.insync.replicas"]) == (3, 1)


def test_a_topic_is_gone_when_its_trial_is_over(venue: Venue, cluster: LocalCluster) -> None:
    single = planned(faults={"recipes": [{"name": "lose-request", "messages": 100, "skip": 0, "times": 1}]})
    trial.run(single, KINDS[single.kind], venue)()
    until = time.monotonic() + 10  # brokers hear of a deletion one after the other
    while (view := cluster.view(f"{venue.run_id}.{single.id}")) is None or view.partitions:
        assert time.monotonic() < until, view
        time.sleep(0.05)
    assert [path.suffix for path in venue.scratch.iterdir() if path.suffix == ".journal"] == []
