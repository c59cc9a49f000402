"""Faults of the wire on real brokers: what each does to whom, and the configuration that is safe from it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.clients import CLIENTS
from harness.events import Verdict
from harness.store import TrialRecord

from .conftest import Run, found

clients = pytest.mark.parametrize("client", CLIENTS)
impatient = pytest.mark.parametrize("client", ["kafka-python", "confluent-kafka"])
pytestmark = pytest.mark.timeout(240)

WRITTEN = {"error": 20, "forward": True}


def _fired(record: TrialRecord, action: str) -> int:
    return sum(event["what"] == action for event in record.fault.events)


@impatient
def test_a_line_held_longer_than_the_client_waits_duplicates_what_was_on_its_way(run: Run, client: str) -> None:
    record = run(client, "hold")
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


@clients
@pytest.mark.parametrize(("fault", "firings"), [("refuse", 1), ("delay", 15), ("bandwidth", 1)])
def test_a_line_that_is_merely_bad_loses_nothing(run: Run, client: str, fault: str, firings: int) -> None:
    record = run(client, fault)
    assert _fired(record, fault) == firings
    assert found(record) == {}, record
    assert record.verdict is Verdict.KEPT
    assert record.counts is not None and record.counts.acked == 1_050
