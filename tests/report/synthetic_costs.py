"""Made-up records of a sweep of costs: transactions and pipelines, without a fault. No figure here was measured."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from harness.events import Permission, Verdict
from harness.store import Expectation, Throughput, TransactionCounts, TrialRecord

from .synthetic_records import anomalies, counts, one, percentiles
from .synthetic_run import CLIENTS


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
