"""Judging: a crash is never a pass, and judging again is compared by what was looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.events import Outcome, Verdict
from harness.journal import LogColumns, ProducerJournal, seal, write_log
from harness.judge import differs, judge
from harness.load.recorder import JournalRecorder
from harness.store import Anomalies, FaultRecord, TrialRecord


def _record(anomalies: Anomalies | None, verdict: Verdict = Verdict.ALLOWED) -> TrialRecord:
    return TrialRecord(
        id="a",
        name="a",
        kind="fault",
        repeat=1,
        kafka="4.4.0",
        client="aiokafka",
        config={"acks": "all"},
        load={},
        fault=FaultRecord(name="kill-leader"),
        status="completed",
        anomalies=anomalies,
        verdict=verdict,
    )


@pytest.mark.parametrize(
    ("stored", "again", "different"),
    [
        (Anomalies(lost=3, misplaced=None), Anomalies(lost=3, misplaced=0), False),  # nobody had looked for it
        (Anomalies(lost=3, misplaced=None), Anomalies(lost=3, misplaced=1), True),
        (Anomalies(lost=3), Anomalies(lost=4), True),
        (Anomalies(lost=3), Anomalies(lost=0), True),
        (None, Anomalies(lost=1), True),
    ],
)
def test_what_nobody_looked_for_is_no_difference(
    stored: Anomalies | None, again: Anomalies | None, different: bool
) -> None:
    assert differs(_record(stored), _record(again)) is different


def test_another_verdict_is_a_difference() -> None:
    assert differs(_record(Anomalies(), Verdict.KEPT), _record(Anomalies(), Verdict.ALLOWED))


KILLED = [{"at_ns": at_ns, "what": what, "node": 1} for at_ns, what in enumerate(("kill", "failover"))]


@pytest.mark.parametrize(
    ("fault", "events", "stored", "fired"),
    [
        ("kill-leader", KILLED, False, True),
        ("kill-leader", KILLED[:1], True, False),
        ("kill-leader then lose-ack", KILLED, True, False),
        ("none", [], False, True),
        ("a-fault-of-tomorrow", KILLED, True, True),  # this version cannot say
        ("a-fault-of-tomorrow with kill-leader", [], False, False),
    ],
)
def test_whether_a_fault_fired_is_for_its_events_to_say(
    fault: str, events: list[dict[str, Any]], stored: bool, fired: bool, tmp_path: Path
) -> None:
    of = FaultRecord(name=fault, events=events, fired=stored)
    for status in ("completed", "failed"):  # there are no journals
        record = _record(None).model_copy(update={"fault": of, "status": status})
        assert judge(record, tmp_path).fault.fired is fired


def test_figures_that_cannot_be_made_take_nothing_from_the_verdict(tmp_path: Path) -> None:
    journal = ProducerJournal.create(tmp_path / "j", 1, 0)
    recorder = JournalRecorder(journal)
    recorder.sent(0, 0, np.array([10]), 10)
    recorder.done(0, Outcome.ACKED, 20, offset=0)
    seal(
        tmp_path / "j", tmp_path / "a.producer-0.parquet", warmup=0, errors={}, host="", clock_offset_ns=0, closed_ns=30
    )
    one = (np.zeros(1, np.int32), np.zeros(1, np.int64), np.zeros(1, np.int32), np.zeros(1, np.int64))
    write_log(tmp_path / "a.log.parquet", LogColumns(*one, valid=np.ones(1, np.bool_)))
    record = _record(None).model_copy(update={"load": {}, "fault": FaultRecord(name="none")})
    judged = judge(record, tmp_path)  # its load has no message_size
    assert judged.verdict is Verdict.KEPT and judged.throughput is None
    assert judged.verdict_reason is not None and "its figures cannot be made: KeyError" in judged.verdict_reason
