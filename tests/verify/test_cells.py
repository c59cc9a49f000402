"""What is promised where: the cells of the table that people ask about."""

from __future__ import annotations

from typing import Any

import pytest

from harness.clients import CLIENTS
from harness.events import Permission

from .asking import ALLOWED, EXPECTED, FORBIDDEN, expectation, expectations, permission


@pytest.mark.parametrize(
    ("acks", "fault", "replicas", "expected"),
    [
        ("0", "none", 3, ALLOWED),
        ("0", "lose-ack", 3, ALLOWED),
        ("0", "lose-request", 3, EXPECTED),
        ("0", "lose-request", 1, EXPECTED),
        ("0", "zombie-leader", 3, EXPECTED),
        ("0", "kill-leader", 3, EXPECTED),
        ("0", "kill-leader", 1, ALLOWED),
        ("0", "frozen-leader", 3, EXPECTED),
        ("0", "crash-before-replication", 3, EXPECTED),
        ("0", "kill-follower", 3, ALLOWED),
        ("0", "disk-lost", 1, EXPECTED),
        ("1", "crash-before-replication", 3, EXPECTED),
        ("1", "crash-before-replication", 1, FORBIDDEN),
        ("1", "unclean-election", 3, EXPECTED),
        ("1", "kill-follower", 3, FORBIDDEN),
        ("1", "stop-leader", 3, ALLOWED),
        ("1", "disk-lost", 1, EXPECTED),
        ("1", "disk-lost", 3, ALLOWED),
        ("1", "power-loss", 3, EXPECTED),
        ("all", "crash-before-replication", 3, FORBIDDEN),
        ("all", "unclean-election", 3, FORBIDDEN),
        ("all", "kill-all", 3, FORBIDDEN),
        ("all", "power-loss", 3, EXPECTED),
        ("all", "power-loss-leader", 1, EXPECTED),
        ("all", "power-loss-leader", 3, FORBIDDEN),
        ("all", "power-loss-follower", 3, FORBIDDEN),
        ("all", "disk-lost", 1, EXPECTED),
        ("all", "disk-lost", 3, FORBIDDEN),
        ("all", "full-disk", 3, FORBIDDEN),
        ("0", "refuse", 3, EXPECTED),
        ("0", "partition-controller", 3, EXPECTED),
        ("0", "partition-leader", 3, EXPECTED),
        ("0", "partition-leader", 1, ALLOWED),
        ("0", "partition-followers", 3, ALLOWED),
        ("1", "partition-controller", 3, EXPECTED),
        ("1", "partition-leader", 3, EXPECTED),
        ("1", "partition-leader", 1, FORBIDDEN),
        ("1", "partition-followers", 3, FORBIDDEN),
        ("all", "partition-controller", 3, FORBIDDEN),
        ("all", "partition-leader", 3, FORBIDDEN),
        ("all", "partition-followers", 3, FORBIDDEN),
        ("1", "inject-error", 3, FORBIDDEN),
        ("1", "refuse", 3, FORBIDDEN),
        ("1", "hold", 3, FORBIDDEN),
        ("all", "reorder", 3, FORBIDDEN),
        ("all", "bandwidth", 3, FORBIDDEN),
        ("1", "none", 3, FORBIDDEN),
        ("1", "lose-ack", 3, FORBIDDEN),
        ("1", "lose-request", 3, FORBIDDEN),
        ("1", "zombie-leader", 3, EXPECTED),
        ("1", "zombie-leader", 2, EXPECTED),
        ("1", "kill-leader", 3, ALLOWED),
        ("1", "kill-leader", 1, FORBIDDEN),
        ("all", "none", 3, FORBIDDEN),
        ("all", "lose-ack", 3, FORBIDDEN),
        ("all", "lose-request", 3, FORBIDDEN),
        ("all", "zombie-leader", 3, FORBIDDEN),
        ("all", "kill-leader", 3, FORBIDDEN),
        ("all", "kill-leader", 1, FORBIDDEN),
    ],
)
def test_lost(acks: str, fault: str, replicas: int, expected: Permission) -> None:
    for client in CLIENTS:
        assert permission("lost", fault, client, acks=acks, replication_factor=replicas) == expected


