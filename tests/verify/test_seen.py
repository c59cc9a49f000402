"""What promises rest on, from histories of events written by hand: each premise where it held, and where it did not."""

from __future__ import annotations

from typing import Any

import pytest

from harness.events import Permission
from harness.faults import known_effects
from harness.verify import Seen, in_time

from .asking import ALLOWED, EXPECTED, FORBIDDEN, expectations
from .courses import did, isr, led, seen

START = (led(1), isr(1, 2, 3))
TWO = (led(1), isr(1, 2))


def asked(
    anomaly: str, fault: str, course: Seen, parameters: dict[str, Any] | None = None, **config: Any
) -> Permission:
    settings = {
        "acks": "all",
        "replication.factor": 3,
        "min.insync.replicas": 2,
        "eligible.leader.replicas.version": 1,
        **{key.replace("_", "."): value for key, value in config.items()},
    }
    found = expectations("confluent-kafka", settings, fault, parameters or {}, course)
    return next(each.permission for each in found if each.anomaly == anomaly)


def lost(fault: str, course: Seen, **config: Any) -> Permission:
    return asked("lost", fault, course, **config)


@pytest.mark.parametrize(
    ("fault", "events", "acks_1"),
    [
        ("lose-ack", START, FORBIDDEN),
        ("none", START, FORBIDDEN),
        # Whatever it was that the fault was to do: once somebody else came to lead, the gap was there.
        ("lose-ack", (*START, led(2, 1), isr(2, 3)), ALLOWED),
        ("none", (*START, led(2, 1), isr(2, 3)), ALLOWED),
        ("stalled-leader", (*START, did("pause", 1), led(2, 1), did("resume", 1)), ALLOWED),
        ("stalled-leader", (*START, did("pause", 1), did("resume", 1)), FORBIDDEN),
        ("pause-controller", (*START, did("pause", 1000), did("resume", 1000), led(3, 1)), ALLOWED),
        # The same broker in another epoch: somebody may have led in between.
        ("kill-leader", (*START, did("kill", 1), led(-1, 1), led(1, 2)), ALLOWED),
    ],
)
def test_acks_1_rests_on_a_leader_that_leads_on(fault: str, events: Any, acks_1: Permission) -> None:
    assert lost(fault, seen(*events), acks="1") == acks_1


def test_a_follower_of_one_partition_that_leads_another() -> None:
    three = [
        event
        for p, who in enumerate(((1, 2, 3), (2, 3, 1), (3, 1, 2)))
        for event in (led(who[0], 0, p), isr(*who, partition=p))
    ]
    calm = seen(*three, did("pause", 2), did("resume", 2), partitions=3)
    deposed = seen(*three, did("pause", 2), led(3, 1, partition=1), did("resume", 2), partitions=3)
    assert lost("slow-follower", calm, acks="1", partitions=3) == FORBIDDEN
    assert lost("slow-follower", deposed, acks="1", partitions=3) == ALLOWED
    # Without retries librdkafka sends again what a leader that steps down refused.
    assert asked("duplicate", "slow-follower", calm, retries=0, partitions=3) == FORBIDDEN
    assert asked("duplicate", "slow-follower", deposed, retries=0, partitions=3) == ALLOWED


def test_a_partition_that_nobody_watched_is_judged_by_what_the_fault_does() -> None:
    half = seen(led(1), isr(1, 2, 3), partitions=3)
    assert not half.watched
    assert lost("kill-follower", half, acks="1", partitions=3) == ALLOWED
    assert lost("lose-ack", half, acks="1", partitions=3) == FORBIDDEN


def test_one_replica_that_is_killed_leads_on_with_the_log_it_had() -> None:
    course = seen(led(1), isr(1), did("kill", 1), led(-1, 1), did("restart", 1), led(1, 2))
    one: dict[str, Any] = {"replication_factor": 1, "min_insync_replicas": 1}
    assert lost("kill-leader", course, acks="1", **one) == FORBIDDEN
    assert lost("kill-leader", course, **one) == FORBIDDEN
    dark = seen(led(1), isr(1), did("kill", 1), did("power-lost", 1), led(-1, 1), did("restart", 1), led(1, 2))
    assert asked("lost", "kill-leader", dark, **one) == ALLOWED


# The follower that forgot leads, for the leader died before it was found out; a third replica would lead instead.
FORGOT_AND_KILLED = (did("kill", 1), did("kill", 2), did("power-lost", 2), did("restart", 2))


def test_two_faults_at_once_take_what_neither_takes() -> None:
    both = "power-loss-follower with kill-leader"
    two = seen(*TWO, *FORGOT_AND_KILLED, isr(2), led(2, 1))
    assert lost(both, two, replication_factor=2, min_insync_replicas=1) == ALLOWED
    three = seen(*START, *FORGOT_AND_KILLED, isr(2, 3), led(2, 1), isr(3), led(3, 2))
    assert lost(both, three) == FORBIDDEN
    assert lost(both, three, eligible_leader_replicas_version=0) == FORBIDDEN  # broker 3 was in sync all along


