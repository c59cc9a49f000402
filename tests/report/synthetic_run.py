"""Made-up records of the shape a real sweep leaves. No figure here was measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hdrh.histogram import HdrHistogram

from harness.events import FORMAT, Permission, Verdict
from harness.store import (
    Anomalies,
    Availability,
    Counts,
    Expectation,
    FaultRecord,
    Percentiles,
    Results,
    Throughput,
    TransactionCounts,
    TrialRecord,
)

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


@cache
def cost_sweep(repeats: int = 2, seed: int = 7) -> tuple[TrialRecord, ...]:
    """Two clients without transactions and with them, at intervals of 10 to 1,000 ms, and their pipelines in batches of
    10 and 100: a transaction takes 5 ms to commit whatever is in it.
    """
    random = np.random.default_rng(seed)
    settings: list[dict[str, Any]] = [{"enable.idempotence": flag} for flag in (False, True)]
    settings += [
        {
            "enable.idempotence": True,
            "transactional": True,
            "transaction.messages": 10_000_000,
            "transaction.interval.ms": interval,
        }
        for interval in (10, 100, 1_000)
    ]
    pipelines = [
        {"enable.idempotence": True, "processing.guarantee": guarantee, "pipeline.batch": batch}
        for guarantee in ("at-most-once", "at-least-once", "exactly-once")
        for batch in (10, 100)
    ]
    return tuple(
        paid(client, config, rate, repeat, random)
        for repeat in range(1, repeats + 1)
        for client in ("aiokafka", "confluent-kafka")
        for config in (*settings, *pipelines)
        for rate in ("max", 1_000)
    )


def paid(client: str, config: dict[str, Any], rate: Any, repeat: int, random: np.random.Generator) -> TrialRecord:
    """A trial without a fault that waits 5 ms for each commit, if it has any."""
    wobble = float(random.normal(1, 0.03))
    guarantee, batch = config.get("processing.guarantee"), config.get("pipeline.batch", 0)
    every_ms = config.get("transaction.interval.ms", batch / CLIENTS[client] * 1000)
    commits = config.get("transactional", False) or guarantee in ("at-least-once", "exactly-once")
    per_s = 1_000.0 if rate == 1_000 else CLIENTS[client] * wobble * (every_ms / (every_ms + 5) if commits else 1)
    waits_ms = config.get("transaction.interval.ms", batch)
    acked_ms = random.lognormal(np.log(4 * wobble), 0.3, 2_000)
    committed_ms = acked_ms + (random.uniform(5, waits_ms + 5, 2_000) if commits else 0)
    went = Throughput(messages_per_s=per_s, mb_per_s=per_s / 1e4, span_s=5.0, steady=True)
    who = [client, *(f"{name}-{value}" for name, value in config.items()), f"rate-{rate}", f"r{repeat}"]
    promise = guarantee or ("all-or-nothing" if "transactional" in config else "at-least-once")
    if config == {"enable.idempotence": True}:
        promise = "once-per-session"
    return one(
        id=".".join(who),
        name=" ".join(who),
        kind="pipeline-performance" if guarantee else "performance",
        cluster_profile="performance",
        client=client,
        repeat=repeat,
        config=config,
        load={"rate": rate, "seconds": 5.0, "messages": 5_000, "message_size": 100, "partitions": 3},
        counts=counts(("all", True), 5_000),
        anomalies=anomalies(**({"skipped": 0, "redelivered": 0} if guarantee else {})),
        throughput=went,
        committed_throughput=went if "transactional" in config else None,
        transactions=TransactionCounts(begun=50, committed=50, aborted=0, whole=49)
        if "transactional" in config
        else None,
        latency_ms=None if guarantee else percentiles(acked_ms, histogram=False),
        committed_ms=percentiles(committed_ms, histogram=False) if commits or guarantee else None,
        end_to_end_ms=percentiles(committed_ms + 1, histogram=False) if rate == 1_000 else None,
        promise=promise,
        verdict=Verdict.KEPT,
        verdict_reason="nothing forbidden happened",
        expectations=[
            Expectation(anomaly=anomaly, permission=Permission.FORBIDDEN, reason="a rule", source="Kafka documentation")
            for anomaly in (("skipped", "redelivered") if guarantee else ("lost", "duplicate", "reordered"))
        ],
    )


def one(**given: Any) -> TrialRecord:
    """A record with as little as there can be, and what is given; dots in ``config`` names are double underscores."""
    config = {"acks": "all", "replication.factor": 3, "min.insync.replicas": 2, **given.pop("config", {})}
    fault = given.pop("fault", "none")
    base: dict[str, Any] = {
        "id": "a-trial",
        "name": "a trial",
        "kind": "performance" if fault == "none" else "fault",
        "repeat": 1,
        "kafka": "4.4.0",
        "client": "aiokafka",
        "config": config,
        "load": {"rate": "max" if fault == "none" else None, "message_size": 100},
        "fault": fault if isinstance(fault, FaultRecord) else FaultRecord(name=fault, fired=True),
        "status": "completed",
    }
    return TrialRecord(**{**base, **given})


def store(folder: Path, records: Sequence[TrialRecord], **run: Any) -> Path:
    """A results folder of these records; ``run`` replaces or, being None, blanks keys of a whole ``run.json``."""
    results = Results.create(folder, {**run_of(records), **run})
    for record in records:
        results.append(record)
    return folder


def run_of(records: Sequence[TrialRecord]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "run_id": "20260101-120000-default",
        "name": "default",
        "started": "2026-01-01T12:00:00+00:00",
        "ended": "2026-01-01T12:19:30+00:00",
        "harness_version": "0.1.0",
        "kafka": ["4.4.0"],
        "clients": {"aiokafka": "0.14.0", "confluent-kafka": "2.16.1", "kafka-python": "3.0.12"},
        "java": "OpenJDK 25.0.2",
        "python": "3.11.9",
        "kernel": "Linux 6.8.0",
        "cpu": {"model": "A CPU @ 2.60GHz", "cores": 8},
        "memory_gb": 33.5,
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": True},
        "seed": 1,
        "workload": {"name": "default", "sweep": {"acks": ["0", "1", "all"], "replication.factor": [1, 3]}},
        "planned": len(records),
        "refused": [
            {
                "config": {"acks": acks, "enable.idempotence": True, "replication.factor": factor},
                "reason": "enable.idempotence=true needs acks=all",
                "source": "Kafka's ProducerConfig refuses it",
            }
            for acks in ("0", "1")
            for factor in (1, 3)
        ],
        "profiles": {
            "fault": {
                "settings": {"broker.session.timeout.ms": 1500, "auto.leader.rebalance.enable": "false"},
                "broker_jvm": ["-Xmx384m", "-XX:+UseSerialGC"],
            },
            "performance": {"settings": {}, "broker_jvm": ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC"]},
        },
        "notes": ["Nothing else ran on the machine."],
    }


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
            steady=not (client == "kafka-python" and rate == "max" and guarantee == ("0", False) and factor == 3),
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
            "lost": [_witness(i, None) for i in range(min(10, lost))],
            "duplicate": [_witness(i, [i, i + 50]) for i in range(min(10, duplicate))],
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


def broken(record: TrialRecord, lost: int = 12) -> TrialRecord:
    """The same trial, had it lost what it must not lose."""
    return record.model_copy(
        update={
            "anomalies": anomalies(lost=lost),
            "verdict": Verdict.BROKEN,
            "verdict_reason": f"{lost} lost, which acks=all forbids",
            "witnesses": {"lost": [_witness(i, None) for i in range(min(10, lost))]},
        }
    )


def anomalies(**some: int) -> Anomalies:
    of_messages = ("lost", "duplicate", "reordered", "unknown_landed", "unknown_absent", "failed_landed", "misplaced")
    return Anomalies(**{**dict.fromkeys((*of_messages, "unexpected"), 0), **some})


def counts(guarantee: tuple[str, bool], sent: int, lost: int = 0, duplicate: int = 0) -> Counts:
    unconfirmed = sent if guarantee[0] == "0" else 0
    return Counts(
        sent=sent,
        acked=sent - unconfirmed,
        failed=0,
        unknown=0,
        unconfirmed=unconfirmed,
        in_log=sent - lost + duplicate,
    )


def percentiles(ms: npt.NDArray[np.float64], *, histogram: bool = True) -> Percentiles:
    reached = np.percentile(ms, [50, 90, 95, 99, 99.9]).tolist()
    return Percentiles.model_validate(
        {
            **dict(zip(("p50", "p90", "p95", "p99", "p99.9"), reached, strict=True)),
            "max": float(ms.max()),
            "mean": float(ms.mean()),
            "count": len(ms),
            "hdr": _histogram(ms) if histogram else None,
        }
    )


def _histogram(ms: npt.NDArray[np.float64]) -> str:
    histogram = HdrHistogram(1, 3_600_000_000, 3)
    values, numbers = np.unique(np.maximum(1, (ms * 1000).astype(np.int64)), return_counts=True)
    for value, number in zip(values.tolist(), numbers.tolist(), strict=True):
        histogram.record_value(value, number)
    return str(histogram.encode().decode())


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


def _witness(sequence: int, offsets: list[int] | None) -> dict[str, Any]:
    return {"producer": 0, "sequence": sequence, "partition": 0, "offsets": offsets, "outcome": "acked", "error": None}