@pytest.mark.parametrize("fault", ["kill-leader", "kill-all"])
def test_losing_under_a_kill_is_expected_only_where_a_batch_is_always_on_its_way(fault: str) -> None:
    for rate, linger_ms, expected in (
        (3_000.0, 5, EXPECTED),
        (3_000.0, 25, ALLOWED),
        (20_000.0, 25, EXPECTED),
        (50.0, 5, ALLOWED),
    ):
        found = expectation("lost", fault, "aiokafka", {"rate": rate}, acks="0", linger_ms=linger_ms)
        assert found.permission == expected, (rate, linger_ms)


@pytest.mark.parametrize("fault", ["partition-controller", "partition-leader"])
def test_losing_to_a_split_brain_is_expected_only_under_load(fault: str) -> None:
    for acks in ("0", "1"):
        assert expectation("lost", fault, "aiokafka", {"rate": 3000.0}, acks=acks).permission == EXPECTED
        assert expectation("lost", fault, "aiokafka", {"rate": 50.0}, acks=acks).permission == ALLOWED


def test_unclean_election_loses_what_one_replica_acked() -> None:
    unclean: dict[str, Any] = {"acks": "all", "unclean_leader_election_enable": True}
    assert permission("lost", "kill-leader", **unclean, min_insync_replicas=1) == ALLOWED
    assert permission("lost", "kill-leader", **unclean, min_insync_replicas=2) == FORBIDDEN
    assert permission("lost", "lose-ack", **unclean, min_insync_replicas=1) == FORBIDDEN


