"""What is promised where: the table as a whole, and the cells that people ask about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from harness.clients import CLIENTS, load
from harness.events import Permission
from harness.faults import FAULTS
from harness.store import Expectation
from harness.verify import expectations, promise
from harness.verify.cell import Cell
from harness.verify.rules import RULES

JUDGED = {"lost", "duplicate", "reordered", "unknown_landed", "unknown_absent", "failed_landed", "unexpected"}
FORBIDDEN, ALLOWED, EXPECTED = Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED

AXES: dict[str, tuple[Any, ...]] = {
    "acks": ("0", "1", "all"),
    "enable.idempotence": (False, True),
    "retries": (None, 0),
    "max.in.flight.requests.per.connection": (None, 1),
    "replication.factor": (1, 3),
    "min.insync.replicas": (1, 2),
    "unclean.leader.election.enable": (False, True),
}


WAITS: dict[str, dict[str, Any]] = {
    "hold": {"hold_s": 1.0},
    "partition-followers": {"partition_s": 1.0},
    "delay": {"delay_ms": 1_000},
    "bandwidth": {"bytes_per_s": 5_000, "flush_every": 50, "message_size": 100},
    "pause-leader": {"down_s": 1.0},
    "kill-follower": {"down_s": 1.0},
}
"""Faults that a client with a request timeout of 900 ms does not wait for, by their parameters."""


def configs() -> Iterator[dict[str, Any]]:
    for values in product(*AXES.values()):
        yield {key: value for key, value in zip(AXES, values, strict=True) if value is not None}


def cells() -> Iterator[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    for client, config, fault in product(CLIENTS, configs(), ("none", *FAULTS)):
        other: dict[str, Any] = {"silent": True, "rate": None} if fault.startswith("lose") else {"rate": 100}
        yield client, config, fault, {}
        yield client, config, fault, other
        if fault == "stalled-leader":
            yield client, {**config, "delivery.timeout.ms": 500}, fault, {"pause_s": 1.0}
        if fault == "pause-producer":
            yield client, {**config, "delivery.timeout.ms": 500}, fault, {"pause_s": 1.0}
        if waits := WAITS.get(fault):
            yield client, {**config, "request.timeout.ms": 900}, fault, waits
        if fault == "inject-error":
            yield client, config, fault, {"error": 20, "forward": True}
        if fault.startswith("power-loss"):
            yield client, {**config, "flush.messages": 1}, fault, {}
        if fault == "power-loss-follower":
            yield client, config, fault, {"leader_dies": True}
            yield client, {**config, "replication.factor": 2}, fault, {"leader_dies": True}
        if fault == "last-in-sync-dies":
            yield client, {**config, "eligible.leader.replicas.version": 1}, fault, {}
        if fault == "restart-producer":
            yield client, config, fault, {"resend": False}


Table = list[tuple[str, dict[str, Any], str, dict[str, Expectation]]]


@pytest.fixture(scope="module")
def table() -> Table:
    """Every cell, with its expectation for each anomaly."""
    return [
        (client, config, fault, {each.anomaly: each for each in expectations(client, config, fault, parameters)})
        for client, config, fault, parameters in cells()
    ]


def permission(
    anomaly: str, fault: str = "none", client: str = "confluent-kafka", silent: bool = False, **config: Any
) -> Permission:
    return expectation(anomaly, fault, client, {"silent": silent}, **config).permission


def expectation(anomaly: str, fault: str, client: str, parameters: dict[str, Any], **config: Any) -> Expectation:
    """Settings as keywords, with ``_`` for ``.``; three replicas, two in sync, unless said otherwise."""
    dotted = {key.replace("_", "."): value for key, value in config.items()}
    settings = {"replication.factor": 3, "min.insync.replicas": 2, **dotted}
    (found,) = (e for e in expectations(client, settings, fault, parameters) if e.anomaly == anomaly)
    return found


def test_every_cell_has_one_expectation_for_each_anomaly_and_a_rule_behind_it(table: Table) -> None:
    for client, config, fault, decided in table:
        assert decided.keys() == JUDGED
        assert "none" not in {each.source for each in decided.values()}, (client, config, fault)
    assert len(expectations("aiokafka", {}, "none", {})) == len(JUDGED)


def test_every_rule_decides_somewhere(table: Table) -> None:
    decisive = {(each.anomaly, each.permission, each.reason) for *_, decided in table for each in decided.values()}
    rules = {(anomaly.value, rule.permission, rule.reason) for anomaly, rules in RULES.items() for rule in rules}
    assert rules == decisive


def test_rules_ask_only_for_facts_there_are() -> None:
    facts = {fact for rules in RULES.values() for rule in rules for fact in rule.when}
    assert facts <= set(Cell.__dataclass_fields__)


def test_nothing_is_ever_lost_that_a_replica_in_sync_still_has(table: Table) -> None:
    for client, config, fault, decided in table:
        forgot = fault == "power-loss-follower" and config["replication.factor"] == 2
        only_copy_gone = (fault.startswith(("power-loss", "disk-lost")) and fault != "power-loss-follower") or forgot
        one_is_enough = fault == "unclean-election" and config["min.insync.replicas"] == 1
        elsewhere = only_copy_gone or one_is_enough or config["unclean.leader.election.enable"]
        if config["acks"] == "all" and not elsewhere:
            assert decided["lost"].permission == FORBIDDEN, (client, config, fault)


def test_an_idempotent_producer_never_duplicates_or_reorders(table: Table) -> None:
    for client, config, fault, decided in table:
        one_session = fault != "restart-producer"
        if one_session and config["acks"] == "all" and config["enable.idempotence"] and config.get("retries") != 0:
            permissions = (decided["duplicate"].permission, decided["reordered"].permission)
            assert permissions == (FORBIDDEN, FORBIDDEN), (client, config, fault)


def test_what_does_not_depend_on_the_cell(table: Table) -> None:
    for *_, fault, decided in table:
        assert decided["failed_landed"].permission == decided["unexpected"].permission == FORBIDDEN
        died_or_slept = fault in ("kill-producer", "pause-producer")
        assert decided["unknown_absent"].permission == ALLOWED or died_or_slept
        assert decided["unknown_landed"].permission == ALLOWED or fault == "stalled-leader"


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
        ("all", "power-loss-leader", 3, ALLOWED),
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


def test_losing_under_a_kill_is_expected_only_under_load() -> None:
    assert expectation("lost", "kill-leader", "aiokafka", {"rate": 3000.0}, acks="0").permission == EXPECTED
    assert expectation("lost", "kill-leader", "aiokafka", {"rate": 50.0}, acks="0").permission == ALLOWED


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
        ("kafka-python", 5_000, False, ALLOWED),
        ("aiokafka", 1_000, False, ALLOWED),
    ):
        settings: dict[str, Any] = {"acks": "all", "enable_idempotence": idempotent, "request_timeout_ms": timeout_ms}
        assert expectation("duplicate", "hold", client, {"hold_s": 3.0}, **settings).permission == expected


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
    ("client", "fault", "config", "expected"),
    [
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


def test_a_fault_without_rules_says_so() -> None:
    decided = {each.anomaly: each for each in expectations("aiokafka", {"acks": "all"}, "meteorite", {})}
    assert decided["lost"].permission == ALLOWED
    assert "no rule" in decided["lost"].reason
    assert decided["unexpected"].permission == FORBIDDEN


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"acks": "0"}, "at-most-once"),
        ({"acks": 0}, "at-most-once"),
        ({"acks": "1"}, "at-least-once"),
        ({"acks": 1, "retries": 3}, "at-least-once"),
        ({"acks": "all"}, "at-least-once"),
        ({"acks": -1, "enable.idempotence": False}, "at-least-once"),
        ({"acks": "all", "retries": 0}, "at-most-once"),
        ({"acks": "1", "retries": 0}, "at-most-once"),
        ({"acks": "all", "enable.idempotence": True}, "exactly-once"),
        ({"acks": "-1", "enable.idempotence": "true"}, "exactly-once"),
        ({}, "at-least-once"),
    ],
)
def test_promise(config: dict[str, Any], expected: str) -> None:
    assert promise(config) == expected


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_not_stated_is_what_the_client_says_of_itself(client: str) -> None:
    defaults = load(client).DEFAULTS
    cell = Cell.of(client, {"acks": "all"}, "none", {})
    assert cell.idempotent is defaults["enable.idempotence"]
    assert cell.one_in_flight is (defaults["max.in.flight.requests.per.connection"] == 1)


def test_what_is_not_stated_is_the_clients_default() -> None:
    assert [promise({"acks": "all"}, client) for client in ("aiokafka", "confluent-kafka", "kafka-python")] == [
        "at-least-once",
        "at-least-once",
        "exactly-once",
    ]
    assert permission("duplicate", "lose-ack", "kafka-python", acks="all") == FORBIDDEN
    assert permission("duplicate", "lose-ack", "kafka-python", acks="1") == EXPECTED
    many: dict[str, Any] = {"acks": "all", "max_in_flight_requests_per_connection": 10}
    assert permission("duplicate", "lose-ack", "kafka-python", **many) == EXPECTED


@pytest.mark.parametrize("config", [{"acks": "2"}, {"acks": "all", "enable.idempotence": "maybe"}])
def test_settings_that_are_none_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"acks is '2'|neither true nor false"):
        promise(config)


def test_where_acks_all_ends() -> None:
    assert permission("lost", "unclean-election", acks="all", min_insync_replicas=1) == EXPECTED
    assert permission("lost", "power-loss", acks="all", flush_messages=1) == FORBIDDEN
    assert permission("lost", "power-loss-leader", acks="all", flush_messages=1) == FORBIDDEN


def test_a_slow_follower_makes_clients_that_retry_write_twice() -> None:
    assert permission("duplicate", "slow-follower", "kafka-python", acks="all", enable_idempotence=False) == EXPECTED
    assert permission("duplicate", "slow-follower", "kafka-python", acks="all", enable_idempotence=True) == FORBIDDEN
    assert permission("duplicate", "slow-follower", "aiokafka", acks="all") == ALLOWED
    assert permission("duplicate", "slow-follower", "confluent-kafka", acks="1") == ALLOWED


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
