"""What judging again is compared by."""

from __future__ import annotations

import pytest

from harness.events import Verdict
from harness.judge import differs
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
