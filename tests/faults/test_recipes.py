"""The recipes on real brokers with real clients: what each fault does, and the configuration that is safe from it.

Counts that are the same in every repetition have to be those that are written here; one trial is run twice.
"""

from __future__ import annotations

import pytest

from harness.clients import CLIENTS
from harness.events import Verdict
from harness.store import TrialRecord

from .conftest import Run, found

clients = pytest.mark.parametrize(
    "client", [pytest.param(client, marks=() if client == "aiokafka" else pytest.mark.long) for client in CLIENTS]
)
pytestmark = pytest.mark.timeout(240)


def _hit_messages(record: TrialRecord) -> int:
    return sum(event["records"] for event in record.fault.events if event["what"] == record.fault.name)


@clients
@pytest.mark.parametrize("acks", ["1", "all"])
def test_a_lost_ack_duplicates_exactly_what_was_lost_with_it(run: Run, client: str, acks: str) -> None:
    record = run(client, "lose-ack", acks=acks)
    assert found(record) == {"duplicate": 250}, record
    assert _hit_messages(record) == 250
    assert record.verdict is Verdict.REPRODUCED
    assert record.counts is not None and record.counts.acked == 3050


def test_a_trial_that_is_run_again_shows_the_same(run: Run) -> None:
    once, again = (run("kafka-python", "lose-ack", acks="1") for _ in range(2))
    assert found(once) == found(again) == {"duplicate": 250}
    hit = [
        [event["ordinal"] for event in record.fault.events if event["what"] == "lose-ack"] for record in (once, again)
    ]
    assert hit[0] == hit[1]


@clients
def test_idempotence_drops_the_duplicates(run: Run, client: str) -> None:
    record = run(client, "lose-ack", enable_idempotence=True)
    assert record.fault.fired and _hit_messages(record) == 250
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT


@clients
def test_a_lost_request_duplicates_nothing(run: Run, client: str) -> None:
    record = run(client, "lose-request")
    assert record.fault.fired and _hit_messages(record) == 250
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT


@clients
def test_a_lost_request_with_acks_0_is_silent_loss(run: Run, client: str) -> None:
    record = run(client, "lose-request", acks="0")
    assert record.anomalies is not None and record.anomalies.lost is not None
    assert record.anomalies.lost >= 250 and record.anomalies.duplicate == 0
    assert record.counts is not None and record.counts.unconfirmed == 3050
    assert record.verdict is Verdict.REPRODUCED


@pytest.mark.parametrize("client", ["kafka-python", "confluent-kafka", "librdkafka"])
def test_without_retries_a_lost_ack_is_an_error_that_landed(run: Run, client: str) -> None:
    record = run(client, "lose-ack", retries=0)
    assert found(record) == {"unknown_landed": 250}
    assert record.counts is not None and record.counts.unknown == 250
    assert record.errors is not None and sum(record.errors.values()) == 250


@clients
@pytest.mark.parametrize("acks", ["0", "1"])
def test_a_zombie_leader_loses_everything_sent_to_it(run: Run, client: str, acks: str) -> None:
    record = run(client, "zombie-leader", acks=acks)
    assert found(record) == {"lost": 300}, record
    assert record.verdict is Verdict.REPRODUCED
    assert record.counts is not None and record.counts.acked + record.counts.unconfirmed == record.counts.sent


@clients
@pytest.mark.parametrize("idempotent", [False, True])
def test_a_zombie_leader_loses_nothing_with_acks_all(run: Run, client: str, idempotent: bool) -> None:
    record = run(client, "zombie-leader", enable_idempotence=idempotent)
    assert record.fault.fired
    assert record.anomalies is not None and (record.anomalies.lost, record.anomalies.duplicate) == (0, 0)
    # What waited at the deposed leader may go to the next one in another order, which nobody promised not to happen.
    in_order = record.anomalies.reordered == 0
    assert (in_order or not idempotent) and record.verdict is (Verdict.KEPT if in_order else Verdict.ALLOWED)


def test_a_killed_leader_loses_nothing_with_acks_all_and_comes_back(run: Run) -> None:
    record = run("confluent-kafka", "kill-leader", enable_idempotence=True)
    assert found(record) == {}
    assert record.verdict is Verdict.KEPT
    assert record.availability is not None
    assert record.availability.longest_gap_s and record.availability.recovery_s
    assert record.availability.recovered_after_heal_s is not None
    assert record.availability.waited_after_heal_s is not None
    deeds = [event for event in record.fault.events if event["what"] not in ("leader", "isr")]
    assert [event["what"] for event in deeds] == ["kill", "failover", "restart", "sent", "recovered"]
    assert (record.fault.start_s, record.fault.end_s) == (deeds[0]["at_s"], deeds[-1]["at_s"])


def test_who_leads_and_who_is_in_sync_is_seen_when_a_leader_is_killed(run: Run) -> None:
    events = run("confluent-kafka", "kill-leader").fault.events
    (kill,) = [event for event in events if event["what"] == "kill"]
    before, *after = [event for event in events if event["what"] == "leader"]
    assert before["leader"] == kill["node"] and before["at_s"] < kill["at_s"]
    assert after[0]["leader"] != kill["node"] and after[0]["at_s"] > kill["at_s"]
    assert after[0]["epoch"] > before["epoch"]
    in_sync = [set(event["isr"]) for event in events if event["what"] == "isr"]
    assert in_sync[0] == in_sync[-1] == {1, 2, 3}
    assert any(kill["node"] not in isr for isr in in_sync)