def test_the_leader_forgets_while_its_followers_are_cut_off() -> None:
    both = "partition-followers with disk-lost"
    course = seen(
        *START, did("cut", 1), isr(1), did("kill", 1), did("disk-lost", 1), led(2, 1), isr(2, 3), did("restart", 1)
    )
    assert lost(both, course, min_insync_replicas=1) == ALLOWED  # it acked alone
    assert lost(both, course, min_insync_replicas=2) == FORBIDDEN  # alone it acked nothing, and an eligible one leads
    assert lost(both, course, min_insync_replicas=2, eligible_leader_replicas_version=0) == ALLOWED


def test_a_leader_that_forgets_comes_back_as_a_follower() -> None:
    course = seen(*START, did("kill", 1), did("power-lost", 1), did("restart", 1), led(2, 1), isr(2, 3), isr(1, 2, 3))
    assert lost("power-loss-leader", course) == FORBIDDEN
    assert lost("power-loss-leader", course, acks="1") == ALLOWED


def test_killed_processes_lose_nothing_that_acks_all_acked() -> None:
    course = seen(*START, *(did("kill", node) for node in (1, 2, 3)), isr(3), led(3, 1), did("restart", 3))
    assert lost("kill-all", course) == FORBIDDEN
    assert lost("kill-all", course, unclean_leader_election_enable=True, min_insync_replicas=1) == FORBIDDEN
    behind = seen(*START, did("kill", 2), isr(1, 3), did("kill", 1), did("kill", 3), did("restart", 2), led(2, 1))
    assert lost("kill-follower with kill-all", behind) == FORBIDDEN
    assert lost("kill-follower with kill-all", behind, unclean_leader_election_enable=True) == ALLOWED


def test_an_unclean_election_takes_what_one_replica_acked() -> None:
    events = (*START, did("pause", 2), did("pause", 3), isr(1, 3), isr(1), did("kill", 1), did("resume", 2), led(-1, 1))
    elected = (did("elected", answer="none", leader=2), led(2, 2), isr(2), isr(2, 3))
    course = seen(*events, *elected, acked_at=(0.05,))
    assert lost("unclean-election", course, min_insync_replicas=1) == EXPECTED
    assert lost("unclean-election", course, min_insync_replicas=2) == FORBIDDEN
    not_needed = seen(*events, did("elected", answer="election_not_needed", leader=2), led(2, 2), isr(2))
    assert lost("unclean-election", not_needed, min_insync_replicas=1) == FORBIDDEN
    unheard = did("elected", answer="election_not_needed", nobody_led=True, leader=2)  # who was asked first had done it
    assert lost("unclean-election", seen(*events, unheard, *elected[1:]), min_insync_replicas=1) == EXPECTED


def test_with_flush_messages_1_power_takes_only_what_had_no_time_to_be_noted() -> None:
    events = (*START, did("kill", 1), did("kill", 2), did("kill", 3), *(did("power-lost", node) for node in (1, 2, 3)))
    calm = seen(*events, led(2, 1), acked_at=(-1.0,))
    busy = seen(*events, led(2, 1), acked_at=(0.2,))
    assert lost("power-loss", calm, flush_messages=1) == FORBIDDEN
    assert lost("power-loss", busy, flush_messages=1) == ALLOWED
    for flush_messages, expected in ((5, ALLOWED), (10_000, EXPECTED)):
        course = seen(*events, led(2, 1), acked_at=(0.01,))
        assert asked("lost", "power-loss", course, {"messages": 500}, flush_messages=flush_messages) == expected


def test_what_a_later_fault_erases_is_no_longer_expected() -> None:
    settings: dict[str, Any] = {"enable_idempotence": False}
    first = (*START, did("lose-ack"), did("sent"))
    dark = (did("kill", 1), did("kill", 2), did("kill", 3), *(did("power-lost", node) for node in (1, 2, 3)), led(2, 1))
    erased = seen(*first, *dark, sent_at=(0.0, 0.35), acked_at=(0.05, 0.36))
    assert asked("duplicate", "lose-ack then power-loss", erased, **settings) == ALLOWED
    assert asked("lost", "lose-ack then power-loss", erased, **settings) == EXPECTED
    killed = (did("kill", 1), led(2, 1), isr(2, 3))
    assert asked("duplicate", "lose-ack then kill-leader", seen(*first, *killed), **settings) == EXPECTED
    # While the acks were lost somebody else came to lead: what was written may have been truncated.
    deposed = (*START, did("lose-ack"), led(2, 1), did("sent"), did("kill", 2), led(3, 2))
    assert asked("duplicate", "lose-ack then kill-leader", seen(*deposed), **settings) == ALLOWED


