"""What decides a claim, on records made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.claims.checks import ClaimOutcome, Equivalent, Happens, More, Never, Runs, Within, decide
from harness.events import Anomaly
from harness.store import Anomalies, Counts, FaultRecord, Percentiles, Throughput, TrialRecord

REPRODUCED, REFUTED, NOT_DECIDED = ClaimOutcome.REPRODUCED, ClaimOutcome.REFUTED, ClaimOutcome.NOT_DECIDED


def record(repeat: int = 1, *, lost: int = 0, unknown: int = 0, fired: bool = True, **more: Any) -> TrialRecord:
    return TrialRecord.model_validate(
        {
            "id": f"c.a.{repeat}",
            "name": "a trial",
            "kind": "fault",
            "repeat": repeat,
            "kafka": "4.4.0",
            "client": "confluent-kafka",
            "config": {},
            "load": {},
            "fault": FaultRecord(name="kill-leader", fired=fired),
            "status": "completed",
            "counts": Counts(sent=100, acked=100 - unknown, failed=0, unknown=unknown, unconfirmed=0, in_log=100),
            "anomalies": Anomalies(lost=lost),
            **more,
        }
    )


def at(rate: float, repeat: int) -> TrialRecord:
    return record(repeat, throughput=Throughput(messages_per_s=rate, mb_per_s=1, span_s=1))


@pytest.mark.parametrize(
    ("how_often", "lost", "outcome"),
    [
        ("always", [5, 1], REPRODUCED),
        ("always", [5, 0], NOT_DECIDED),
        ("always", [0, 0], REFUTED),
        ("sometimes", [0, 1, 0], REPRODUCED),
        ("sometimes", [0, 0, 0], NOT_DECIDED),
        ("always", [], NOT_DECIDED),
    ],
)
def test_what_happens(how_often: Any, lost: list[int], outcome: ClaimOutcome) -> None:
    check = Happens(check="happens", what="lost", arms=("a",), how_often=how_often)
    assert check.decide({"a": [record(lost=each) for each in lost]}).outcome is outcome


def test_a_fault_that_did_not_fire_decides_nothing() -> None:
    arms = {"a": [record(fired=False)]}
    assert Happens(check="happens", what="lost", arms=("a",)).decide(arms).outcome is NOT_DECIDED
    assert Never(check="never", what="lost", arms=("a",)).decide(arms).outcome is NOT_DECIDED


def test_a_trial_that_came_to_nothing_is_no_evidence_that_a_thing_never_happens() -> None:
    """A pipeline that stood still has skipped nothing, and done nothing again."""
    stood_still: dict[str, Any] = {"verdict": "unknown", "reason": "the pipeline processed nothing for 20.0 s"}
    never = Never(check="never", what="lost", arms=("a",))
    assert never.decide({"a": [record(**stood_still)]}).outcome is NOT_DECIDED
    assert "0 of 2 trials" in never.decide({"a": [record(), record(verdict="kept"), record(**stood_still)]}).evidence
    assert never.decide({"a": [record(lost=1, **stood_still)]}).outcome is REFUTED, "what there is of it is there"


def test_what_never_happens_has_its_bound() -> None:
    check = Never(check="never", what="lost", arms=("a", "b"))
    found = check.decide({"a": [record()] * 6, "b": [record()] * 6})
    assert found.outcome is REPRODUCED
    assert found.evidence == "lost in 0 of 12 trials (at most 22 % a trial at 95 %) of a and b"
    found = check.decide({"a": [record()], "b": [record(lost=3)]})
    assert found.outcome is REFUTED and "1 of 2 trials" in found.evidence and "3 messages" in found.evidence


def test_counts_can_be_asked_for_like_anomalies() -> None:
    check = Never(check="never", what="unknown", arms=("a",))
    assert check.decide({"a": [record(unknown=1)]}).outcome is REFUTED


def test_what_readers_find_is_by_their_isolation() -> None:
    seen: dict[str, Any] = {"anomalies": Anomalies(redelivered=0), "uncommitted": Anomalies(redelivered=26)}
    never = Never(check="never", what="redelivered", arms=("a",))
    assert never.decide({"a": [record(**seen)]}).outcome is REPRODUCED
    for_all = never.model_copy(update={"isolation": "read_uncommitted"}).decide({"a": [record(**seen)]})
    assert for_all.outcome is REFUTED
    assert for_all.evidence.endswith("of a, read_uncommitted, 26 messages in all")
    # Without transactions both find the same.
    happens = Happens(check="happens", what="lost", isolation="read_uncommitted", arms=("a",))
    assert happens.decide({"a": [record(lost=3)]}).outcome is REPRODUCED


def test_what_has_no_fault_needs_none_that_fires() -> None:
    arms = {"a": [record(fault=FaultRecord(name="none"))]}
    assert Never(check="never", what="aborted_visible", arms=("a",)).decide(arms).outcome is REPRODUCED


def test_every_anomaly_can_be_claimed() -> None:
    for anomaly in Anomaly:
        assert Never.model_validate({"check": "never", "what": anomaly.value, "arms": ["a"]}).what == anomaly


@pytest.mark.parametrize(
    ("mine", "theirs", "outcome"),
    [
        ([200, 210, 190] * 2, [100, 101, 99] * 2, REPRODUCED),
        ([100, 101, 99] * 2, [200, 210, 190] * 2, REFUTED),
        ([100, 120, 80] * 2, [100, 90, 110] * 2, NOT_DECIDED),
        ([100, 101, 99, 100] * 2, [100, 99, 101, 100] * 2, REFUTED),  # the same, and surely so
        ([200] * 5, [100] * 5, NOT_DECIDED),
    ],
)
def test_more_is_more_than_chance(mine: list[float], theirs: list[float], outcome: ClaimOutcome) -> None:
    arms = {
        "a": [at(rate, repeat) for repeat, rate in enumerate(mine)],
        "b": [at(rate, repeat) for repeat, rate in enumerate(theirs)],
    }
    check = More(check="more", measure="messages_per_s", arm="a", than=("b",))
    assert check.decide(arms).outcome is outcome


@pytest.mark.parametrize(
    ("mine", "outcome"),
    [
        ([100, 101, 99, 100, 100], REPRODUCED),
        ([150, 151, 149, 150, 150], REFUTED),
        ([105, 108, 112, 115, 118, 109], REFUTED),  # how much more is open, but more it is
        ([102, 103, 102, 104, 103, 102], REPRODUCED),  # more, and so little more that it does not matter
        ([100, 140, 70, 110, 80], NOT_DECIDED),  # no difference was found, and none can be ruled out
        ([100] * 4, NOT_DECIDED),
    ],
)
def test_equivalence_is_shown_and_not_assumed(mine: list[float], outcome: ClaimOutcome) -> None:
    arms = {
        "a": [at(rate, repeat) for repeat, rate in enumerate(mine)],
        "b": [at(100, repeat) for repeat in range(len(mine))],
    }
    check = Equivalent(check="equivalent", measure="messages_per_s", arm="a", to="b", margin=0.1)
    assert check.decide(arms).outcome is outcome


def test_only_pairs_of_one_repeat_are_compared() -> None:
    arms = {
        "a": [*(at(100 + repeat, repeat) for repeat in range(5)), at(1, 5)],
        "b": [at(100 + repeat, repeat) for repeat in reversed(range(5))],
    }
    check = Equivalent(check="equivalent", measure="messages_per_s", arm="a", to="b")
    assert check.decide(arms).outcome is REPRODUCED


def test_a_measure_within_bounds() -> None:
    def waited(ms: float) -> TrialRecord:
        figures = dict.fromkeys(("p50", "p90", "p95", "p99", "p99.9", "max", "mean"), ms)
        return record(latency_ms=Percentiles.model_validate({**figures, "count": 1}))

    check = Within(check="within", measure="max_ms", arms=("a",), low=500, high=1_500)
    assert check.decide({"a": [waited(600), waited(900)]}).outcome is REPRODUCED
    assert check.decide({"a": [waited(600), waited(90)]}).outcome is NOT_DECIDED
    assert check.decide({"a": [waited(6), waited(90)]}).outcome is REFUTED
    assert check.decide({"a": [record()]}).outcome is NOT_DECIDED


def test_how_long_readers_waited_for_a_transactions_end() -> None:
    waited = record(
        fault=FaultRecord(name="kill-in-transaction", events=[{"at_s": 9.0, "what": "stable", "seconds": 8.5}])
    )
    check = Within(check="within", measure="stable_s", arms=("a",), low=3)
    assert check.decide({"a": [waited]}).outcome is REPRODUCED
    assert check.decide({"a": [record()]}).outcome is NOT_DECIDED


def test_what_clients_run_with() -> None:
    arms = {"a": [record(effective={"retries": 5})]}
    check = Runs(check="runs", setting="retries", arms=("a",), values={"confluent-kafka": 5})
    assert check.decide(arms).outcome is REPRODUCED
    other = check.model_copy(update={"values": {"confluent-kafka": 6}})
    assert other.decide(arms).outcome is REFUTED
    assert other.decide({"a": [record()]}).outcome is NOT_DECIDED


@pytest.mark.parametrize(
    ("ran_with", "outcome", "evidence"),
    [
        ([5, 5], REPRODUCED, "retries: confluent-kafka 5"),
        ([5, 6], REFUTED, "retries: confluent-kafka 5 and 6"),
        ([6, 5], REFUTED, "retries: confluent-kafka 6 and 5"),
        ([], NOT_DECIDED, "retries: no trial ran"),
    ],
)
def test_repeats_that_disagree_are_seen_in_whatever_order(
    ran_with: list[int], outcome: ClaimOutcome, evidence: str
) -> None:
    arms = {"a": [record(repeat, effective={"retries": value}) for repeat, value in enumerate(ran_with)]}
    check = Runs(check="runs", setting="retries", arms=("a",), values={"confluent-kafka": 5})
    found = check.decide(arms)
    assert (found.outcome, found.evidence) == (outcome, evidence)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([5, 6, None]))))
def test_what_clients_run_with_is_what_every_trial_of_each_ran_with(ran: list[tuple[str, int | None]]) -> None:
    values = {"a": 5, "b": None}
    arms = {"a": [record(repeat, client=c, effective={"retries": v, "x": 1}) for repeat, (c, v) in enumerate(ran)]}
    outcome = Runs(check="runs", setting="retries", arms=("a",), values=values).decide(arms).outcome
    wrong = any(client in values and value != values[client] for client, value in ran)
    clients = {client for client, _ in ran}
    assert outcome is (REFUTED if wrong else REPRODUCED if clients == values.keys() else NOT_DECIDED)


def test_a_claim_needs_all_its_checks() -> None:
    never, happens = Never(check="never", what="lost", arms=("a",)), Happens(check="happens", what="lost", arms=("b",))
    lossless, lossy, nothing = [record()], [record(lost=1)], [record(fired=False)]
    assert decide([never, happens], {"a": lossless, "b": lossy})[0] is REPRODUCED
    assert decide([never, happens], {"a": lossless, "b": nothing})[0] is NOT_DECIDED
    assert decide([never, happens], {"a": lossy, "b": nothing})[0] is REFUTED


def test_versions_of_a_client_are_paired_with_themselves() -> None:
    """Unless each arm has another one, which is what is compared then."""
    check = More(check="more", measure="messages_per_s", arm="a", than=("b",))

    def arm(factor: float, *versions: str) -> list[TrialRecord]:
        return [
            at(rate * factor * repeat, repeat).model_copy(update={"client_version": version})
            for repeat in range(1, 7)
            for rate, version in zip((100, 1_000), versions, strict=False)
        ]

    assert "2.00x" in check.decide({"a": arm(2, "1", "2"), "b": arm(1, "1", "2")}).evidence
    assert "12 pairs" in check.decide({"a": arm(2, "1", "2"), "b": arm(1, "1", "2")}).evidence
    assert "6 pairs" in check.decide({"a": arm(2, "1"), "b": arm(1, "2")}).evidence
