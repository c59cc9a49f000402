"""How fast a big trial is judged: 5 million messages, as many records and a few of each anomaly.

Run with ``pytest --benchmark-only tests/benchmarks``. No time is asserted. The peak memory of a process that does
nothing else, the columns included, is in ``extra_info`` (``--benchmark-json``).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.events import Outcome, Verdict
from harness.journal import NONE, LogColumns, ProducerColumns, ProducerJournal, seal, write_log
from harness.judge import judge
from harness.measure import latency
from harness.store import FaultRecord, TrialRecord
from harness.verify import find

MESSAGES = 5_000_000
EVERY = 1_000_000  # so often each anomaly happens


def trial(messages: int, partitions: int) -> tuple[ProducerColumns, LogColumns]:
    """One producer sending in turn to all partitions, and the log as a scan leaves it: partition by partition."""
    sequence = np.arange(messages)
    partition = (sequence % partitions).astype(np.int32)
    due_ns = sequence * 10_000
    outcome = np.full(messages, Outcome.ACKED, np.uint8)
    outcome[5::EVERY] = Outcome.UNKNOWN
    producer = ProducerColumns(
        producer=0,
        due_ns=due_ns,
        sent_ns=due_ns + 1_000,
        done_ns=due_ns + np.random.default_rng(1).integers(500_000, 50_000_000, messages),
        offset=np.full(messages, NONE),
        partition=partition,
        outcome=outcome,
    )
    place = sequence // partitions
    late = sequence[EVERY // 2 :: EVERY]  # each changes places with the next of its partition, which is reordered
    place[late], place[late + partitions] = place[late + partitions], place[late]
    by_partition = np.argsort(partition.astype(np.uint16), kind="stable")
    found = by_partition[by_partition % EVERY != 7]  # the lost ones
    again = found[found % EVERY == 3]  # the duplicates, behind everything else
    written = np.concatenate([found, again])
    return producer, LogColumns(
        partition=partition[written],
        offset=np.concatenate([place[found], messages + np.arange(len(again))]),
        producer=np.zeros(len(written), np.int32),
        sequence=written,
        valid=np.ones(len(written), np.bool_),
    )


def test_judge_a_stored_trial_of_5_million_messages(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Everything that ``harness check`` does for one trial: both journals read, verdict, percentiles, rates."""
    producer, log = trial(MESSAGES, 6)
    journal = ProducerJournal.create(tmp_path / "journal", MESSAGES)
    for name in ("due_ns", "sent_ns", "done_ns", "offset", "partition", "outcome"):
        getattr(journal, name)[:] = getattr(producer, name)
    seal(tmp_path / "journal", tmp_path / "big.producer-0.parquet", producer=0, warmup=1000, errors={})
    write_log(tmp_path / "big.log.parquet", log)
    record = TrialRecord(
        id="big",
        name="big",
        kind="performance",
        repeat=1,
        kafka="4.4.0",
        client="confluent-kafka",
        config={"acks": "all", "enable.idempotence": False, "replication.factor": 3},
        load={"message_size": 100},
        fault=FaultRecord(name="none", fired=True),
        status="completed",
    )
    judged = benchmark.pedantic(judge, (record, tmp_path), rounds=3, warmup_rounds=1)  # type: ignore[no-untyped-call]
    assert judged.anomalies.lost == MESSAGES // EVERY
    assert judged.verdict is Verdict.BROKEN
    assert judged.latency_ms.count > 0


@pytest.mark.parametrize("partitions", [1, 6, 300])
def test_judge_5_million_messages(benchmark: BenchmarkFixture, partitions: int) -> None:
    producer, log = trial(MESSAGES, partitions)
    findings = benchmark(find, [producer], log)
    expected = MESSAGES // EVERY
    anomalies = findings.anomalies
    assert (anomalies.lost, anomalies.duplicate, anomalies.reordered) == (expected, expected, expected)
    assert (anomalies.unknown_landed, anomalies.unexpected) == (expected, 0)
    child = subprocess.run(
        [sys.executable, __file__, str(partitions)], capture_output=True, text=True, check=True, timeout=120
    )
    benchmark.extra_info["peak_memory_mb"] = int(child.stdout)


def test_percentiles_of_5_million_latencies(benchmark: BenchmarkFixture) -> None:
    producer, _ = trial(MESSAGES, 6)
    percentiles = benchmark(latency, [producer])
    assert percentiles is not None
    assert percentiles.count == MESSAGES - MESSAGES // EVERY


def peak_memory_mb() -> int:
    """Of this process; not ``getrusage``, whose figure a child inherits from its parent."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    _producer, _log = trial(MESSAGES, int(sys.argv[1]))
    find([_producer], _log)
    print(peak_memory_mb())
