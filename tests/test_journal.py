"""The journal: what was recorded survives whatever ends the worker."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.events import Ending, Outcome
from harness.journal.mapped import ProducerJournal, TransactionJournal
from harness.journal.mapped.transactions import beside
from harness.journal.sealed import producers as sealed
from harness.journal.sealed import read_producer, seal
from harness.load.recorder import JournalRecorder

HERE: Any = {"host": "here", "clock_offset_ns": 0}


def _recorder(path: Path, capacity: int = 100) -> JournalRecorder:
    return JournalRecorder(ProducerJournal.create(path, capacity, 4))


def test_outcomes_and_times_come_back_and_pending_ends_as_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = _recorder(tmp_path / "j")
    recorder.sent(0, 2, np.array([10, 20, 30, 40]), 50)
    recorder.done(0, Outcome.ACKED, 60, offset=7)
    recorder.done(1, Outcome.FAILED, 61, error="TooLarge")
    recorder.done_many(np.array([2]), Outcome.UNCONFIRMED, np.array([62]), np.array([-1]))
    rows = seal(tmp_path / "j", tmp_path / "p.parquet", warmup=1, errors={1: "TooLarge"}, **HERE, closed_ns=99)
    columns = read_producer(tmp_path / "p.parquet")
    assert rows == len(columns) == 4
    assert (columns.producer, columns.warmup, columns.closed_ns) == (4, 1, 99)
    assert columns.outcome.tolist() == [Outcome.ACKED, Outcome.FAILED, Outcome.UNCONFIRMED, Outcome.UNKNOWN]
    assert columns.done_ns.tolist() == [60, 61, 62, -1]
    assert columns.offset.tolist() == [7, -1, -1, -1]
    assert columns.partition.tolist() == [2] * 4
    assert columns.error is not None
    assert [columns.error[row] for row in range(4)] == [None, "TooLarge", None, None]
    assert not (tmp_path / "j").exists()
    assert '"name": "TooLarge"' in capsys.readouterr().out
    assert pq.read_table(tmp_path / "p.parquet")["offset"].null_count == 3


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_a_journal_comes_back_whole_however_many_rows_are_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    recorder = _recorder(tmp_path / "j")
    recorder.sent(0, 2, np.arange(10), 50)
    recorder.done_many(np.array([0, 1, 5]), Outcome.ACKED, np.array([60, 61, 62]), np.array([7, 8, 9]))
    recorder.done_many(np.array([2, 9]), Outcome.ERROR, np.array([63, 64]), np.array([-1, -1]), "Late")
    recorder.done_many(np.array([6]), Outcome.ERROR, np.array([65]), np.array([-1]), "TooLarge")
    names = {1: "Late", 2: "TooLarge"}
    seal(tmp_path / "j", tmp_path / "p.parquet", warmup=0, errors=names, host="far", clock_offset_ns=1_000)
    monkeypatch.setattr(sealed, "ROWS", rows)
    columns = read_producer(tmp_path / "p.parquet")
    assert columns.due_ns.tolist() == list(range(1_000, 1_010))
    assert columns.done_ns.tolist() == [1_060, 1_061, 1_063, -1, -1, 1_062, 1_065, -1, -1, 1_064]
    assert columns.offset.tolist() == [7, 8, -1, -1, -1, 9, -1, -1, -1, -1]
    assert columns.error is not None
    said = [columns.error[row] for row in range(10)]
    assert said == [None, None, "Late", None, None, None, "TooLarge", None, None, "Late"]
    assert columns.error.count(columns.outcome == Outcome.ERROR) == {"Late": 2, "TooLarge": 1}


def test_only_the_first_report_of_a_message_counts(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path / "j")
    recorder.sent(0, 0, np.array([1]), 2)
    recorder.done(0, Outcome.ACKED, 3, offset=5)
    recorder.done(0, Outcome.UNKNOWN, 9, error="Late")
    recorder.done_many(np.array([0]), Outcome.UNCONFIRMED, np.array([9]), np.array([9]))
    journal = ProducerJournal.open(tmp_path / "j")
    assert (journal.outcome[0], journal.done_ns[0], journal.offset[0], journal.error[0]) == (Outcome.ACKED, 3, 5, 0)


def test_what_the_client_did_not_take_was_never_sent(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path / "j")
    recorder.sent(0, 0, np.arange(10), 2)
    recorder.refused(4, 6)
    assert ProducerJournal.open(tmp_path / "j").sent() == 4


def test_a_worker_killed_at_any_instant_leaves_every_record(tmp_path: Path) -> None:
    program = """
        import sys, numpy as np
        from pathlib import Path
        from harness.events import Outcome
        from harness.journal.mapped import ProducerJournal
        from harness.load.recorder import JournalRecorder
        recorder = JournalRecorder(ProducerJournal.create(Path(sys.argv[1]), 1000, 4))
        recorder.sent(0, 0, np.arange(1000), 1)
        for i in range(700):
            recorder.done(i, Outcome.ACKED, i, offset=i)
        print("ready", flush=True)
        input()
    """
    path = tmp_path / "j"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        os.kill(worker.pid, signal.SIGKILL)
    assert seal(path, tmp_path / "p.parquet", warmup=0, errors={}, **HERE) == 1000
    outcome = read_producer(tmp_path / "p.parquet").outcome
    assert (outcome == Outcome.ACKED).sum() == 700
    assert (outcome == Outcome.UNKNOWN).sum() == 300


def test_an_empty_journal_seals(tmp_path: Path) -> None:
    _recorder(tmp_path / "j")
    assert seal(tmp_path / "j", tmp_path / "p.parquet", warmup=0, errors={}, **HERE) == 0
    assert len(read_producer(tmp_path / "p.parquet")) == 0


def test_transactions_come_back_with_the_messages_that_were_in_them(tmp_path: Path) -> None:
    recorder = _recorder(tmp_path / "j")
    made = TransactionJournal.create(beside(tmp_path / "j"), 4, 100, 100)
    recorder.sent(0, 0, np.array([10, 20, 30]), 50)
    made.transaction[:3] = [1, 0, -2]
    made.begun_ns[:2], made.ended_ns[0], made.done_ns[0] = [11, 31], 12, 13
    made.asked[0] = made.ending[0] = Ending.ABORTED
    made.error[1] = 1
    seal(tmp_path / "j", tmp_path / "a.producer-4.parquet", warmup=0, errors={1: "Fenced"}, **HERE)
    columns = read_producer(tmp_path / "a.producer-4.parquet").transactions
    assert columns is not None and columns.number.tolist() == [0, -1, 1]
    assert columns.again.tolist() == [False, False, True]
    assert (columns.ending.tolist(), columns.asked.tolist()) == ([Ending.ABORTED, Ending.OPEN],) * 2
    times = (columns.begun_ns, columns.ended_ns, columns.done_ns)
    assert [each.tolist() for each in times] == [[11, 31], [12, -1], [13, -1]]
    assert columns.error.tolist() == [None, "Fenced"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.producer-4.parquet", "a.transactions-4.parquet"]
