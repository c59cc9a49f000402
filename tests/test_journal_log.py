"""Readings of a log: what was found comes back, and where the reading of what is committed ended."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.journal.sealed import LogColumns, parts, read_committed, read_log, write_committed, write_log

I32, I64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
RECORDS = st.lists(st.tuples(I32, I64, I32, I64, st.booleans()), max_size=20)


def log(*records: tuple[int, int, int, int, bool]) -> LogColumns:
    """Partition, offset, producer, sequence and whether it is valid, of each."""
    partition, offset, producer, sequence, valid = zip(*records, strict=True) if records else ((), (), (), (), ())
    half, whole = np.int32, np.int64
    return LogColumns(
        np.array(partition, half),
        np.array(offset, whole),
        np.array(producer, half),
        np.array(sequence, whole),
        np.array(valid, np.bool_),
    )


def _same(one: LogColumns, other: LogColumns) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(LogColumns)]
    return all(a.dtype == b.dtype and (a == b).all() and len(a) == len(b) for a, b in pairs)


@given(RECORDS, st.integers(1, 12))
@settings(max_examples=50)
def test_a_stored_log_comes_back_part_by_part(records: list[tuple[int, int, int, int, bool]], rows: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "ROWS", rows)
        write_log(Path(folder) / "a.parquet", log(*records))
        stored = read_log(Path(folder) / "a.parquet")
        read = list(stored.parts())
        assert len(stored) == len(records) and all(0 < len(part) <= rows for part in read)
        assert _same(LogColumns.joined(read), log(*records))
        assert [part.offset.tolist() for part in log(*records).parts()] == [part.offset.tolist() for part in read]


@given(RECORDS, st.lists(st.integers(0, 2**63 - 1), max_size=10))
@settings(max_examples=50)
def test_both_readings_come_back(records: list[tuple[int, int, int, int, bool]], stable: list[int]) -> None:
    with TemporaryDirectory() as folder:
        parquet = Path(folder) / "a.parquet"
        write_log(parquet, log(*records))
        assert _same(read_log(parquet).whole(), log(*records))
        write_committed(parquet, log(*records), np.array(stable, np.int64))
        back = read_committed(parquet)
        assert back is not None
        assert _same(back[0].whole(), log(*records)) and back[1].tolist() == stable and back[1].dtype == np.int64
        assert [file.name for file in Path(folder).iterdir()] == ["a.parquet"]


def test_where_nobody_read_what_is_committed_there_is_none(tmp_path: Path) -> None:
    assert read_committed(tmp_path / "a.committed.parquet") is None


def test_a_whole_log_is_not_taken_for_what_is_committed(tmp_path: Path) -> None:
    write_log(tmp_path / "a.log.parquet", log((0, 5, 0, 9, True)))
    with pytest.raises(ValueError, match=r"a\.log\.parquet does not say where it ended"):
        read_committed(tmp_path / "a.log.parquet")


def test_one_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    write_log(tmp_path / "l.parquet", log())
    table = pq.read_table(tmp_path / "l.parquet").drop_columns(["valid"])
    pq.write_table(table.replace_schema_metadata({"format": "99"}), tmp_path / "l.parquet")
    for read in (read_log, read_committed):
        with pytest.raises(ValueError, match="format 99"):
            read(tmp_path / "l.parquet")
