"""Faults of nodes, disks and the application on real brokers: where they break something, and where they do not.

One client does for what is about brokers; ``workloads/faults.yaml`` runs them all for all clients.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Outcome, Verdict
from harness.journal.sealed import read_producer
from harness.trial import Venue

from .conftest import Run, found

CLIENT = "confluent-kafka"
pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize(
    ("fault", "parameters", "settings", "lost"),
    [
        pytest.param("frozen-leader", {}, {"acks": "0"}, 500, marks=pytest.mark.long),
        ("crash-before-replication", {}, {"acks": "1"}, 500),
        ("unclean-election", {}, {"acks": "all"}, 500),
        ("power-loss", {}, {"acks": "all"}, 550),
        pytest.param(*("power-loss-leader", {}, {"acks": "all", "replication_factor": 1}, 550), marks=pytest.mark.long),
        pytest.param(
            *("power-loss-follower", {"leader_dies": True}, {"acks": "all", "replication_factor": 2}, 550),
            marks=pytest.mark.long,
        ),
        ("disk-lost", {}, {"acks": "all", "replication_factor": 1}, 550),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_loses_every_message_that_was_acked(
    run: Run, fault: str, parameters: dict[str, Any], settings: dict[str, Any], lost: int
) -> None:
    record = run(CLIENT, fault, parameters, **settings)
    assert found(record) == {"lost": lost}, record.fault.events
    assert record.verdict is Verdict.REPRODUCED


@pytest.mark.long  # the other half of each: nothing goes wrong
@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        ("frozen-leader", {}),
        ("crash-before-replication", {}),
        ("unclean-election", {"min_insync_replicas": 2}),
        ("power-loss", {"flush_messages": 1}),
        ("power-loss-follower", {}),
        ("power-loss-follower", {"leader_dies": True}),
        ("disk-lost", {}),
        ("full-disk", {"messages": 6_000}),
        ("read-only-disk", {}),
        ("kill-follower", {"messages": 6_000}),
        ("kill-controller", {"messages": 6_000}),
        ("kill-all", {"messages": 6_000}),
        ("stop-leader", {"messages": 6_000}),
        ("rolling-stop", {"messages": 6_000}),
        ("pause-leader", {"messages": 6_000}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_idempotent_producer_with_acks_all_keeps_its_promise(
    run: Run, fault: str, parameters: dict[str, Any]
) -> None:
    record = run(CLIENT, fault, parameters, acks="all", enable_idempotence=True)
    assert record.fault.fired, record.reason
    assert record.anomalies is not None
    assert (record.anomalies.lost, record.anomalies.duplicate, record.anomalies.reordered) == (0, 0, 0)
    assert record.verdict is Verdict.KEPT, record.verdict_reason


@pytest.mark.parametrize("client", ["kafka-python", "confluent-kafka", "librdkafka"])
@pytest.mark.parametrize("idempotent", [False, True])
def test_a_slow_follower_makes_duplicates_unless_the_producer_is_idempotent(
    run: Run, client: str, idempotent: bool
) -> None:
    record = run(client, "slow-follower", acks="all", enable_idempotence=idempotent)
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert bool(record.anomalies.duplicate) is not idempotent
    assert record.verdict is (Verdict.KEPT if idempotent else Verdict.REPRODUCED)


@pytest.mark.parametrize("client", [CLIENT, "librdkafka"])
@pytest.mark.parametrize("patience_ms", [500, 120_000])
def test_a_stalled_leader_writes_what_the_client_gave_up(run: Run, client: str, patience_ms: int) -> None:
    record = run(client, "stalled-leader", {"delivery_timeout_ms": patience_ms}, acks="all", linger_ms=0)
    assert record.anomalies is not None and record.anomalies.lost == 0
    gave_up = patience_ms == 500
    assert bool(record.anomalies.unknown_landed) is gave_up
    assert record.verdict is (Verdict.REPRODUCED if gave_up else Verdict.KEPT)


def test_a_producer_that_slept_past_its_timeouts_gives_up_what_it_had_not_sent(run: Run) -> None:
    # It lingers, so that something is waiting whenever it is put to sleep.
    parameters = {"messages": 3_000, "after_acks": 500}
    record = run(CLIENT, "pause-producer", parameters, enable_idempotence=True, linger_ms=250)
    assert record.anomalies is not None and record.counts is not None
    assert (record.anomalies.lost, record.anomalies.duplicate, record.anomalies.reordered) == (0, 0, 0)
    assert record.anomalies.unknown_absent and record.anomalies.unknown_absent <= record.counts.unknown
    assert record.verdict is Verdict.REPRODUCED


@pytest.mark.long
def test_librdkafka_itself_says_that_it_had_not_sent_it(run: Run) -> None:
    # It lingers, so that what it has is waiting when it is put to sleep, and not on its way.
    parameters = {"messages": 50_000, "after_acks": 500}
    record = run("librdkafka", "pause-producer", parameters, enable_idempotence=True, linger_ms=250)
    assert record.counts is not None and record.errors is not None
    assert found(record) == {}
    assert record.errors["_MSG_TIMED_OUT NOT_PERSISTED"] == record.counts.failed > 0
    assert record.verdict is Verdict.KEPT


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_leader_that_freezes_for_longer_than_the_client_waits(run: Run, idempotent: bool) -> None:
    parameters = {"request_timeout_ms": 200, "down_s": 1.25, "messages": 5_000}
    record = run(CLIENT, "pause-leader", parameters, acks="all", enable_idempotence=idempotent)
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert bool(record.anomalies.duplicate) is not idempotent
    assert record.verdict is (Verdict.KEPT if idempotent else Verdict.REPRODUCED)


@pytest.mark.parametrize("fault", ["stop-leader", "full-disk"])
def test_acks_0_loses_what_is_sent_to_a_broker_that_goes(run: Run, fault: str) -> None:
    record = run(CLIENT, fault, {"messages": 6_000}, acks="0")
    assert record.anomalies is not None and record.anomalies.lost
    assert record.verdict is Verdict.REPRODUCED


def test_what_a_killed_producer_had_not_heard_of_is_unknown(run: Run) -> None:
    record = run(CLIENT, "kill-producer", {"messages": 3_000, "after_acks": 500}, acks="all")
    assert record.status == "completed" and record.verdict is Verdict.KEPT
    assert record.counts is not None
    assert 500 <= record.counts.acked < record.counts.sent < 3_050
    assert record.counts.acked + record.counts.unknown == record.counts.sent


def test_idempotence_does_not_cover_a_second_producer(run: Run) -> None:
    record = run(
        CLIENT, "restart-producer", {"messages": 3_000, "after_acks": 500}, acks="all", enable_idempotence=True
    )
    assert record.anomalies is not None and record.counts is not None
    assert record.anomalies.duplicate and record.anomalies.lost == 0
    assert record.counts.acked == record.counts.sent == 3_050, "the new producer finished the load"
    assert record.verdict is Verdict.REPRODUCED
    (restarted,) = (event for event in record.fault.events if event["what"] == "restart-client")
    assert restarted["sent_again"] >= record.anomalies.duplicate


def test_what_is_not_sent_again_is_not_there_twice(run: Run) -> None:
    parameters = {"messages": 3_000, "after_acks": 500, "resend": False}
    record = run(CLIENT, "restart-producer", parameters, acks="all")
    assert record.anomalies is not None and record.counts is not None
    assert (record.anomalies.lost, record.anomalies.duplicate) == (0, 0)
    assert record.counts.unknown and record.counts.acked + record.counts.unknown == record.counts.sent
    assert record.verdict is Verdict.KEPT


@pytest.mark.parametrize("acks", ["1", "all"])
def test_an_eligible_follower_leads_without_what_the_leader_alone_had_acked(run: Run, acks: str) -> None:
    parameters = {"messages": 900, "down_s": 2.0}
    record = run(CLIENT, "last-in-sync-dies", parameters, acks=acks, enable_idempotence=acks == "all")
    assert record.fault.fired and record.anomalies is not None
    if acks == "1":
        assert record.anomalies.lost is not None and record.anomalies.lost >= 100
        assert record.verdict is Verdict.REPRODUCED
    else:
        assert record.anomalies.lost == 0
        assert record.verdict is Verdict.KEPT


def test_a_kill_can_wait_for_a_request_by_its_ordinal(run: Run) -> None:
    record = run(CLIENT, "kill-leader", {"messages": 3_000, "after_requests": 20}, enable_idempotence=True)
    assert record.fault.fired and record.verdict is Verdict.KEPT
    what = [event["what"] for event in record.fault.events if event["what"] in ("observe", "kill")]
    assert what == ["observe", "kill"]
    (observed,) = (event for event in record.fault.events if event["what"] == "observe")
    assert observed["ordinal"] == 20


def test_faults_in_sequence_and_at_once(run: Run, venue: Venue) -> None:
    killed = {"messages": 3_000, "after_acks": 500}
    lost = {"messages": 1_000, "every": 2}
    record = run(CLIENT, "lose-ack then kill-leader", {"lose_ack": lost, "kill_leader": killed})
    assert record.fault.fired and record.anomalies is not None and record.anomalies.lost == 0
    assert record.anomalies.duplicate is not None and record.anomalies.duplicate >= 250
    assert record.verdict is Verdict.REPRODUCED
    assert record.fault.loads == {
        "lose-ack": {"messages": 1_000, "rate": None, "flush_every": 50},
        "kill-leader": {"messages": 3_000, "rate": 3_000, "flush_every": None},
    }
    (kill,) = (event for event in record.fault.events if event["what"] == "kill")
    producer = read_producer(venue.journals / f"{record.id}.producer-0.parquet")
    acked_ns = producer.done_ns[50 + 1_000 :][producer.outcome[50 + 1_000 :] == Outcome.ACKED]
    assert (acked_ns < kill["at_ns"]).sum() >= 500, "of its own load"
    # The second request comes before the kill, however many messages a busy machine puts into one.
    both = {"lose_ack": {"skip": 1}, "kill_leader": {"messages": 4_500, "after_acks": 1_500}}
    record = run(CLIENT, "lose-ack with kill-leader", both, enable_idempotence=True)
    assert record.fault.fired and found(record) == {}
    assert record.verdict is Verdict.KEPT


@pytest.mark.parametrize("idempotent", [pytest.param(False, marks=pytest.mark.long), True])
def test_faults_at_once_are_at_once(run: Run, idempotent: bool) -> None:
    """Acks wait for a dead follower until its session ends, and nobody ends it while the controller is away."""
    record = run(
        CLIENT,
        "kill-controller with kill-follower",
        {"kill_controller": {"down_s": 3.0}, "kill_follower": {"down_s": 4.0, "request_timeout_ms": 2_500}},
        acks="all",
        enable_idempotence=idempotent,
    )
    done = [(event["part"], event["what"]) for event in record.fault.events if "part" in event]
    # Which of the two is first is a race that nobody promises: both are down before either returns.
    assert set(done[:2]) == {("kill-controller", "kill"), ("kill-follower", "kill")}
    assert set(done[2:4]) == {("kill-controller", "restart"), ("kill-follower", "restart")}
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert bool(record.anomalies.duplicate) is not idempotent
    assert record.verdict is (Verdict.KEPT if idempotent else Verdict.REPRODUCED)
