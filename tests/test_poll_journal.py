"""What a worker read survives it, and is read back as it was noted."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.events import Consuming
from harness.journal.mapped import PollJournal
from harness.journal.sealed import PollColumns, read_polls, read_whole_polls, seal_polls

_WORKER = """
import os, signal, sys
from pathlib import Path
from harness.events import Consuming
from harness.journal.mapped import PollJournal
journal = PollJournal(Path(sys.argv[1]), 1, 2)
journal.note(Consuming.LEFT_OFF, 0, 5)
journal.polled([(0, at) for at in range(5, 9)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def only(folder: Path) -> PollColumns:
    polls = read_polls(folder, "t")
    assert polls is not None and len(polls) == 1
    return polls[0]


def test_a_worker_that_is_killed_has_left_what_it_read(tmp_path: Path) -> None:
    mapped = tmp_path / "w"
    ended = subprocess.run([sys.executable, "-c", _WORKER, os.fspath(mapped)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert seal_polls(mapped, tmp_path / "t.polls-1.2.parquet") == 2
    assert not mapped.exists()
    read = only(tmp_path)
    assert (read.worker, read.epoch, len(read)) == (1, 2, 2)
    assert (read.what.tolist(), read.first.tolist(), read.last.tolist()) == ([1, 2], [5, 5], [-1, 8])


def test_a_poll_has_a_row_for_each_run_without_a_gap(tmp_path: Path) -> None:
    journal = PollJournal(tmp_path / "w", 0, 0)
    journal.polled([(0, 1), (0, 2), (1, 3), (0, 4), (0, 5), (0, 7)])
    journal.polled([])
    seal_polls(tmp_path / "w", tmp_path / "t.polls-0.0.parquet")
    read = only(tmp_path)
    runs = list(zip(read.partition.tolist(), read.first.tolist(), read.last.tolist(), strict=True))
    assert runs == [(0, 1, 2), (1, 3, 3), (0, 4, 5), (0, 7, 7)]


@pytest.mark.parametrize("rows", [1, 4_096, 10_000])
def test_it_grows_as_it_has_to(rows: int, tmp_path: Path) -> None:
    """4,096 rows fill what it has grown to, and no row that was not written is behind them."""
    journal = PollJournal(tmp_path / "w", 0, 1)
    for offset in range(rows):
        journal.note(Consuming.COMMITTED, 0, offset)
    assert seal_polls(tmp_path / "w", tmp_path / "t.polls-0.1.parquet") == rows
    read = only(tmp_path)
    assert read.first.tolist() == list(range(rows)) and (read.at_ns[1:] >= read.at_ns[:-1]).all()


def test_its_times_are_on_the_harnesss_clock(tmp_path: Path) -> None:
    PollJournal(tmp_path / "w", 0, 0).note(Consuming.LEFT_OFF, 0, 0)
    (noted,) = np.frombuffer((tmp_path / "w").read_bytes(), "<i8", 1, 64).tolist()
    seal_polls(tmp_path / "w", tmp_path / "t.polls-0.0.parquet", 5)
    assert only(tmp_path).at_ns.tolist() == [noted + 5]


def test_a_trials_workers_are_by_number_and_epoch_and_no_other_trials(tmp_path: Path) -> None:
    for part in ("t.polls-1.0", "t.polls-0.1", "t.polls-0.0", "t2.polls-0.0"):
        worker, epoch = part.rpartition("-")[2].split(".")
        PollJournal(tmp_path / "w", int(worker), int(epoch))
        seal_polls(tmp_path / "w", tmp_path / f"{part}.parquet")
    assert [(each.worker, each.epoch) for each in read_polls(tmp_path, "t") or ()] == [(0, 0), (0, 1), (1, 0)]
    assert read_polls(tmp_path, "nobody") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "says nothing of polls: it begins with b''"),
        (b"KDHJRNL\n" + bytes(56), "says nothing of polls"),
        (b"KDHPOLL\n" + struct.pack("<I52x", 9), "has polls of version 9; this harness reads version 1"),
    ],
)
def test_what_is_none_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(ValueError, match=why):
        seal_polls(tmp_path / "w", tmp_path / "t.polls-0.0.parquet")


@pytest.mark.parametrize(
    ("there", "whole"),
    [
        ([], False),
        ([(0, 0)], True),
        ([(0, 0), (0, 1), (1, 0)], True),
        ([(0, 1)], False),
        ([(1, 0)], False),
        ([(0, 0), (1, 1)], False),
    ],
)
def test_of_workers_one_of_whom_left_nothing_none_is_judged(
    there: list[tuple[int, int]], whole: bool, tmp_path: Path
) -> None:
    for worker, epoch in there:
        PollJournal(tmp_path / "w", worker, epoch).note(Consuming.LEFT_OFF, 0, 0)
        seal_polls(tmp_path / "w", tmp_path / f"t.polls-{worker}.{epoch}.parquet")
    read = read_whole_polls(tmp_path, "t")
    assert (read is not None) is whole and (read is None or len(read) == len(there))