def test_what_was_measured_of_a_fault_alone_is_not_expected_of_it_beside_another() -> None:
    settings: dict[str, Any] = {"enable_idempotence": False}
    fired = (*START, did("lose-ack", part="lose-ack"))
    assert asked("duplicate", "lose-ack with pause-controller", seen(*fired), **settings) == EXPECTED
    assert asked("duplicate", "lose-ack with inject-error", seen(*fired), **settings) == ALLOWED


def test_a_message_that_was_given_up_may_land_behind_what_came_next() -> None:
    one: dict[str, Any] = {"max_in_flight_requests_per_connection": 1, "enable_idempotence": False}
    assert asked("reordered", "lose-ack", seen(*START), **one) == FORBIDDEN
    assert asked("reordered", "lose-ack", seen(*START, gave_up=True), **one) == ALLOWED
    assert asked("reordered", "kill-leader", seen(*START, led(2, 1)), **one) == ALLOWED
    assert asked("reordered", "reorder", seen(*START), {"error": 87}, **one) == ALLOWED


@pytest.mark.parametrize(
    ("fault", "parameters", "events", "sent_at", "expected"),
    [
        ("kill-leader", {"after_acks": 1, "messages": 2}, (*START, did("kill", 1)), (0.0, 3.0), True),
        ("kill-leader", {"after_acks": 1, "messages": 2}, (*START, did("observe"), did("kill", 1)), (0.0, 0.25), False),
        ("kill-producer", {"after_acks": 1, "messages": 3}, (*START, did("kill-client")), (0.0, 0.1), True),
        ("kill-producer", {"after_acks": 1, "messages": 2}, (*START, did("kill-client")), (0.0, 0.1), False),
        ("power-loss", {}, (*START, did("kill", 1)), (0.0,), True),  # it strikes when all is acked
        ("none", {}, START, (0.0,), True),
        (
            "lose-ack then kill-leader",
            {"lose_ack": {}, "kill_leader": {"after_acks": 1, "messages": 1}},
            (*START, did("lose-ack"), did("sent"), did("kill", 1)),
            (0.0, 0.35),
            False,
        ),
        (
            "kill-leader with lose-ack",
            {"lose_ack": {}, "kill_leader": {"after_acks": 1, "messages": 2}},
            (*START, did("lose-ack", part="lose-ack"), did("kill", 1, part="kill-leader")),
            (0.0, 0.25),
            False,
        ),
    ],
)
def test_a_fault_that_strikes_when_the_load_is_over_proves_nothing(
    fault: str, parameters: dict[str, Any], events: Any, sent_at: tuple[float, ...], expected: bool
) -> None:
    course = seen(*events, sent_at=sent_at, acked_at=tuple(at + 0.01 for at in sent_at))
    assert in_time(known_effects(fault, parameters), course) is expected


@pytest.mark.parametrize(("acked_at", "expected"), [(None, True), (0.9, True), (0.1, False)])
def test_a_load_is_not_over_while_reports_are_to_come(acked_at: float | None, expected: bool) -> None:
    """A client that takes all at once has all of it still to send when the fault strikes."""
    course = seen(*START, did("kill-client"), sent_at=(0.0, 0.01), acked_at=(0.05, acked_at))
    assert in_time(known_effects("kill-producer", {"after_acks": 1, "messages": 2}), course) is expected


@pytest.mark.parametrize(
    ("client", "version", "idempotent", "gave_up", "delivery_ms", "permission"),
    [
        ("kafka-python", "3.0.12", True, True, 3_000, EXPECTED),
        ("kafka-python", "3.0.12", True, True, 120_000, ALLOWED),
        ("kafka-python", "3.0.12", True, False, 120_000, FORBIDDEN),
        ("kafka-python", "3.0.12", False, True, 3_000, FORBIDDEN),
        ("kafka-python", "3.0.13", True, True, 3_000, FORBIDDEN),
        ("kafka-python", "", True, True, 3_000, FORBIDDEN),
        ("confluent-kafka", "3.0.12", True, True, 3_000, FORBIDDEN),
    ],
)
def test_silence_is_excused_only_where_a_defect_of_this_very_version_is_known(
    client: str, version: str, idempotent: bool, gave_up: bool, delivery_ms: int, permission: Permission
) -> None:
    three = [event for p in range(3) for event in (led(1, 0, p), isr(1, 2, 3, partition=p))]
    course = seen(*three, did("cut", 1), isr(1), did("mend"), isr(1, 2, 3), partitions=3, gave_up=gave_up)
    config: dict[str, Any] = {
        "acks": "all",
        "enable.idempotence": idempotent,
        "delivery.timeout.ms": delivery_ms,
        "replication.factor": 3,
        "min.insync.replicas": 2,
        "partitions": 3,
    }
    found = expectations(client, config, "partition-followers", {"partition_s": 5.0}, course, version)
    assert next(each.permission for each in found if each.anomaly == "unreported") == permission
