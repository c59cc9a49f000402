"""What is said of pipelines: no more than the trials carry."""

from __future__ import annotations

from harness.events import Verdict
from harness.report.blocks import Table
from harness.report.data import Data
from harness.report.pipelines import told
from harness.store import Anomalies, TrialRecord

from .synthetic_records import one


def pipeline(verdict: Verdict, skipped: int = 0) -> TrialRecord:
    return one(
        kind="pipeline",
        fault="kill-worker",
        verdict=verdict,
        config={"processing.guarantee": "at-least-once"},
        anomalies=Anomalies(skipped=skipped, redelivered=0),
    )


def row(*records: TrialRecord) -> list[str]:
    table = next(block for block in told(records, Data(records)) if isinstance(block, Table))
    return [str(cell) for cell in table.rows[0][2:4]]


def test_a_pipeline_that_stood_still_was_neither_kept_nor_without_skipped_inputs() -> None:
    assert row(pipeline(Verdict.KEPT), pipeline(Verdict.UNKNOWN)) == ["not broken in 1", "0 (of 1)"]
    assert row(pipeline(Verdict.UNKNOWN), pipeline(Verdict.UNKNOWN)) == ["—", "—"]
    assert "broken in 1" in row(pipeline(Verdict.BROKEN, skipped=3), pipeline(Verdict.UNKNOWN))[0]