@pytest.mark.parametrize("acks", ["1", "all"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_lost_ack_duplicates_without_idempotence(client: str, acks: str) -> None:
    settings: dict[str, Any] = {"acks": acks, "enable_idempotence": False}
    assert permission("duplicate", "lose-ack", client, **settings) == EXPECTED
    assert permission("duplicate", "lose-ack", client, **settings, retries=0) == FORBIDDEN
    silent = permission("duplicate", "lose-ack", client, silent=True, **settings)
    assert silent == (ALLOWED if client == "aiokafka" else EXPECTED)


def test_a_line_held_longer_than_the_client_waits_duplicates() -> None:
    for client, timeout_ms, idempotent, expected in (
        ("confluent-kafka", 1_000, False, EXPECTED),
        ("kafka-python", 1_000, False, EXPECTED),
        ("kafka-python", 1_000, True, FORBIDDEN),
        ("kafka-python", 2_500, False, EXPECTED),
        ("confluent-kafka", 2_500, False, ALLOWED),  # it looks for late responses once a second: perhaps too late
        ("kafka-python", 5_000, False, ALLOWED),
        ("aiokafka", 1_000, False, ALLOWED),
    ):
        settings: dict[str, Any] = {"acks": "all", "enable_idempotence": idempotent, "request_timeout_ms": timeout_ms}
        assert expectation("duplicate", "hold", client, {"hold_s": 3.0}, **settings).permission == expected


def test_what_a_client_gave_up_can_land_behind_what_it_sent_next() -> None:
    for client, timeout_ms, idempotent, expected in (
        ("aiokafka", 1_000, False, ALLOWED),
        ("aiokafka", 5_000, False, FORBIDDEN),
        ("aiokafka", 1_000, True, FORBIDDEN),
    ):
        settings: dict[str, Any] = {"acks": "all", "enable_idempotence": idempotent, "request_timeout_ms": timeout_ms}
        slow = {"bytes_per_s": 2_000, "flush_every": 50, "message_size": 100}
        assert expectation("reordered", "bandwidth", client, slow, **settings).permission == expected


def test_followers_that_are_cut_off_longer_than_the_client_waits_duplicate() -> None:
    for client, acks, timeout_ms, replicas, idempotent, expected in (
        ("confluent-kafka", "all", 1_000, 2, False, EXPECTED),
        ("kafka-python", "all", 1_000, 2, False, EXPECTED),
        ("kafka-python", "all", 1_000, 2, True, FORBIDDEN),
        ("kafka-python", "all", 1_000, 1, False, ALLOWED),
        ("kafka-python", "all", 5_000, 2, False, ALLOWED),
        ("kafka-python", "1", 1_000, 2, False, ALLOWED),
        ("aiokafka", "all", 1_000, 2, False, ALLOWED),
    ):
        settings: dict[str, Any] = {"acks": acks, "enable_idempotence": idempotent, "request_timeout_ms": timeout_ms}
        found = expectation(
            "duplicate",
            "partition-followers",
            client,
            {"partition_s": 2.0},
            min_insync_replicas=replicas,
            **settings,
        )
        assert found.permission == expected, (client, acks, timeout_ms, replicas, idempotent)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_for_what_was_written_duplicates_it(client: str) -> None:
    settings: dict[str, Any] = {"acks": "all", "enable_idempotence": False}
    written = {"error": 20, "forward": True}
    assert expectation("duplicate", "inject-error", client, written, **settings).permission == EXPECTED
    assert expectation("duplicate", "inject-error", client, {}, **settings).permission == ALLOWED


@pytest.mark.parametrize("fault", ["none", "lose-request", "zombie-leader", "kill-leader"])
def test_at_least_once_permits_duplicates_whatever_happens(fault: str) -> None:
    assert permission("duplicate", fault, acks="all", enable_idempotence=False) == ALLOWED


def test_librdkafka_repeats_what_a_deposed_leader_refused_even_without_retries() -> None:
    for fault in ("zombie-leader", "kill-leader"):
        assert permission("duplicate", fault, "confluent-kafka", acks="all", retries=0) == ALLOWED
        assert permission("duplicate", fault, "kafka-python", acks="all", retries=0) == FORBIDDEN


@pytest.mark.parametrize(
    ("client", "fault", "parameters", "expected"),
    [
        ("librdkafka", "inject-error", {"error": 6, "forward": True}, ALLOWED),
        ("librdkafka", "inject-error", {"error": 20, "forward": True}, FORBIDDEN),
        ("librdkafka", "partition-leader", {}, ALLOWED),
        ("librdkafka", "lose-ack", {}, FORBIDDEN),
        ("confluent-kafka", "inject-error", {"error": 6, "forward": True}, FORBIDDEN),
    ],
)
def test_librdkafka_is_wrong_of_what_a_former_leader_refused(
    client: str, fault: str, parameters: dict[str, Any], expected: Permission
) -> None:
    assert expectation("failed_landed", fault, client, parameters, acks="all").permission == expected


@pytest.mark.parametrize(
    ("client", "fault", "config", "expected"),
    [
        ("librdkafka", "reorder", {}, EXPECTED),
        ("kafka-python", "reorder", {}, EXPECTED),
        ("kafka-python", "reorder", {"max_in_flight_requests_per_connection": 1}, FORBIDDEN),
        ("kafka-python", "reorder", {"retries": 0}, FORBIDDEN),
        ("kafka-python", "reorder", {"enable_idempotence": True}, FORBIDDEN),
        ("confluent-kafka", "reorder", {}, EXPECTED),
        ("confluent-kafka", "reorder", {"max_in_flight_requests_per_connection": 1}, EXPECTED),
        ("confluent-kafka", "reorder", {"retries": 0}, ALLOWED),
        ("aiokafka", "reorder", {}, FORBIDDEN),
        ("kafka-python", "partition-leader", {}, EXPECTED),
        ("kafka-python", "partition-controller", {"enable_idempotence": True}, FORBIDDEN),
        ("kafka-python", "partition-leader", {"max_in_flight_requests_per_connection": 1}, FORBIDDEN),
        ("kafka-python", "partition-leader", {"acks": "1"}, ALLOWED),
        ("confluent-kafka", "partition-leader", {}, ALLOWED),
        ("kafka-python", "delay", {}, ALLOWED),
        ("kafka-python", "zombie-leader", {}, ALLOWED),
        ("kafka-python", "zombie-leader", {"max_in_flight_requests_per_connection": 1}, FORBIDDEN),
        ("kafka-python", "zombie-leader", {"retries": 0}, FORBIDDEN),
        ("confluent-kafka", "none", {}, ALLOWED),
        ("confluent-kafka", "none", {"max_in_flight_requests_per_connection": 1}, FORBIDDEN),
        ("confluent-kafka", "kill-leader", {"max_in_flight_requests_per_connection": 1}, ALLOWED),
        ("aiokafka", "kill-leader", {}, FORBIDDEN),
        ("aiokafka", "none", {"acks": "0"}, FORBIDDEN),
        ("confluent-kafka", "kill-leader", {"acks": "0"}, ALLOWED),
    ],
)
def test_reordered(client: str, fault: str, config: dict[str, Any], expected: Permission) -> None:
    settings = {"acks": "all", "enable_idempotence": False, **config}
    assert permission("reordered", fault, client, **settings) == expected


def test_where_acks_all_ends() -> None:
    assert permission("lost", "unclean-election", acks="all", min_insync_replicas=1) == EXPECTED
    assert permission("lost", "power-loss", acks="all", flush_messages=1) == FORBIDDEN
    assert permission("lost", "power-loss-leader", acks="all", flush_messages=1) == FORBIDDEN


@pytest.mark.parametrize(
    ("client", "acks", "idempotent", "timeout_ms", "expected"),
    [
        ("kafka-python", "all", False, 300, EXPECTED),
        ("confluent-kafka", "all", False, 300, EXPECTED),
        ("kafka-python", "all", False, 5_000, ALLOWED),
        ("kafka-python", "all", True, 300, FORBIDDEN),
        ("aiokafka", "all", False, 300, ALLOWED),
        ("confluent-kafka", "1", False, 300, ALLOWED),
    ],
)
def test_a_follower_slower_than_the_client_waits_makes_clients_that_retry_write_twice(
    client: str, acks: str, idempotent: bool, timeout_ms: int, expected: Permission
) -> None:
    settings: dict[str, Any] = {"acks": acks, "enable_idempotence": idempotent, "request_timeout_ms": timeout_ms}
    assert expectation("duplicate", "slow-follower", client, {"pause_s": 1.0}, **settings).permission == expected


def test_what_a_client_gave_up_may_have_landed() -> None:
    for client, patience_ms, expected in (
        ("kafka-python", 500, EXPECTED),
        ("kafka-python", 1_000, ALLOWED),
        ("aiokafka", 500, ALLOWED),
    ):
        settings = {"delivery.timeout.ms": patience_ms, "acks": "all"}
        (found,) = (
            each
            for each in expectations(client, settings, "stalled-leader", {"pause_s": 1.0})
            if each.anomaly == "unknown_landed"
        )
        assert found.permission == expected


def test_composed_faults_may_do_what_either_may() -> None:
    both = "lose-ack then kill-leader"
    assert permission("duplicate", both, acks="all") == permission("duplicate", "lose-ack", acks="all") == EXPECTED
    assert permission("lost", both, acks="1") == permission("lost", "kill-leader", acks="1") == ALLOWED
    assert permission("lost", both, acks="all") == FORBIDDEN


@pytest.mark.parametrize(
    ("anomaly", "fault", "one", "two"),
    [
        ("duplicate", "lose-ack", EXPECTED, ALLOWED),
        ("lost", "kill-leader", FORBIDDEN, FORBIDDEN),
    ],
)
def test_what_was_measured_of_one_producer_is_expected_of_one(
    anomaly: str, fault: str, one: Permission, two: Permission
) -> None:
    found = [permission(anomaly, fault, acks="all", enable_idempotence=False, producers=n) for n in (1, 2)]
    assert found == [one, two]


def test_partitions_are_those_of_all_topics() -> None:
    """What strikes one partition leaves the others alone, also where each topic has no other."""
    found = [permission("lost", "zombie-leader", acks="0", topics=topics) for topics in (1, 2)]
    assert found == [EXPECTED, ALLOWED] == [permission("lost", "zombie-leader", acks="0", partitions=n) for n in (1, 2)]
