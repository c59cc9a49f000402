"""What is promised where: the table as a whole, and what a configuration claims whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from harness.clients import CLIENTS, load
from harness.clients.traits import traits
from harness.effects import Effects
from harness.faults import FAULTS, known_effects
from harness.faults.parameters import UnderLoad
from harness.store import Expectation
from harness.verify import Seen, promise
from harness.verify.cell import Cell, producing_of
from harness.verify.rules import RULES

from .asking import ALLOWED, EXPECTED, FORBIDDEN, expectations, permission
from .courses import isr, led, seen

JUDGED = {
    "lost",
    "duplicate",
    "reordered",
    "unknown_landed",
    "unknown_absent",
    "failed_landed",
    "unexpected",
    "misplaced",
    "unreported",
}

AXES: dict[str, tuple[Any, ...]] = {
    "acks": ("0", "1", "all"),
    "enable.idempotence": (False, True),
    "retries": (None, 0),
    "max.in.flight.requests.per.connection": (None, 1),
}
TOPICS = ((1, 1, False), *product((3,), (1, 2), (False, True)))
"""Replicas, how many of them in sync, and unclean elections, of which one replica alone has none."""
TWINS = ("confluent-kafka-aio", "librdkafka")
"""Run on what confluent-kafka runs on, which is asked everywhere: these where neither retries nor requests in flight
are stated.
"""
IMPATIENT = {"request.timeout.ms": 900}
MANY = {"partitions": 3, "delivery.timeout.ms": 3_000}
CASES: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "lose-ack": [({}, {"silent": True})],
    "lose-request": [({}, {"silent": True})],
    "inject-error": [({}, {"error": 6}), ({}, {"error": 10}), ({}, {"error": 20, "forward": True})],
    "reorder": [({}, {"error": 6})],
    "hold": [(IMPATIENT, {"hold_s": 1.0})],
    "delay": [(IMPATIENT, {"delay_ms": 1_000})],
    "bandwidth": [(IMPATIENT, {"bytes_per_s": 5_000})],
    "pause-leader": [(IMPATIENT, {"down_s": 1.0})],
    "kill-follower": [(IMPATIENT, {"down_s": 1.0})],
    "slow-follower": [(IMPATIENT, {"pause_s": 1.0})],
    "partition-followers": [(IMPATIENT, {"partition_s": 1.0}), (MANY, {"partition_s": 5.0})],
    "kill-producer": [({"linger.ms": 25}, {})],
    "stalled-leader": [({"delivery.timeout.ms": 500}, {"pause_s": 1.0})],
    "pause-producer": [({"delivery.timeout.ms": 500, "linger.ms": 25}, {"pause_s": 1.0})],
    "power-loss": [({"flush.messages": 1}, {})],
    "power-loss-leader": [({"flush.messages": 1}, {})],
    "power-loss-follower": [
        ({"flush.messages": 1}, {}),
        ({}, {"leader_dies": True}),
        ({"replication.factor": 2}, {"leader_dies": True}),
    ],
    "last-in-sync-dies": [({"eligible.leader.replicas.version": 1}, {})],
    "restart-producer": [({}, {"resend": False})],
    "kill-in-transaction": [({}, {"restart": False})],
    "pause-coordinator": [(IMPATIENT, {"pause_s": 3.0})],
    "kill-coordinator": [(IMPATIENT, {"down_s": 3.0})],
}
"""Beside their defaults, with and without a slow load: settings and parameters under which faults do more, or less."""


def configs(client: str) -> Iterator[dict[str, Any]]:
    for (replicas, in_sync, unclean), *values in product(TOPICS, *AXES.values()):
        stated = {key: value for key, value in zip(AXES, values, strict=True) if value is not None}
        if client in TWINS and stated.keys() - {"acks", "enable.idempotence"}:
            continue
        yield {
            **stated,
            "replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "unclean.leader.election.enable": unclean,
        }


def cells() -> Iterator[tuple[str, dict[str, Any], str, dict[str, Any]]]:
    every = ((client, config) for client in CLIENTS for config in configs(client))
    for (client, config), fault in product(every, ("none", *FAULTS)):
        yield client, config, fault, {}
        if fault in FAULTS and issubclass(FAULTS[fault].parameters, UnderLoad):
            yield client, config, fault, {"rate": 100.0}
        for settings, parameters in CASES.get(fault, []):
            yield client, {**config, **settings}, fault, parameters


Table = list[tuple[str, dict[str, Any], Effects, dict[str, Expectation]]]
KNOWN_VERSIONS = {"kafka-python": "3.0.12"}
"""Of which defects are known."""
DEPOSED = seen(led(1), isr(1, 2, 3), led(2, 1), isr(2, 3), gave_up=True)
"""A run in which, whatever was done, another came to lead and the client gave something up."""


@pytest.fixture(scope="module")
def table() -> Table:
    """Every cell where nobody watched, with its expectation for each anomaly."""
    return list(_table(None))


@pytest.fixture(scope="module")
def deposed() -> Table:
    """Every cell where the leader did not lead on."""
    return list(_table(DEPOSED))


def _table(course: Seen | None) -> Iterator[tuple[str, dict[str, Any], Effects, dict[str, Expectation]]]:
    for client, config, fault, parameters in cells():
        decided = expectations(client, config, fault, parameters, course, KNOWN_VERSIONS.get(client, ""))
        does = known_effects(fault, parameters)[0][fault]
        assert does is not None, (fault, parameters)
        yield client, config, does, {each.anomaly: each for each in decided}


def test_every_cell_has_one_expectation_for_each_anomaly_and_a_rule_behind_it(table: Table, deposed: Table) -> None:
    for client, config, does, decided in (*table, *deposed):
        assert decided.keys() == JUDGED
        assert "none" not in {each.source for each in decided.values()}, (client, config, does)
    assert len(expectations("aiokafka", {}, "none", {})) == len(JUDGED)


def test_every_rule_decides_somewhere(table: Table, deposed: Table) -> None:
    every = (*table, *deposed)
    decisive = {(each.anomaly, each.permission, each.reason) for *_, decided in every for each in decided.values()}
    of_applications = expectations("librdkafka", {"acks": "all", "deadline.ms": 50}, "none", {})
    decisive |= {(each.anomaly, each.permission, each.reason) for each in of_applications}
    rules = {(anomaly.value, rule.permission, rule.reason) for anomaly, rules in RULES.items() for rule in rules}
    assert rules == decisive


@pytest.mark.parametrize("anomaly", ["duplicate", "reordered"])
def test_what_an_application_sends_again_by_itself_no_client_answers_for(anomaly: str) -> None:
    idempotent: dict[str, Any] = {"acks": "all", "enable_idempotence": True}
    assert permission(anomaly, **idempotent) == FORBIDDEN
    assert permission(anomaly, **idempotent, deadline_ms=50) == ALLOWED
    assert permission("lost", **idempotent, deadline_ms=50) == FORBIDDEN
    assert permission("failed_landed", **idempotent, deadline_ms=50) == FORBIDDEN
    assert promise({"acks": "all", "enable.idempotence": True, "deadline.ms": 50}) == "at-least-once"


def test_rules_ask_only_for_facts_there_are() -> None:
    facts = {fact for rules in RULES.values() for rule in rules for fact, _ in rule.when}
    assert facts <= set(Cell.__dataclass_fields__)


def test_nothing_is_ever_lost_that_a_replica_in_sync_still_has(table: Table) -> None:
    for client, config, does, decided in table:
        replicas, hit = config["replication.factor"], {away.whom for away in does.away}
        if replicas == 1 and (does.behind_leads or (does.forgets and does.forgets.whose == "follower")):
            continue  # there is no follower
        all_forgot = does.forgets is not None and (does.forgets.whose == "all" or len(hit) >= replicas)
        one_is_enough = does.behind_leads and config["min.insync.replicas"] == 1
        elsewhere = all_forgot or one_is_enough or config["unclean.leader.election.enable"]
        if config["acks"] == "all" and not elsewhere:
            assert decided["lost"].permission == FORBIDDEN, (client, config, does)


def test_an_idempotent_producer_never_duplicates_or_reorders(table: Table) -> None:
    for client, config, does, decided in table:
        one_session = does.producer is None or does.producer.how != "taken over"
        if one_session and config["acks"] == "all" and config["enable.idempotence"] and config.get("retries") != 0:
            permissions = (decided["duplicate"].permission, decided["reordered"].permission)
            assert permissions == (FORBIDDEN, FORBIDDEN), (client, config, does)


def test_what_does_not_depend_on_the_cell(table: Table) -> None:
    for client, _, does, decided in table:
        assert decided["unexpected"].permission == FORBIDDEN
        assert decided["failed_landed"].permission == FORBIDDEN or client == "librdkafka"
        died_or_slept = does.producer is not None and does.producer.how != "taken over"
        assert decided["unknown_absent"].permission == ALLOWED or died_or_slept
        stalled = any((away.whom, away.how, away.before) == ("leader", "frozen", True) for away in does.away)
        assert decided["unknown_landed"].permission == ALLOWED or stalled


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
        ({"acks": "all", "enable.idempotence": True}, "once-per-session"),
        ({"acks": "-1", "enable.idempotence": "true"}, "once-per-session"),
        ({}, "at-least-once"),
    ],
)
def test_promise(config: dict[str, Any], expected: str) -> None:
    assert promise(config) == expected


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_not_stated_is_what_the_client_says_of_itself(client: str) -> None:
    defaults = load(client).DEFAULTS
    producing = producing_of(traits(client), {"acks": "all"})
    assert producing.idempotent is defaults["enable.idempotence"]
    assert producing.one_in_flight is (defaults["max.in.flight.requests.per.connection"] == 1)


def test_what_is_not_stated_is_the_clients_default() -> None:
    assert [promise({"acks": "all"}, traits(client)) for client in ("aiokafka", "confluent-kafka", "kafka-python")] == [
        "at-least-once",
        "at-least-once",
        "once-per-session",
    ]
    assert permission("duplicate", "lose-ack", "kafka-python", acks="all") == FORBIDDEN
    assert permission("duplicate", "lose-ack", "kafka-python", acks="1") == EXPECTED
    many: dict[str, Any] = {"acks": "all", "max_in_flight_requests_per_connection": 10}
    assert permission("duplicate", "lose-ack", "kafka-python", **many) == EXPECTED


@pytest.mark.parametrize("config", [{"acks": "2"}, {"acks": "all", "enable.idempotence": "maybe"}])
def test_settings_that_are_none_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"acks is '2'|neither true nor false"):
        promise(config)
