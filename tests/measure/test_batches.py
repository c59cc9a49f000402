"""What is measured of a pipeline, by hand: four inputs in full batches of two, and one that the end left over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.events import Outcome
from harness.journal.sealed import BatchColumns, ConsumedColumns, ProducerColumns, read_batches, write_batches
from harness.measure import Processed

MS = 1_000_000


def inputs(due_ms: list[int], partition: list[int], offset: list[int], warmup: int = 0) -> ProducerColumns:
    due_ns = np.array(due_ms, np.int64) * MS
    return ProducerColumns(
        producer=0,
        due_ns=due_ns,
        sent_ns=due_ns,
        done_ns=due_ns,
        offset=np.array(offset, np.int64),
        partition=np.array(partition, np.int32),
        outcome=np.full(len(due_ms), Outcome.ACKED, np.uint8),
        warmup=warmup,
    )


# Partition 0 has the sequences 0, 2, 4 and partition 1 has 1, 3. The second batch is the third input of partition 0 and
# the second of partition 1; the last has the one that is left over.
SAID = [
    {"batch": 1, "ends": {"0": 2, "1": 0}, "polled_ns": 25 * MS, "done_ns": 30 * MS},
    {"batch": 2, "ends": {"0": 2, "1": 2}, "polled_ns": 40 * MS, "done_ns": 50 * MS},
    {"batch": 3, "ends": {"0": 3, "1": 2}, "polled_ns": 60 * MS, "done_ns": 65 * MS},
]
FIVE = inputs([0, 10, 20, 30, 40], [0, 1, 0, 1, 0], [0, 0, 1, 1, 2])


@pytest.fixture
def batches(tmp_path: Path) -> BatchColumns:
    write_batches(tmp_path / "batches.parquet", SAID)
    found = read_batches(tmp_path / "batches.parquet")
    assert found is not None
    return found


def test_an_input_is_in_the_batch_that_first_ends_behind_it(batches: BatchColumns) -> None:
    found = Processed.of([FIVE], batches, 2)
    assert found.sequence.tolist() == [0, 1, 2, 3]
    assert (found.done_ns // MS).tolist() == [30, 50, 30, 50]
    committed = found.committed()
    assert committed is not None
    assert (committed.count, committed.max, committed.mean) == (4, 40, 25)  # 30, 40, 10 and 20 ms


def test_the_span_is_from_the_first_poll_to_the_end_of_the_last_full_batch(batches: BatchColumns) -> None:
    found = Processed.of([FIVE], batches, 2).throughput(1000)
    assert found is not None
    assert found.messages_per_s == pytest.approx(4 / 0.025)
    assert found.span_s == pytest.approx(0.025)
    assert found.steady is None  # of two batches nobody can tell


def test_what_warmed_it_up_counts_nowhere(batches: BatchColumns) -> None:
    found = Processed.of([inputs([0, 10, 20, 30, 40], [0, 1, 0, 1, 0], [0, 0, 1, 1, 2], warmup=3)], batches, 2)
    assert found.sequence.tolist() == [3]
    rate = found.throughput(1000)
    assert rate is not None and rate.span_s == pytest.approx(0.010)


def test_end_to_end_is_to_the_first_output_that_was_received(batches: BatchColumns) -> None:
    received = ConsumedColumns(
        producer=np.zeros(4, np.int32),
        sequence=np.array([2, 0, 2, 4]),
        due_ns=np.zeros(4, np.int64),
        received_ns=np.array([31, 33, 99, 70]) * MS,
    )
    found = Processed.of([FIVE], batches, 2).end_to_end(received)
    assert found is not None
    assert (found.count, found.max, found.mean) == (2, 33, 22)  # 33 and 11 ms


def test_many_batches_say_whether_it_was_steady(tmp_path: Path) -> None:
    every = inputs(list(range(400)), [0] * 400, list(range(400)))
    for slower, steady in ((1, True), (3, False)):
        ends_ms = np.cumsum([1] * 100 + [slower] * 100)
        said = [
            {"batch": n + 1, "ends": {"0": 2 * (n + 1)}, "polled_ns": 0, "done_ns": int(end) * MS}
            for n, end in enumerate(ends_ms)
        ]
        write_batches(tmp_path / "batches.parquet", said)
        read = read_batches(tmp_path / "batches.parquet")
        assert read is not None
        found = Processed.of([every], read, 2).throughput(100)
        assert found is not None and found.steady is steady


def test_nothing_processed_is_nothing_measured(tmp_path: Path) -> None:
    write_batches(tmp_path / "batches.parquet", [])
    none = read_batches(tmp_path / "batches.parquet")
    assert none is not None
    found = Processed.of([FIVE], none, 2)
    assert found.throughput(100) is None
    assert found.committed() is None
    assert read_batches(tmp_path / "nowhere.parquet") is None
