"""Faults of the wire on real brokers: what each does to whom, and the configuration that is safe from it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.clients import CLIENTS
from harness.events import Verdict
from harness.store import TrialRecord

from .conftest import Run, found

clients = pytest.mark.parametrize(
    "client", [pytest.param(client, marks=() if client == "kafka-python" else pytest.mark.long) for client in CLIENTS]
)
impatient = pytest.mark.parametrize("client", ["kafka-python", "confluent-kafka", "librdkafka"])
pytestmark = pytest.mark.timeout(240)

WRITTEN = {"error": 20, "forward": True}


def _fired(record: TrialRecord, action: str) -> int:
    return sum(event["what"] == action for event in record.fault.events)


@pytest.mark.parametrize(
    ("client", "fault", "parameters", "idempotent"),
    [
        ("confluent-kafka", "delay", {"delay_ms": 2_500, "times": 1}, False),
        ("confluent-kafka", "delay", {"delay_ms": 2_500, "times": 1}, True),
        ("kafka-python", "bandwidth", {"bytes_per_s": 3_000, "slow_s": 4.0}, False),
    ],
)
def test_a_line_slower_than_the_client_waits_duplicates_what_was_on_its_way(
    run: Run, client: str, fault: str, parameters: dict[str, Any], idempotent: bool
) -> None:
    record = run(client, fault, {**parameters, "request_timeout_ms": 1_000}, enable_idempotence=idempotent)
    assert record.anomalies is not None and record.anomalies.lost == 0
    assert bool(record.anomalies.duplicate) is not idempotent
    assert record.verdict is (Verdict.KEPT if idempotent else Verdict.REPRODUCED)


@clients
def test_an_ack_that_names_no_offset_contradicts_nothing(run: Run, client: str) -> None:
    """DUPLICATE_SEQUENCE_NUMBER: the broker has the batch, and does not remember any more where."""
    known = {"error": 46, "forward": True, "messages": 300, "skip": 1, "every": 2, "times": 2}
    record = run(client, "inject-error", known, enable_idempotence=True)
    assert _fired(record, "inject-error") == 2
    assert record.counts is not None and record.counts.acked == record.counts.in_log == record.counts.sent == 350
    assert found(record) == {}, record
    assert record.verdict is Verdict.KEPT


def test_with_acks_0_nobody_hears_of_a_reset(run: Run) -> None:
    record = run("confluent-kafka", "refuse", acks="0")
    assert record.anomalies is not None and record.anomalies.lost
    assert record.anomalies.lost % 50 == 0, "whole requests, of those that were on their way"
    assert record.verdict is Verdict.REPRODUCED


@impatient
def test_a_line_held_longer_than_the_client_waits_duplicates_what_was_on_its_way(run: Run, client: str) -> None:
    record = run(client, "hold")
    assert record.fault.start_s is not None and record.fault.end_s is not None
    assert record.fault.end_s >= record.fault.start_s + 3.0, "it lasts from the request on for as long as was asked for"
    assert found(record) == {"duplicate": 50}, record
    assert record.verdict is Verdict.REPRODUCED
    assert _fired(record, "hold") == 1


def test_aiokafka_gives_up_what_was_written_before_the_line_was_held(run: Run) -> None:
    record = run("aiokafka", "hold")
    assert record.anomalies is not None
    assert (record.anomalies.unknown_landed, record.anomalies.duplicate, record.anomalies.lost) == (50, 0, 0)
    assert record.verdict is Verdict.KEPT


@clients
def test_idempotence_is_safe_from_a_held_line(run: Run, client: str) -> None:
    record = run(client, "hold", enable_idempotence=True)
    assert record.fault.fired
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT


@pytest.mark.parametrize(
    ("client", "in_flight", "reorders"),
    [
        ("kafka-python", {}, True),
        ("kafka-python", {"max_in_flight_requests_per_connection": 1}, False),
        ("confluent-kafka", {}, True),
        ("confluent-kafka", {"max_in_flight_requests_per_connection": 1}, True),
        ("librdkafka", {}, True),
        ("librdkafka", {"max_in_flight_requests_per_connection": 1}, True),
        ("aiokafka", {}, False),
    ],
)
def test_a_refused_batch_lands_behind_its_successors(
    run: Run, client: str, in_flight: dict[str, Any], reorders: bool
) -> None:
    record = run(client, "reorder", **in_flight)
    assert _fired(record, "inject-error") == 5
    assert set(found(record)) == ({"reordered"} if reorders else set()), record
    assert record.verdict is (Verdict.REPRODUCED if reorders else Verdict.KEPT)


@clients
def test_idempotence_keeps_the_order(run: Run, client: str) -> None:
    record = run(client, "reorder", enable_idempotence=True)
    assert _fired(record, "inject-error") == 5
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT


@clients
@pytest.mark.parametrize(
    ("parameters", "idempotence", "expected"),
    [({}, False, {}), (WRITTEN, False, {"duplicate": 250}), (WRITTEN, True, {})],
    ids=["refused", "written", "written, idempotent"],
)
def test_an_error_is_retried_and_duplicates_what_was_written_all_the_same(
    run: Run, client: str, parameters: dict[str, Any], idempotence: bool, expected: dict[str, int]
) -> None:
    record = run(client, "inject-error", parameters, enable_idempotence=idempotence)
    assert _fired(record, "inject-error") == 5
    assert found(record) == expected, record
    assert record.verdict is (Verdict.REPRODUCED if expected else Verdict.KEPT)
    assert record.counts is not None and record.counts.acked == 3_050


def test_only_the_requests_to_one_partition_are_counted_and_hit(run: Run) -> None:
    """Of sixty requests every third goes to partition 1; the 6th and the 18th of those are hit."""
    record = run("confluent-kafka", "inject-error", {**WRITTEN, "partition": 1}, partitions=3)
    assert [event["ordinal"] for event in record.fault.events if event["what"] == "inject-error"] == [6, 18]
    assert found(record) == {"duplicate": 100}, record


def test_a_refused_batch_makes_an_idempotent_librdkafka_write_another_partitions_unacked_one_again(run: Run) -> None:
    """librdkafka issue 4953. Batches of one message: with more, one batch of a partition is in flight."""
    load = {"messages": 1_500, "flush_every": 1_500}  # 500 to each partition
    parts = {
        "lose_ack": {**load, "partition": 0, "silent": True, "skip": 20, "times": 1},
        "inject_error": {**load, "partition": 1, "every": 20, "times": 15},
    }
    settings = {"enable_idempotence": True, "batch_size": 100, "request_timeout_ms": 1_000}
    record = run("confluent-kafka", "lose-ack with inject-error", parts, partitions=3, **settings)
    assert record.fault.fired
    assert found(record) == {"duplicate": 1}, record
    assert record.counts is not None and record.counts.acked == 1_550


@clients
@pytest.mark.long
@pytest.mark.parametrize(("fault", "parameters"), [("lose-ack", {}), ("inject-error", {"error": 51})])
def test_a_commit_that_is_not_answered_or_refused_is_asked_for_again(
    run: Run, client: str, fault: str, parameters: dict[str, Any]
) -> None:
    given = {"api": "EndTxn", "messages": 500, "skip": 1, "every": 3, "times": 2, **parameters}
    record = run(client, fault, given, transactional=True, enable_idempotence=True, transaction_messages=50)
    hit = [event for event in record.fault.events if event["what"] == fault]
    assert [(event["api"], event["ordinal"]) for event in hit] == [("EndTxn", 2), ("EndTxn", 5)]
    assert len({event["version"] for event in hit}) == 1, "a client speaks one protocol"
    assert found(record) == {}, record
    assert record.verdict is Verdict.KEPT
    assert record.counts is not None and record.counts.acked == record.counts.in_log == 550


@clients
@pytest.mark.parametrize(("fault", "firings"), [("refuse", 1), ("delay", 15), ("bandwidth", 1)])
def test_a_line_that_is_merely_bad_loses_nothing(run: Run, client: str, fault: str, firings: int) -> None:
    record = run(client, fault)
    assert _fired(record, fault) == firings
    assert found(record) == {}, record
    assert record.verdict is Verdict.KEPT
    assert record.counts is not None and record.counts.acked == 1_050
