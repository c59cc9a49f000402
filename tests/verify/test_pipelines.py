"""Pipelines in histories written by hand, and what their guarantees mean for each point at which a worker can die."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from harness.clients.traits import traits
from harness.events import Anomaly, Guarantee, Permission, Point
from harness.faults import FAULTS, known_effects
from harness.journal.sealed import PollColumns
from harness.traits import UNKNOWN as NOBODY
from harness.verify import ReadCommitted, Readings, expectations, find, find_committed
from harness.verify.rules import OF_PIPELINES
from harness.verify.rules.pipelines import PROCESSED

from .histories import ACKED, UNKNOWN, Record, found, log, producer
from .test_polls import COMMITTED, LEFT_OFF, worker

FORBIDDEN, ALLOWED, EXPECTED = Permission.FORBIDDEN, Permission.ALLOWED, Permission.EXPECTED


def readings(*outputs: Record, committed: tuple[Record, ...] | None = None) -> Readings:
    """Of three inputs in one partition, of the last of which nobody knows whether it is there."""
    inputs = producer((0, ACKED), (0, ACKED), (0, UNKNOWN))
    view = None if committed is None else ReadCommitted(log(*committed), np.array([9, 9], np.int64))
    return Readings(None, log(*outputs), view, inputs=[inputs])


def test_each_input_once_is_nothing_to_be_found_but_it_was_looked_for() -> None:
    findings = find(readings((1, 0, 0, 0), (0, 0, 0, 1)))
    assert (findings.anomalies.skipped, findings.anomalies.redelivered) == (0, 0)
    assert (findings.anomalies.lost, findings.anomalies.duplicate) == (None, None)
    assert findings.counts is not None and (findings.counts.sent, findings.counts.in_log) == (3, 2)


def test_an_input_without_an_output_is_skipped_if_it_was_there_to_be_read() -> None:
    findings = find(readings((1, 0, 0, 1)))
    assert found(findings) == {"skipped": 1}
    assert findings.witnesses["skipped"][0]["sequence"] == 0


def test_what_its_group_would_go_on_with_is_not_skipped_but_somebodys_to_do_yet() -> None:
    none = replace(readings(), inputs=[producer((0, ACKED), (0, ACKED), acked_at=(0, 1))])
    for begun, skipped in (([], 0), ([(2, COMMITTED, 1)], 1), ([(2, COMMITTED, 1), (3, COMMITTED, 2)], 2)):
        polls = [worker((1, LEFT_OFF, 0), *begun), worker((9, LEFT_OFF, 0), number=1, partition=1)]
        assert find(replace(none, polls=polls)).anomalies.skipped == skipped
    taken_over = [worker((1, LEFT_OFF, 0)), worker((9, LEFT_OFF, 2), epoch=1)]
    assert find(replace(none, polls=taken_over)).anomalies.skipped == 2, "whatever the one before could note"
    idle = PollColumns(0, 0, *(np.zeros(0, kind) for kind in ("i8", "u1", "i4", "i8", "i8")))
    assert find(replace(none, polls=[idle])).anomalies.skipped == 0, "its group gave it nothing"


def test_outputs_beyond_the_first_are_redelivered_wherever_they_are() -> None:
    findings = find(readings((1, 0, 0, 0), (1, 1, 0, 0), (1, 2, 0, 0), (0, 0, 0, 1)))
    assert found(findings) == {"redelivered": 2}
    assert findings.witnesses["redelivered"][0]["offsets"] == [0, 1, 2]


def test_what_is_damaged_or_of_nobody_is_no_output() -> None:
    assert found(find(readings((1, 0, 0, 0), (0, 0, 0, 1, False), (0, 1, 7, 1)))) == {"skipped": 1}


def test_who_reads_committed_messages_is_judged_and_who_reads_all_is_told() -> None:
    once = ((1, 0, 0, 0), (0, 0, 0, 1))
    findings, uncommitted = find_committed(readings(*once, (1, 1, 0, 0), committed=once))
    assert found(findings) == {} and uncommitted is not None
    assert (uncommitted.skipped, uncommitted.redelivered) == (0, 1)


SAFEST = {"acks": "all", "enable.idempotence": True, "replication.factor": 3, "min.insync.replicas": 2}


def _permissions(
    guarantee: Guarantee, fault: str = "none", config: Mapping[str, Any] = SAFEST, **parameters: Any
) -> tuple[Permission, Permission]:
    effects = known_effects(fault, parameters)
    every = expectations(NOBODY, {**config, "processing.guarantee": guarantee.value}, effects)
    decided = {each.anomaly: each for each in every if not each.anomaly.startswith("poll_")}
    assert decided.keys() == {"skipped", "redelivered", "hung_call"} and all(each.source for each in decided.values())
    return decided[Anomaly.SKIPPED].permission, decided[Anomaly.REDELIVERED].permission


@pytest.mark.parametrize(
    ("point", "at_most_once", "at_least_once"),
    [
        (Point.AFTER_POLL, (ALLOWED, FORBIDDEN), (FORBIDDEN, ALLOWED)),
        (Point.MID_SEND, (EXPECTED, FORBIDDEN), (FORBIDDEN, EXPECTED)),
        (Point.AFTER_SEND, (ALLOWED, FORBIDDEN), (FORBIDDEN, EXPECTED)),
        (Point.AFTER_COMMIT, (EXPECTED, FORBIDDEN), (FORBIDDEN, ALLOWED)),
    ],
)
def test_where_a_worker_dies_decides_what_is_seen(
    point: Point, at_most_once: tuple[Permission, Permission], at_least_once: tuple[Permission, Permission]
) -> None:
    assert _permissions(Guarantee.AT_MOST_ONCE, "kill-worker", point=point.value) == at_most_once
    assert _permissions(Guarantee.AT_LEAST_ONCE, "kill-worker", point=point.value) == at_least_once
    for fault in ("kill-worker", "replace-worker"):
        assert _permissions(Guarantee.EXACTLY_ONCE, fault, point=point.value) == (FORBIDDEN, FORBIDDEN)


@pytest.mark.parametrize(("batch", "permission"), [(1, ALLOWED), (2, ALLOWED), (3, EXPECTED)])
def test_the_middle_of_two_is_behind_both_so_that_nothing_is_skipped_there(batch: int, permission: Permission) -> None:
    config = {**SAFEST, "pipeline.batch": batch}
    assert _permissions(Guarantee.AT_MOST_ONCE, "kill-worker", config, point="mid-send") == (permission, FORBIDDEN)
    assert _permissions(Guarantee.AT_LEAST_ONCE, "kill-worker", config, point="mid-send") == (FORBIDDEN, EXPECTED)


def test_a_worker_that_wakes_up_does_again_what_another_has_done() -> None:
    assert _permissions(Guarantee.AT_LEAST_ONCE, "replace-worker") == (FORBIDDEN, EXPECTED)
    assert _permissions(Guarantee.AT_MOST_ONCE, "replace-worker") == (ALLOWED, ALLOWED)


SUBSCRIBES = {"pipeline.mode": "subscribe"}


@pytest.mark.parametrize("fault", ["replace-worker", "stall-worker"])
def test_who_wakes_up_and_is_no_member_any_more_commits_nothing(fault: str) -> None:
    in_group = {**SAFEST, **SUBSCRIBES}
    for point in ("after-poll", "mid-send", "after-send"):
        assert _permissions(Guarantee.AT_LEAST_ONCE, fault, in_group, point=point) == (FORBIDDEN, EXPECTED)
    assert _permissions(Guarantee.AT_LEAST_ONCE, fault, in_group, point="after-commit") == (FORBIDDEN, ALLOWED)
    assert _permissions(Guarantee.AT_MOST_ONCE, fault, in_group) == (ALLOWED, FORBIDDEN)
    assert _permissions(Guarantee.EXACTLY_ONCE, fault, in_group) == (FORBIDDEN, FORBIDDEN)


def test_who_tells_nobody_which_member_it_is_is_not_fenced_by_its_group() -> None:
    effects = known_effects("stall-worker", {})
    config = {**SAFEST, **SUBSCRIBES, "processing.guarantee": "exactly-once"}
    for client, permission in (("confluent-kafka", FORBIDDEN), ("kafka-python", FORBIDDEN), ("aiokafka", EXPECTED)):
        (decided,) = (e for e in expectations(traits(client), config, effects) if e.anomaly == Anomaly.REDELIVERED)
        assert decided.permission == permission


def test_who_begins_at_offsets_that_are_not_stable_may_read_again_what_was_committed() -> None:
    config = {**SAFEST, **SUBSCRIBES, "processing.guarantee": "exactly-once"}
    for client, permission in (("confluent-kafka", FORBIDDEN), ("aiokafka", ALLOWED)):
        decided = {e.anomaly: e for e in expectations(traits(client), config, known_effects("rebalance", {}))}
        assert {decided[each].permission for each in (Anomaly.REDELIVERED, Anomaly.POLL_AGAIN)} == {permission}
        assert decided[Anomaly.POLL_SKIPPED].permission == FORBIDDEN


def test_who_comes_and_goes_in_order_takes_nothing_from_a_guarantee() -> None:
    in_group = {**SAFEST, **SUBSCRIBES}
    assert _permissions(Guarantee.AT_LEAST_ONCE, "rebalance", in_group) == (FORBIDDEN, ALLOWED)
    assert _permissions(Guarantee.AT_MOST_ONCE, "rebalance", in_group) == (ALLOWED, FORBIDDEN)
    assert _permissions(Guarantee.EXACTLY_ONCE, "rebalance", in_group) == (FORBIDDEN, FORBIDDEN)


def test_a_poll_passes_nothing_by_as_long_as_what_was_acked_stays() -> None:
    polls = ("poll_skipped", "poll_again", "poll_back")
    for fault, permission in (("kill-worker", FORBIDDEN), ("kill-leader", FORBIDDEN), ("power-loss", ALLOWED)):
        every = expectations(NOBODY, {**SAFEST, "processing.guarantee": "exactly-once"}, known_effects(fault, {}))
        assert {each.permission for each in every if each.anomaly in polls} == {permission}
        assert {each.anomaly for each in every} == {"skipped", "redelivered", "hung_call", *polls}


def test_without_a_fault_the_guarantee_alone_decides() -> None:
    assert _permissions(Guarantee.AT_MOST_ONCE) == (ALLOWED, FORBIDDEN)
    assert _permissions(Guarantee.AT_LEAST_ONCE) == (FORBIDDEN, ALLOWED)
    assert _permissions(Guarantee.EXACTLY_ONCE) == (FORBIDDEN, FORBIDDEN)


@pytest.mark.parametrize("fault", ["kill-leader", "zombie-leader", "partition-leader", "lose-ack", "kill-all", "delay"])
def test_what_brokers_and_line_go_through_takes_nothing_from_the_surest_outputs(fault: str) -> None:
    for name in (fault, f"{fault} with kill-worker"):
        assert _permissions(Guarantee.EXACTLY_ONCE, name) == (FORBIDDEN, FORBIDDEN)
        assert _permissions(Guarantee.AT_LEAST_ONCE, name) == (FORBIDDEN, ALLOWED)
        assert _permissions(Guarantee.AT_MOST_ONCE, name) == (ALLOWED, FORBIDDEN)


def test_what_is_acked_by_the_leader_alone_stays_as_long_as_it_leads_on() -> None:
    leader_only = {**SAFEST, "acks": "1", "enable.idempotence": False}
    assert _permissions(Guarantee.AT_LEAST_ONCE, "lose-request", leader_only) == (FORBIDDEN, ALLOWED)
    assert _permissions(Guarantee.AT_LEAST_ONCE, "kill-leader", leader_only) == (ALLOWED, ALLOWED)


@pytest.mark.parametrize("client", ["aiokafka", "confluent-kafka", "kafka-python"])
def test_transactions_bring_idempotence_with_them_whatever_a_client_does_without(client: str) -> None:
    config = {"acks": "all", "replication.factor": 3, "min.insync.replicas": 2, "processing.guarantee": "exactly-once"}
    decided = {e.anomaly: e for e in expectations(traits(client), config, known_effects("kill-leader", {}))}
    assert decided[Anomaly.REDELIVERED].permission == FORBIDDEN


@pytest.mark.parametrize("fault", ["power-loss", "one that nobody knows"])
def test_what_was_written_and_is_gone_is_held_against_no_pipeline(fault: str) -> None:
    for guarantee in Guarantee:
        for name in (fault, f"{fault} with kill-worker"):
            assert _permissions(guarantee, name) == (ALLOWED, ALLOWED)


def test_what_a_producer_sends_again_is_an_input_again() -> None:
    assert _permissions(Guarantee.EXACTLY_ONCE, "restart-producer") == (FORBIDDEN, ALLOWED)
    assert _permissions(Guarantee.AT_MOST_ONCE, "restart-producer") == (ALLOWED, ALLOWED)
    not_idempotent = {**SAFEST, "enable.idempotence": False}
    assert _permissions(Guarantee.AT_MOST_ONCE, "lose-ack", not_idempotent) == (ALLOWED, ALLOWED)
    assert _permissions(Guarantee.AT_MOST_ONCE, config=not_idempotent) == (ALLOWED, FORBIDDEN)


def test_every_rule_decides_somewhere() -> None:
    decisive = set()
    for guarantee in Guarantee:
        faults = ("none", "kill-worker", "replace-worker", "stall-worker", "restart-producer", "power-loss")
        for fault, point, mode, client in product(faults, Point, ({}, SUBSCRIBES), (NOBODY, traits("aiokafka"))):
            effects = known_effects(fault, {"point": point.value} if "worker" in fault else {})
            for each in expectations(client, {**SAFEST, **mode, "processing.guarantee": guarantee.value}, effects):
                decisive.add((each.anomaly, each.permission, each.reason))
    decisive = {each for each in decisive if each[0] != Anomaly.HUNG_CALL}
    assert decisive == {(of.value, each.permission, each.reason) for of in PROCESSED for each in OF_PIPELINES[of]}


def test_only_exactly_once_sends_offsets_to_a_transaction() -> None:
    fault = FAULTS["kill-worker"]
    parameters = fault.parameters.model_validate({"point": "after-send-offsets"})
    assert fault.refuses(parameters, {}) == "only a pipeline has workers"
    assert fault.refuses(parameters, {"processing.guarantee": "exactly-once"}) is None
    assert "no offsets are sent to a transaction" in str(
        fault.refuses(parameters, {"processing.guarantee": "at-most-once"})
    )


def test_two_producers_of_inputs_are_told_apart() -> None:
    first, second = producer((0, ACKED)), producer((0, ACKED), number=1)
    both = replace(readings(), log=log((0, 0, 0, 0), (0, 1, 0, 0)), inputs=[first, second])
    assert found(find(both)) == {"skipped": 1, "redelivered": 1}
