"""Faults that strike inside of a transaction, on real brokers: who reads committed messages gets each once or none."""

from __future__ import annotations

from typing import Any

import pytest

from harness.bounds import Bounds
from harness.clients import CLIENTS
from harness.events import STABLE, Verdict
from harness.journal.sealed import read_producers
from harness.store import TrialRecord
from harness.trial import Venue

from .conftest import Run

CLIENT = "confluent-kafka"
TRANSACTIONAL: dict[str, Any] = {"acks": "all", "enable_idempotence": True, "transactional": True}
SMALL: dict[str, Any] = {"messages": 3_000, "after_acks": 500}
pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]


def _event(record: TrialRecord, what: str) -> dict[str, Any]:
    (event,) = (event for event in record.fault.events if event["what"] == what)
    return dict(event)


def _keeps_its_promise(record: TrialRecord) -> None:
    assert record.reason is None and record.fault.fired, (record.reason, record.fault.events)
    assert record.verdict is Verdict.KEPT, record.verdict_reason
    found = record.anomalies
    assert found is not None
    assert (found.lost, found.duplicate, found.torn_transaction, found.hung_transaction) == (0, 0, 0, 0)
    assert _event(record, STABLE)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_was_not_committed_is_in_the_log_twice_and_seen_once(run: Run, client: str) -> None:
    record = run(client, "kill-in-transaction", SMALL, **TRANSACTIONAL)
    _keeps_its_promise(record)
    assert record.counts is not None and record.counts.acked == record.counts.sent == 3_050
    assert record.uncommitted is not None and record.uncommitted.duplicate
    killed, restarted = _event(record, "kill-client"), _event(record, "restart-client")
    assert killed["uncommitted"] >= 500 and restarted["sent_again"] >= record.uncommitted.duplicate


def test_where_nobody_takes_over_readers_wait_until_its_time_is_over(run: Run, venue: Venue) -> None:
    record = run(CLIENT, "kill-in-transaction", {**SMALL, "restart": False}, **TRANSACTIONAL)
    _keeps_its_promise(record)
    (producer,) = read_producers(venue.journals, record.id)
    assert producer.transactions is not None
    open_ns = _event(record, STABLE)["at_ns"] - int(producer.transactions.begun_ns[-1])
    assert open_ns >= 5_000_000_000, "its coordinator aborts it no earlier"


@pytest.mark.parametrize("client", ["confluent-kafka", "aiokafka"])
def test_another_coordinator_goes_on_with_what_the_killed_one_had(run: Run, client: str) -> None:
    _keeps_its_promise(run(client, "kill-coordinator", SMALL, **TRANSACTIONAL))


@pytest.mark.parametrize("pause_s", [1.0, 4.0])
def test_a_coordinator_that_sleeps_keeps_commits_waiting(run: Run, pause_s: float) -> None:
    _keeps_its_promise(run(CLIENT, "pause-coordinator", {**SMALL, "pause_s": pause_s}, **TRANSACTIONAL))


def test_a_commit_that_never_returns_is_what_its_trial_shows(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        # Else it is waited for as long as a client may need to connect again.
        short = Bounds(explained_s=5, undisturbed_s=5, asked_s=5, cluster_s=60)
        patched.setattr("harness.kinds.fault.bounds_of", lambda *_: short)
        record = run("kafka-python", "kill-coordinator", {**SMALL, "point": "at-commit"}, **TRANSACTIONAL)
    assert record.verdict is Verdict.REPRODUCED and record.reason is None, (record.verdict_reason, record.reason)
    assert record.witnesses is not None and record.anomalies is not None and record.anomalies.hung_call == 1
    (witness,) = record.witnesses["hung_call"]
    assert witness["call"] == "commit_transaction" and witness["seconds"] >= 15
    assert (record.anomalies.torn_transaction, record.anomalies.aborted_visible) == (0, 0)
    _keeps_its_promise(run("kafka-python", "kill-in-transaction", SMALL, **TRANSACTIONAL))


FENCED = {
    "aiokafka": "ProducerFenced",
    "confluent-kafka": "_FENCED",
    "confluent-kafka-aio": "_FENCED",
    "librdkafka": "_FENCED",
    "kafka-python": "ProducerFencedError",
}


@pytest.mark.parametrize("client", CLIENTS)
def test_who_wakes_up_in_a_transaction_is_fenced_and_nothing_of_it_is_seen(run: Run, venue: Venue, client: str) -> None:
    record = run(client, "fence-producer", SMALL, partitions=3, **TRANSACTIONAL)
    _keeps_its_promise(record)
    gone_on = _event(record, "gone-on")
    assert gone_on["died"] and gone_on["error"] == FENCED[client]
    assert record.transactions is not None
    assert [(each.call, each.error, each.count) for each in record.transactions.failed] == [
        ("commit", FENCED[client], 1)
    ]
    first, second = read_producers(venue.journals, record.id)
    assert first.fenced_ns is not None and second.fenced_ns is None and (first.producer, second.producer) == (0, 1)
    assert first.transactions is not None and first.transactions.ended_ns[-1] > first.fenced_ns
    assert len(first) + len(second) == 3_050, "the second went on with what was left"
    assert (
        record.anomalies is not None and record.anomalies.unknown_absent == _event(record, "stop-client")["uncommitted"]
    )


@pytest.mark.parametrize("client", CLIENTS)
def test_what_takes_longer_than_it_may_is_aborted_and_held_back_readers_so_long(run: Run, client: str) -> None:
    record = run(client, "expire-transaction", SMALL, **TRANSACTIONAL)
    _keeps_its_promise(record)
    assert _event(record, "gone-on")["error"] == FENCED[client]
    open_ns = _event(record, "expired")["at_ns"] - _event(record, "stop-client")["at_ns"]
    assert open_ns >= 4_000_000_000, "its coordinator aborts it no earlier than five seconds after it began"


@pytest.mark.parametrize(
    ("fault", "point"), [("kill-leader", "after-send"), ("pause-leader", "at-commit"), ("kill-coordinator", "at-abort")]
)
def test_faults_strike_inside_of_a_transaction(run: Run, fault: str, point: str) -> None:
    _keeps_its_promise(run(CLIENT, fault, {**SMALL, "point": point}, **TRANSACTIONAL))


def test_a_coordinator_that_is_cut_off_commits_nothing(run_relayed: Run) -> None:
    record = run_relayed(CLIENT, "partition-coordinator", {**SMALL, "point": "at-commit"}, **TRANSACTIONAL)
    _keeps_its_promise(record)
    assert _event(record, "coordinator")["now"] != _event(record, "cut")["node"]
