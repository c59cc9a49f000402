"""Judging: a crash is never a pass, and judging again is compared by what was looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.clients.errors import TABLES, ErrorRow, Proof
from harness.events import Outcome, Verdict
from harness.journal.mapped import ProducerJournal
from harness.journal.sealed import LogColumns, seal, write_log
from harness.judge import differs, judge
from harness.load.recorder import JournalRecorder
from harness.store import Anomalies, FaultRecord, TrialRecord
from harness.verify import checks
from harness.verify.checks import Check


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


SIZE, LATE, OTHER = "MessageSizeTooLargeError", "KafkaTimeoutError", "SomethingElse"
BEFORE, SINCE = 2, 3  # that a producer notes an error and not what it takes it for
CORRECTED = {SIZE: ErrorRow(Proof.NEVER, "after all"), LATE: ErrorRow(Proof.ONE_ATTEMPT, "after all")}


@pytest.mark.parametrize(
    ("noted", "journal_format", "retries", "corrected", "failed"),
    [
        ([(Outcome.ERROR, SIZE), (Outcome.ERROR, LATE), (Outcome.ERROR, OTHER)], SINCE, 0, False, [0]),
        ([(Outcome.ERROR, SIZE), (Outcome.ERROR, LATE), (Outcome.ERROR, OTHER)], SINCE, 1, False, []),
        ([(Outcome.ERROR, SIZE), (Outcome.ERROR, LATE), (Outcome.ERROR, OTHER)], SINCE, 0, True, [1]),
        # What the client did not take is in no log, by whatever name it refused that; of silence there is no name.
        ([(Outcome.FAILED, SIZE), (Outcome.PENDING, None), (Outcome.ERROR, None)], SINCE, 0, True, [0]),
        ([(Outcome.FAILED, SIZE), (Outcome.UNKNOWN, LATE), (Outcome.UNKNOWN, OTHER)], BEFORE, 0, False, [0]),
        ([(Outcome.FAILED, SIZE), (Outcome.UNKNOWN, LATE), (Outcome.FAILED, OTHER)], BEFORE, 0, True, [1, 2]),
        ([(Outcome.FAILED, OTHER), (Outcome.UNKNOWN, None), (Outcome.FAILED, None)], BEFORE, 0, True, [0, 2]),
    ],
)
def test_what_an_error_proves_is_judged_again(
    noted: list[tuple[Outcome, str | None]],
    journal_format: int,
    retries: int,
    corrected: bool,
    failed: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _journals(tmp_path, noted, journal_format)
    if corrected:
        monkeypatch.setitem(TABLES, "kafka-python", CORRECTED)
    settings = {"acks": "all", "enable.idempotence": False, "retries": retries}
    record = _record(None).model_copy(update={"client": "kafka-python", "config": settings})
    judged = judge(record.model_copy(update={"fault": FaultRecord(name="none")}), tmp_path)
    assert judged.counts is not None and judged.anomalies is not None and judged.witnesses is not None, judged
    assert (judged.counts.sent, judged.counts.failed, judged.counts.unknown) == (3, len(failed), 3 - len(failed))
    absent = [each["sequence"] for each in judged.witnesses.get("unknown_absent", [])]
    assert absent == [sequence for sequence in range(3) if sequence not in failed]
    assert judged.errors is not None and sum(judged.errors.values()) == 3


@pytest.mark.parametrize(
    "config", [{"producers": 2}, {"transactional": True}, {"processing.guarantee": "exactly-once"}]
)
def test_a_reading_that_is_not_there_breaks_no_promise(config: dict[str, Any], tmp_path: Path) -> None:
    """What the other producer wrote would be nobody's, and what was aborted would be there twice."""
    _journals(tmp_path, [(Outcome.ERROR, OTHER)], SINCE)
    kind = "pipeline" if "processing.guarantee" in config else "fault"
    given = {"fault": FaultRecord(name="none"), "config": {"acks": "all", **config}, "kind": kind}
    judged = judge(_record(None).model_copy(update=given), tmp_path)
    assert judged.verdict is Verdict.UNKNOWN and "FileNotFoundError" in (judged.verdict_reason or "")


def test_a_check_that_crashes_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _journals(tmp_path, [(Outcome.ERROR, OTHER)], SINCE)
    record = _record(None).model_copy(update={"fault": FaultRecord(name="none"), "load": {"message_size": 100}})
    assert judge(record, tmp_path).verdict is Verdict.NOT_EXERCISED
    monkeypatch.setattr(checks, "CHECKS", (*checks.CHECKS, Check((), ("log",), lambda log: log[0])))
    judged = judge(record, tmp_path)
    assert judged.verdict is Verdict.UNKNOWN and judged.anomalies is None
    assert (judged.verdict_reason or "").startswith("the judge crashed: TypeError")


def _journals(folder: Path, noted: list[tuple[Outcome, str | None]], journal_format: int) -> None:
    """Of one producer, with nothing in the log."""
    recorder = JournalRecorder(ProducerJournal.create(folder / "j", len(noted), 0))
    recorder.sent(0, 0, np.arange(len(noted)), 10)
    names = dict(enumerate(dict.fromkeys(error for _, error in noted if error is not None), start=1))
    for sequence, (outcome, error) in enumerate(noted):
        if outcome is not Outcome.PENDING:
            recorder.done(sequence, outcome, 20, error=error)
    parquet = folder / "a.producer-0.parquet"
    seal(folder / "j", parquet, warmup=0, errors=names, host="", clock_offset_ns=0, closed_ns=30)
    table = pq.read_table(parquet)
    of_then = {**table.schema.metadata, b"format": str(journal_format).encode()}
    pq.write_table(table.replace_schema_metadata(of_then), parquet)
    whole, half = np.empty(0, np.int64), np.empty(0, np.int32)
    write_log(folder / "a.log.parquet", LogColumns(half, whole, half, whole, np.empty(0, np.bool_)))


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


@pytest.mark.parametrize(
    ("events", "unreported"),
    [
        ([], 1),
        ([("pause-client", 0), ("resume-client", 15)], 0),
        ([("stop-client", 0), ("go-on", 15)], 0),
        ([("stop-client", 0), ("go-on", 5)], 1),
        ([("pause-client", 0), ("resume-client", 8), ("stop-client", 9), ("go-on", 16)], 0),
    ],
)
def test_nobody_reports_in_his_sleep_nor_while_a_fault_has_him_stand(
    events: list[tuple[str, int]], unreported: int, tmp_path: Path
) -> None:
    _journals(tmp_path, [(Outcome.PENDING, None)], SINCE)
    parquet = tmp_path / "a.producer-0.parquet"
    table = pq.read_table(parquet)
    waited_for = {**table.schema.metadata, b"closed_ns": b"%d" % (20 * 10**9)}  # longer than six seconds
    pq.write_table(table.replace_schema_metadata(waited_for), parquet)
    befell = [{"at_ns": second * 10**9, "what": what} for what, second in events]
    changed = {
        "client": "kafka-python",
        "config": {"acks": "all", "delivery.timeout.ms": 1_000},
        "fault": FaultRecord(name="none", events=befell),
    }
    judged = judge(_record(None).model_copy(update=changed), tmp_path)
    assert judged.anomalies is not None and judged.anomalies.unreported == unreported, judged
