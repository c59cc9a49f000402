"""What is said of pipelines: no more than the trials carry."""

from __future__ import annotations

from typing import Any

from harness.events import Verdict
from harness.report.blocks import Lines, Strong, Table, Words
from harness.report.data import Data
from harness.report.pipelines import told
from harness.store import Anomalies, Expectation, TrialRecord

from .synthetic_records import one


def pipeline(verdict: Verdict, skipped: int = 0, redelivered: int = 0, **own: Any) -> TrialRecord:
    return one(
        kind="pipeline",
        fault="kill-worker",
        verdict=verdict,
        promise="at-least-once",
        config={"processing.guarantee": "at-least-once"},
        anomalies=Anomalies(skipped=skipped, redelivered=redelivered),
        **own,
    )


def row(*records: TrialRecord) -> tuple[Words, ...]:
    table = next(block for block in told(records, Data(records)) if isinstance(block, Table))
    was, skipped = table.rows[0][2:4]
    assert isinstance(skipped, str)
    return (*was.lines, skipped) if isinstance(was, Lines) else (was, skipped)


def test_a_pipeline_that_stood_still_was_neither_kept_nor_without_skipped_inputs() -> None:
    assert row(pipeline(Verdict.KEPT), pipeline(Verdict.UNKNOWN)) == ("kept in 1", "0 (of 1)")
    assert row(pipeline(Verdict.UNKNOWN), pipeline(Verdict.UNKNOWN)) == ("—", "—")
    assert row(pipeline(Verdict.BROKEN, skipped=3), pipeline(Verdict.UNKNOWN))[0] == Strong("broken in 1")


def test_what_a_guarantee_is_there_to_prevent_and_no_rule_forbids_is_not_called_kept() -> None:
    defect = Expectation(anomaly="skipped", permission="expected", reason="a defect", source="its source")
    records = (
        pipeline(Verdict.REPRODUCED, redelivered=50),
        pipeline(Verdict.REPRODUCED, skipped=3, repeat=2, expectations=[defect]),
    )
    assert row(*records)[:2] == (Strong("not kept in 1"), "kept in 1")
    (of,) = Data(records).evidence
    (missed,) = of.not_kept
    assert (missed.anomaly, missed.why) == ("skipped", "a defect")
    assert missed.shown == (("kill-worker", 1, 2),)
