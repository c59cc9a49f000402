"""What the end-to-end consumer received is stored as it comes, and no load, however long, is held in its memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.load.codec import Codec
from harness.load.messages import Messages
from harness.load.shape import Shape
from harness.roles.consumer import Received


@pytest.mark.parametrize(("size", "count"), [(36, 0), (36, 5_000), (100, 655), (100, 656), (70_000, 3)])
def test_all_that_is_the_trials_own_is_stored_in_its_order(size: int, count: int, tmp_path: Path) -> None:
    sequence = np.arange(count)
    values = Codec(7, size, producer=3).encode(sequence, sequence + 10)
    received = Received(Messages(7, Shape(((size, 100),))), tmp_path / "rows")
    for number, value in enumerate(values):
        received.add(value, number + 20)
        if number % 100 == 0:
            received.add(b"somebody else's", 0)
    received.close(tmp_path / "consumed.parquet")
    table = pq.read_table(tmp_path / "consumed.parquet")
    assert table.column_names == ["producer", "sequence", "due_ns", "received_ns"]
    columns = [table[name].to_numpy().tolist() for name in table.column_names]
    assert columns == [[3] * count, *((sequence + shift).tolist() for shift in (0, 10, 20))]
    assert received.count == count + -(-count // 100)


def test_a_long_load_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    codec = Codec(7, 1_000)
    received = Received(Messages(7, Shape(((1_000, 100),))), tmp_path / "rows")
    batch = codec.encode(np.arange(100), np.arange(100))
    tracemalloc.start()
    try:
        for _ in range(300):
            for value in batch:
                received.add(bytes(bytearray(value)), 0)  # a copy, as each record's value is
        held_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held_bytes < 1_000_000 and peak_bytes < 3_000_000, "of 30 MB"
    received.close(tmp_path / "consumed.parquet")
    assert pq.read_metadata(tmp_path / "consumed.parquet").num_rows == 30_000
