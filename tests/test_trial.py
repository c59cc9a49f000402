"""Trials that go wrong: their data is kept, their verdict is never a pass."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from confluent_kafka import Producer

from harness import trial
from harness.clusters.local import LocalCluster
from harness.events import Verdict
from harness.faults import FAULTS
from harness.faults.fault import Fault, Script, in_order
from harness.faults.parameters import UnderLoad
from harness.faults.steps import AwaitAcks, PauseClient
from harness.judge import judge
from harness.load.codec import Codec
from harness.load.worker import Worker
from harness.plan import Trial, plan
from harness.trial import Venue
from harness.trial.venue import Running
from harness.wire import Proxy
from harness.workload import parse

pytestmark = pytest.mark.timeout(180)


def _trial(**parts: Any) -> Trial:
    workload = {
        "name": "wrong",
        "kafka": "4.4.0",
        "sweep": {"client": ["confluent-kafka"]},
        "config": {"acks": "all", "replication.factor": 3, "enable.idempotence": False, "linger.ms": 5},
        **parts,
    }
    return plan(parse(workload), lambda client, config: [], FAULTS).trials[0]


def _killing(module: str, venue: Venue, once: str) -> Venue:
    """The venue, where this process's child that runs ``module`` is killed half a second into what is done ``once``."""

    def kill() -> None:
        for child in psutil.Process().children(recursive=True):
            if module in child.cmdline():
                child.kill()

    def doing(what: str) -> None:
        if what.startswith(once):
            threading.Timer(0.5, kill).start()

    return replace(venue, doing=doing)


def test_a_worker_that_dies_leaves_what_it_had_and_no_pass(venue: Venue) -> None:
    planned = _trial(performance={"loads": [{"rate": 1000, "seconds": 8}], "partitions": 1})
    record = judge(trial.run(planned, _killing("harness.load.producer", venue, "measuring")), venue.journals)
    assert record.status == "completed"
    assert record.reason is not None and "ended with status -9" in record.reason
    assert record.counts is not None and 0 < record.counts.sent < 8000
    assert record.counts.acked > 0
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert record.verdict is Verdict.UNKNOWN


def test_a_proxy_that_dies_proves_nothing(venue: Venue) -> None:
    impatient = {"delivery.timeout.ms": 1_500, "request.timeout.ms": 1_000, "replication.factor": 3}
    recipe = {"name": "lose-ack", "messages": 4_000, "rate": 2_000}
    planned = _trial(config=impatient, faults={"recipes": [recipe]})
    record = judge(trial.run(planned, _killing("harness.wire.proxy", venue, "injecting")), venue.journals)
    assert record.counts is not None and 0 < record.counts.acked < record.counts.sent
    assert record.verdict in (Verdict.UNKNOWN, Verdict.NOT_EXERCISED)
    assert record.reason


def test_a_proxy_that_clients_can_pass_by_proves_nothing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    class OfTwo(Proxy):
        """A proxy that has heard of two of the three brokers."""

        def __init__(self, brokers: Mapping[int, str], log: Path) -> None:
            super().__init__(dict(list(brokers.items())[:2]), log)

    monkeypatch.setattr(sys.modules["harness.trial.produce"], "Proxy", OfTwo)
    planned = _trial(faults={"recipes": [{"name": "lose-ack", "messages": 100, "skip": 0, "times": 1}]})
    record = judge(trial.run(planned, venue), venue.journals)
    assert record.reason is not None and "clients can pass the proxy by" in record.reason
    assert record.verdict is Verdict.UNKNOWN


def test_a_client_that_hangs_ends_within_its_bound_and_is_no_pass(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAULTS, "hang", _hang())
    # How long it is asked to end in order, in vain.
    monkeypatch.setattr(Worker, "close", partialmethod(Worker.close, timeout_s=0.5))
    began = time.monotonic()
    planned = _trial(faults={"recipes": [{"name": "hang", "messages": 5_000}]})
    record = judge(trial.run(planned, venue), venue.journals)
    assert record.fault.fired
    assert record.status == "completed" and record.reason is not None and "the client hung" in record.reason
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


def test_a_fault_that_never_fires_is_not_exercised(venue: Venue) -> None:
    planned = _trial(faults={"recipes": [{"name": "lose-ack", "messages": 200, "skip": 1000}]})
    record = judge(trial.run(planned, venue), venue.journals)
    assert not record.fault.fired
    assert record.verdict is Verdict.NOT_EXERCISED
    assert record.verdict_reason is not None and "did not fire" in record.verdict_reason


def test_the_same_trials_messages_of_another_run_are_never_taken_for_its_own(venue: Venue) -> None:
    """Neither for copies, nor for what was lost; all that differs in them is the run."""
    planned = _trial(
        config={"acks": "0", "replication.factor": 3, "enable.idempotence": False, "linger.ms": 25},
        faults={"recipes": [{"name": "lose-request", "messages": 100, "skip": 0, "times": 1}]},
    )
    other = Running(planned, replace(venue, run_id="another"))
    values = Codec(other.run_key, planned.load.message_size).encode(np.arange(150), np.arange(150))
    intruder = Producer({"bootstrap.servers": venue.cluster.bootstrap, "log_level": 0})

    def doing(what: str) -> None:
        if what.startswith("injecting"):
            for value in values:
                intruder.produce(Running(planned, venue).topic, value, partition=0)
            assert intruder.flush(20) == 0

    record = judge(trial.run(planned, replace(venue, doing=doing)), venue.journals)
    assert record.anomalies is not None and record.counts is not None and record.counts.sent == 150
    assert record.anomalies.lost and record.anomalies.duplicate == 0
    assert record.anomalies.unexpected == 150


def test_a_paced_trial_measures_from_due_times_to_the_consumer(venue: Venue) -> None:
    planned = _trial(performance={"loads": [{"rate": 200, "seconds": 2}], "partitions": 2})
    record = judge(trial.run(planned, venue), venue.journals)
    assert record.verdict is Verdict.KEPT, record
    assert record.latency_ms is not None and record.end_to_end_ms is not None and record.service_ms is not None
    assert record.latency_ms.count == record.end_to_end_ms.count == 400
    assert 0 < record.latency_ms.p50 <= record.latency_ms.max
    assert record.throughput is not None and record.throughput.messages_per_s > 0
    assert record.counts is not None and record.counts.in_log == record.counts.sent


def test_more_replicas_in_sync_than_there_are_is_as_many_as_there_are(venue: Venue) -> None:
    config = {"acks": "all", "replication.factor": 1, "min.insync.replicas": 3}
    planned = _trial(config=config, performance={"loads": [{"rate": 200, "seconds": 0.5}], "partitions": 1})
    record = judge(trial.run(planned, venue), venue.journals)
    assert record.verdict is Verdict.KEPT and record.counts is not None, record
    assert record.counts.acked == record.counts.sent > 0
    assert record.effective is not None
    assert (record.config["min.insync.replicas"], record.effective["min.insync.replicas"]) == (3, 1)


def test_a_topic_is_gone_when_its_trial_is_over(venue: Venue, cluster: LocalCluster) -> None:
    planned = _trial(faults={"recipes": [{"name": "lose-request", "messages": 100, "skip": 0, "times": 1}]})
    trial.run(planned, venue)
    until = time.monotonic() + 10  # brokers hear of a deletion one after the other
    while (view := cluster.view(f"{venue.run_id}.{planned.id}")) is None or view.partitions:
        assert time.monotonic() < until, view
        time.sleep(0.05)
    assert [path.suffix for path in venue.scratch.iterdir() if path.suffix == ".journal"] == []
