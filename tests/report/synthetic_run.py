"""Made-up records of the shape that a sweep of loads and faults leaves. No figure here was measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from harness.events import Permission, Verdict
from harness.store import Availability, Expectation, FaultRecord, Throughput, TrialRecord

from .synthetic_records import anomalies, counts, one, percentiles, witness

CLIENTS = {"aiokafka": 12_000, "confluent-kafka": 360_000, "kafka-python": 21_000}
"""And how many messages a second each makes with acks=1 and one replica."""
GUARANTEES: Sequence[tuple[str, bool]] = (("0", False), ("1", False), ("all", False), ("all", True))
FAULTS = ("lose-ack", "lose-request", "zombie-leader", "kill-leader")
_SPEED = {("0", False): 1.25, ("1", False): 1.0, ("all", False): 0.86, ("all", True): 0.83}
_MEDIAN_MS = {("0", False): 0.6, ("1", False): 1.9, ("all", False): 3.4, ("all", True): 3.6}


@cache
def default_sweep(repeats: int = 1, seed: int = 7) -> tuple[TrialRecord, ...]:
    """48 performance and 96 fault trials a repeat, in no helpful order: most as hoped, some skipped, one failed."""
    random = np.random.default_rng(seed)
    records = [
        record
        for repeat in range(1, repeats + 1)
        for client in CLIENTS
        for guarantee in GUARANTEES
        for factor in (1, 3)
        for record in (
            *(performance(client, guarantee, factor, rate, repeat, random) for rate in ("max", 2_000)),
            *(faulty(client, guarantee, factor, fault, repeat, random) for fault in FAULTS),
        )
    ]
    return tuple(records[i] for i in random.permutation(len(records)))


def performance(
    client: str, guarantee: tuple[str, bool], factor: int, rate: Any, repeat: int, random: np.random.Generator
) -> TrialRecord:
    """A trial without a fault."""
    wobble = float(random.normal(1, 0.04))
    slower = 1.0 if factor == 1 else 0.72
    per_s = 2_000.0 if rate == 2_000 else CLIENTS[client] * _SPEED[guarantee] * slower * wobble
    sent = int(per_s * (5 if rate == 2_000 else 3))
    median_ms = _MEDIAN_MS[guarantee] * (1 if factor == 1 else 1.6) * wobble
    if rate == "max":
        median_ms = 140 * wobble
    timed = min(sent, 2_000)
    latency_ms = random.lognormal(np.log(median_ms), 0.45, timed) + random.exponential(0.3, timed)
    shaky = client == "kafka-python" and rate == "max" and guarantee == ("0", False) and factor == 3
    return one(
        **_identity(client, guarantee, factor, f"rate-{rate}", repeat),
        kind="performance",
        cluster_profile="performance",
        load={"rate": rate, "seconds": 5.0, "messages": 2_000_000, "message_size": 100, "partitions": 3},
        elapsed_s=7.0,
        counts=counts(guarantee, sent),
        anomalies=anomalies(),
        throughput=Throughput(
            messages_per_s=per_s,
            mb_per_s=per_s * 100 / 1e6,
            span_s=sent / per_s,
            steady=not shaky,
            unsteady="falls from 117 % to 83 % of its mean" if shaky else None,
        ),
        latency_ms=percentiles(latency_ms),
        service_ms=percentiles(latency_ms * 0.9, histogram=False),
        end_to_end_ms=percentiles(latency_ms + 0.8, histogram=False) if rate == 2_000 else None,
        client_cpu_s=round(1.3 * wobble, 2),
        promise=promise(guarantee),
        verdict=Verdict.KEPT,
        verdict_reason="nothing forbidden happened",
    )


def faulty(
    client: str, guarantee: tuple[str, bool], factor: int, fault: str, repeat: int, random: np.random.Generator
) -> TrialRecord:
    """A trial with a fault."""
    who = _identity(client, guarantee, factor, fault, repeat)
    who |= {"cluster_profile": "fault", "load": {"rate": None, "messages": 3_000, "message_size": 100, "partitions": 1}}
    skip = _skip(guarantee, factor, fault)
    if skip:
        return one(**who, fault=FaultRecord(name=fault), status="skipped", reason=skip)
    if (client, guarantee, factor, fault) == ("kafka-python", ("1", False), 1, "kill-leader"):
        reason = "the cluster did not recover: broker 2 was not back within 45 s"
        return one(
            **who,
            fault=FaultRecord(name=fault),
            status="failed",
            reason=reason,
            verdict=Verdict.UNKNOWN,
            verdict_reason=reason,
        )
    lost, duplicate, reordered = _wrong(client, guarantee, factor, fault, random)
    stated = rules(guarantee, fault)
    found = {"lost": lost, "duplicate": duplicate, "reordered": reordered}
    expected = any(found.get(each.anomaly) for each in stated if each.permission is Permission.EXPECTED)
    dull = fault == "kill-leader" and guarantee[0] == "1"
    sent = {"lose-ack": 3_000, "lose-request": 3_000, "zombie-leader": 300, "kill-leader": 12_000}[fault]
    rates, start_s, end_s, gap_s = _over_time(fault, random)
    return one(
        **who,
        fault=FaultRecord(name=fault, fired=True, start_s=start_s, end_s=end_s, events=[]),
        elapsed_s=6.5,
        counts=counts(guarantee, sent, lost, duplicate),
        anomalies=anomalies(lost=lost, duplicate=duplicate, reordered=reordered),
        witnesses={
            "lost": [witness(i, None) for i in range(min(10, lost))],
            "duplicate": [witness(i, [i, i + 50]) for i in range(min(10, duplicate))],
        },
        throughput=Throughput(messages_per_s=900.0, mb_per_s=0.09, span_s=3.3),
        availability=Availability(longest_gap_s=gap_s, recovery_s=None if "lose" in fault else round(gap_s + 0.2, 2)),
        ack_rate=rates,
        ack_rate_bin_s=0.1,
        promise=promise(guarantee),
        verdict=Verdict.REPRODUCED
        if expected
        else Verdict.NOT_EXERCISED
        if dull
        else Verdict.ALLOWED
        if lost or duplicate or reordered
        else Verdict.KEPT,
        verdict_reason="an expected anomaly did not appear" if dull and not expected else "as the rules say",
        expectations=stated,
    )


def rules(guarantee: tuple[str, bool], fault: str) -> list[Expectation]:
    """What Kafka says of each, in short."""
    (acks, idempotent), moves = guarantee, fault in ("zombie-leader", "kill-leader")
    lost = {"0": Permission.EXPECTED, "1": Permission.EXPECTED if moves else Permission.FORBIDDEN}
    again = Permission.EXPECTED if fault == "lose-ack" else Permission.ALLOWED
    once = idempotent or acks == "0"
    return [
        Expectation(anomaly=anomaly, permission=permission, reason=reason, source="Kafka documentation")
        for anomaly, permission, reason in (
            ("lost", lost.get(acks, Permission.FORBIDDEN), "what an ack says"),
            ("duplicate", Permission.FORBIDDEN if once else again, "what is sent again is there again"),
            ("reordered", Permission.FORBIDDEN if idempotent else Permission.ALLOWED, "what is sent again is later"),
            ("failed_landed", Permission.FORBIDDEN, "the definition of failed"),
            ("unexpected", Permission.FORBIDDEN, "a log holds what was sent to it"),
            ("misplaced", Permission.FORBIDDEN, "an ack names where it is"),
        )
    ]


def promise(guarantee: tuple[str, bool]) -> str:
    return {("0", False): "at-most-once", ("all", True): "once-per-session"}.get(guarantee, "at-least-once")


def _identity(client: str, guarantee: tuple[str, bool], factor: int, what: str, repeat: int) -> dict[str, Any]:
    acks, idempotent = guarantee
    config = {
        "acks": acks,
        "enable.idempotence": idempotent,
        "replication.factor": factor,
        "min.insync.replicas": 2 if factor == 3 else 1,
        "partitions": 3 if what.startswith("rate") else 1,
    }
    words = [client, f"acks-{acks}", *(["idempotent"] if idempotent else []), f"rf{factor}", what, f"r{repeat}"]
    return {
        "id": ".".join(words).replace("acks.", ""),
        "name": f"{client} acks={acks} RF {factor} {what}",
        "client": client,
        "client_version": "1.0",
        "repeat": repeat,
        "config": config,
    }


def _skip(guarantee: tuple[str, bool], factor: int, fault: str) -> str | None:
    if fault == "lose-ack" and guarantee[0] == "0":
        return "acks=0 has no acknowledgement to lose"
    if fault == "zombie-leader" and factor == 1:
        return "with replication factor 1 nobody else can lead, so the frozen leader is never deposed"
    return None


def _wrong(
    client: str, guarantee: tuple[str, bool], factor: int, fault: str, random: np.random.Generator
) -> tuple[int, int, int]:
    """Lost, duplicated, reordered."""
    acks, idempotent = guarantee
    if fault == "lose-ack":
        return 0, 0 if idempotent else 250, 0
    if fault == "lose-request":
        return 250 if acks == "0" else 0, 0, 0
    if fault == "zombie-leader":
        lost = {"0": 300, "1": 300 if client == "confluent-kafka" else int(random.integers(120, 290))}.get(acks, 0)
        return lost, 0, 2 if client == "kafka-python" and not idempotent else 0
    return int(random.integers(7, 222)) if acks == "0" else 0, 0, 0


def _over_time(fault: str, random: np.random.Generator) -> tuple[list[list[float]], float, float, float]:
    """Acks a second in bins of 0.1 s, when the fault began and ended, and the longest gap."""
    if fault == "zombie-leader":
        gap_s = float(random.uniform(1.5, 2.0))
        times = np.arange(0, 2.6, 0.1)
        rates = np.where((times > gap_s) & (times < gap_s + 0.3), random.uniform(800, 1_200, len(times)), 0.0)
        return _bins(times, rates), -0.1, round(gap_s, 2), round(gap_s, 2)
    if fault == "kill-leader":
        gap_s = float(random.uniform(1.7, 3.2))
        times = np.arange(0, 7, 0.1)
        rates = random.normal(3_000, 120, len(times))
        rates[(times >= 1) & (times < 1 + gap_s)] = 0
        rates[(times >= 1 + gap_s) & (times < 1.3 + gap_s)] = 11_000
        rates[times > 4.6] = 0
        return _bins(times, rates), 1.0, round(gap_s + 2.2, 2), round(gap_s, 2)
    span_s = float(random.uniform(0.9, 2.6))
    times = np.arange(0, span_s, 0.1)
    rates = random.normal(3_000 / span_s, 200, len(times))
    rates[random.choice(len(times), 5)] = 0
    return _bins(times, np.maximum(rates, 0)), 0.1, round(span_s * 0.9, 2), 0.15


def _bins(times: Any, rates: Any) -> list[list[float]]:
    return [[round(float(t), 1), round(float(r), 1)] for t, r in zip(times, rates, strict=True)]
