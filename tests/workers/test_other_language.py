"""A client in another language is a role of its own: one file, and one line in ``ROLES``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness import roles
from harness.bounds import Bounds
from harness.events import Outcome
from harness.janitor import Janitor
from harness.journal.sealed import LogColumns, read_producers, write_log
from harness.judge import judge
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.process import ChildRefused
from harness.store import FaultRecord, TrialRecord
from harness.topics import Topics
from harness.workers.worker import Worker

BOUND_S = 20.0
BOUNDS = Bounds(explained_s=5, undisturbed_s=5, asked_s=5, cluster_s=5)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """Of a producer that is isolated from all that is installed."""
    program = Path(__file__).with_name("by_hand.py")
    monkeypatch.setitem(roles.ROLES, "by-hand", [sys.executable, "-I", "-S", str(program)])
    return Spec("by-hand", "", Topics(("t",), 1), {}, 7, 4, Shape(), 10, str(tmp_path / "journal"))


def test_its_journal_is_judged(spec: Spec, tmp_path: Path, janitor: Janitor) -> None:
    worker = Worker(spec, tmp_path / "log", janitor)
    worker.wait_ready()
    assert (worker.version, worker.effective) == ("by hand", {"acks": "all"})
    worker.start(5, BOUNDS)
    worker.finish()
    assert (worker.total, worker.progress.acks(), worker.progress.pending()) == (5, 4, 1)
    worker.close(BOUND_S)
    assert worker.cpu_s is not None
    assert worker.seal(tmp_path / "a.producer-4.parquet") == 5
    # Of those that it acked, the last is not in the log.
    found = np.array([0, 1, 3])
    there = np.zeros(3, np.int32)
    write_log(tmp_path / "a.log.parquet", LogColumns(there, found, there + 4, found, np.ones(3, np.bool_)))
    judged = judge(_record(), tmp_path)
    assert judged.counts is not None and judged.anomalies is not None, judged
    assert (judged.counts.sent, judged.counts.acked, judged.counts.unknown) == (5, 4, 1)
    assert (judged.anomalies.lost, judged.anomalies.duplicate, judged.anomalies.unexpected) == (1, 0, 0)
    assert judged.witnesses is not None and [each["sequence"] for each in judged.witnesses["lost"]] == [4]
    (columns,) = read_producers(tmp_path, "a")
    assert columns.outcome.tolist() == [2, 2, Outcome.UNKNOWN, 2, 2]


def test_what_it_cannot_do_it_refuses(spec: Spec, tmp_path: Path, janitor: Janitor) -> None:
    worker = Worker(replace(spec, capacity=1), tmp_path / "log", janitor)
    worker.wait_ready()
    worker.resend(BOUNDS)
    with pytest.raises(ChildRefused, match="no such command"):
        worker.finish()
    worker.kill()


def _record() -> TrialRecord:
    return TrialRecord(
        id="a",
        name="a",
        kind="performance",
        repeat=1,
        kafka="4.4.0",
        client="by-hand",
        config={"acks": "all"},
        load={"message_size": 100},
        fault=FaultRecord(name="none"),
        status="completed",
    )
