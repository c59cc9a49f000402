"""What is promised under faults that are composed, and under those whose outcome hangs on who else is there."""

from __future__ import annotations

from typing import Any

import pytest

from harness.clusters.profiles import PROFILES
from harness.events import Permission
from harness.verify import waiting

from .asking import ALLOWED, EXPECTED, FORBIDDEN, expectation


def permission(anomaly: str, fault: str, parameters: dict[str, Any], **config: Any) -> Permission:
    return expectation(anomaly, fault, "confluent-kafka", parameters, **{"acks": "all", **config}).permission


@pytest.mark.parametrize(
    ("timeout_ms", "fault", "expected"),
    [
        (400, "kill-follower", EXPECTED),
        (2_500, "kill-follower", ALLOWED),  # its session is over before the client has waited long enough
        (2_500, "kill-controller with kill-follower", EXPECTED),  # nobody ends its session
        (2_500, "pause-controller with kill-follower", ALLOWED),  # one that wakes may depose the leader: see test_seen
        (2_500, "lose-request with kill-follower", ALLOWED),
        (2_500, "kill-controller then kill-follower", ALLOWED),  # it is back by then
        (5_000, "kill-controller with kill-follower", ALLOWED),
    ],
)
def test_how_long_acks_wait_for_a_dead_follower(timeout_ms: int, fault: str, expected: Permission) -> None:
    parts: dict[str, Any] = {"kill_controller": {"down_s": 3.0}, "pause_controller": {"down_s": 3.0}}
    parameters = {**parts, "kill_follower": {"down_s": 4.0}} if " " in fault else {"down_s": 4.0}
    assert permission("duplicate", fault, parameters, request_timeout_ms=timeout_ms) == expected


def test_a_session_is_the_one_that_the_brokers_have() -> None:
    settings = PROFILES["fault"].settings
    session_ms, heartbeat_ms = settings["broker.session.timeout.ms"], settings["broker.heartbeat.interval.ms"]
    assert int(session_ms) - int(heartbeat_ms) == waiting.SESSION_S * 1000


def test_parts_of_a_part_have_their_parameters() -> None:
    fault = "lose-ack then delay with hold"
    for timeout_ms, expected in ((1_000, EXPECTED), (5_000, ALLOWED)):
        parameters = {"hold_with_pause_controller": {"hold": {"hold_s": 3.0}, "pause_controller": {"down_s": 1.0}}}
        found = permission(
            "duplicate", "none then hold with pause-controller", parameters, request_timeout_ms=timeout_ms
        )
        assert found == expected
    assert permission("duplicate", fault, {}) == EXPECTED


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"replication_factor": 2}, EXPECTED),
        ({"replication_factor": 3}, FORBIDDEN),
        ({"replication_factor": 2, "flush_messages": 1}, FORBIDDEN),
        ({"replication_factor": 3, "acks": "1"}, ALLOWED),
    ],
)
def test_a_follower_that_forgot_leads_only_if_nobody_else_is_there(config: Any, expected: Permission) -> None:
    assert permission("lost", "power-loss-follower", {"leader_dies": True}, **config) == expected
    assert permission("lost", "power-loss-follower", {}, **config) == FORBIDDEN


@pytest.mark.parametrize(
    ("acks", "eligible", "min_insync", "expected"),
    [
        ("1", 1, 2, EXPECTED),
        ("0", 1, 2, EXPECTED),
        ("1", 0, 2, ALLOWED),
        ("1", 1, 1, ALLOWED),  # the followers are not eligible: there was no need of them
        ("all", 1, 2, FORBIDDEN),
    ],
)
def test_an_eligible_replica_has_no_more_than_acks_all_promised(
    acks: str, eligible: int, min_insync: int, expected: Permission
) -> None:
    config: dict[str, Any] = {"eligible.leader.replicas.version": eligible, "min.insync.replicas": min_insync}
    assert permission("lost", "last-in-sync-dies", {}, acks=acks, **config) == expected


@pytest.mark.parametrize("idempotent", [False, True])
def test_only_what_is_sent_again_can_be_there_twice(idempotent: bool) -> None:
    config: dict[str, Any] = {"enable_idempotence": idempotent}
    assert permission("duplicate", "restart-producer", {}, **config) == EXPECTED
    assert permission("duplicate", "restart-producer", {"resend": False}, **config) == (
        FORBIDDEN if idempotent else ALLOWED
    )
