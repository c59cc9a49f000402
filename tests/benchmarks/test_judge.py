"""How a big trial is judged: 5 million messages, as many records and a few of each anomaly.

That it can be is held by what does not depend on the machine: no step of Python a message, and how many bytes. How fast
it is, says ``pytest --benchmark-only tests/benchmarks``, where no time is asserted. The peak memory of a process that
does nothing else, the columns included, is in ``extra_info`` (``--benchmark-json``).
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.events import Outcome, Verdict
from harness.journal.mapped import NONE, ProducerJournal
from harness.journal.sealed import LogColumns, ProducerColumns, seal, write_log
from harness.judge import judge
from harness.measure import latency
from harness.store import FaultRecord, TrialRecord
from harness.verify import Readings, find

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


def stored(folder: Path, messages: int, partitions: int) -> TrialRecord:
    """The record of such a trial, not yet judged, with its journals in the folder."""
    producer, log = trial(messages, partitions)
    journal = ProducerJournal.create(folder / "journal", messages, 0)
    for name in ("due_ns", "sent_ns", "done_ns", "offset", "partition", "outcome"):
        getattr(journal, name)[:] = getattr(producer, name)
    seal(folder / "journal", folder / "big.producer-0.parquet", warmup=1000, errors={}, host="", clock_offset_ns=0)
    write_log(folder / "big.log.parquet", log)
    return TrialRecord(
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


def test_judge_a_stored_trial_of_5_million_messages(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Everything that ``harness check`` does for one trial: both journals read, verdict, percentiles, rates."""
    record = stored(tmp_path, MESSAGES, 6)
    judged = benchmark.pedantic(judge, (record, tmp_path), rounds=3, warmup_rounds=1)  # type: ignore[no-untyped-call]
    assert judged.anomalies.lost == MESSAGES // EVERY
    assert judged.verdict is Verdict.BROKEN
    assert judged.latency_ms.count > 0


def test_judging_takes_no_step_of_python_a_message(tmp_path: Path) -> None:
    """Its work is of columns, and a histogram has as many places as latencies differ, which has an end."""
    few, many = (_lines(tmp_path, messages) for messages in (200_000, 400_000))
    assert many - few < (400_000 - 200_000) / 10


def _lines(folder: Path, messages: int) -> int:
    """How many lines of Python are carried out to judge such a trial."""
    record, lines = stored(folder, messages, 6), 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    judge(record, folder)  # what is done once only is done
    before = sys.gettrace()
    sys.settrace(count)
    try:
        judged = judge(record, folder)
    finally:
        sys.settrace(before)
    assert judged.counts is not None and judged.counts.sent == messages and judged.latency_ms is not None
    return lines


@pytest.mark.parametrize("partitions", [1, 300])
def test_5_million_messages_are_judged_in_a_gigabyte(partitions: int) -> None:
    few = 200_000
    tracemalloc.start()
    try:
        producer, log = trial(few, partitions)
        tracemalloc.reset_peak()
        find(Readings([producer], log))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / few * MESSAGES < 1e9


@pytest.mark.parametrize("partitions", [1, 6, 300])
def test_judge_5_million_messages(benchmark: BenchmarkFixture, partitions: int) -> None:
    producer, log = trial(MESSAGES, partitions)
    findings = benchmark(lambda: find(Readings([producer], log)))
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
    find(Readings([_producer], _log))
    print(peak_memory_mb())
